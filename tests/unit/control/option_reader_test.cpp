#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/control/compare_options.hpp"
#include "pipeline/control/export_options.hpp"

using namespace vrp;

namespace {

template <class Parse>
std::string refusal(Parse parse, const Arguments& arguments) {
  try {
    parse(arguments);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("vrp export takes several values up to the next option", "[control]") {
  const ExportOptions o = parse_export_options(
      {"RUN", "--signal", "h_s", "s_sc", "--benchmark=pope", "--long", "--signal", "c_k"});
  CHECK(o.run == "RUN");
  CHECK(o.signals == std::vector<std::string>{"h_s", "s_sc", "c_k"});
  CHECK(o.benchmarks == std::vector<std::string>{"pope"});
  CHECK(o.long_form);
  CHECK(o.format == "csv");
}

TEST_CASE("vrp export refuses what it does not know", "[control]") {
  const auto refused = [](const Arguments& arguments) {
    return refusal(parse_export_options, arguments);
  };
  CHECK(refused({}) == "vrp export: no folder given, expected the output folder of a run");
  CHECK(refused({"RUN", "--signl", "x"}) ==
        "vrp export: unknown option '--signl'; did you mean '--signal'?");
  CHECK(refused({"RUN", "--out"}) == "vrp export: --out needs a value");
  CHECK(refused({"RUN", "--out", "a", "--out", "b"}) == "vrp export: --out is given twice");
  CHECK(refused({"RUN", "OTHER"}) == "vrp export: 'OTHER' belongs to no option, expected one RUN");
  CHECK(refused({"RUN", "--out", "a", "b"}) ==
        "vrp export: 'b' belongs to no option, expected one RUN");
  CHECK(refused({"RUN", "--format", "npz"}) ==
        "vrp export: --format is 'npz', expected csv or jsonl");
  CHECK(refused({"RUN", "--long=1"}) == "vrp export: --long takes no value");
  CHECK(refused({"RUN", "--signal", "x", "x"}) == "vrp export: --signal names 'x' twice");
}

TEST_CASE("vrp compare needs two runs or two models", "[control]") {
  const auto refused = [](const Arguments& arguments) {
    return refusal(parse_compare_options, arguments);
  };
  CHECK(refused({}).starts_with("vrp compare: no folder given"));
  CHECK(refused({"R"}).starts_with("vrp compare: one run is given"));
  CHECK(refused({"R", "R"}).starts_with("vrp compare: one run is given"));
  CHECK(refused({"R", "--model", "a"}).starts_with("vrp compare: one run is given"));
  CHECK(refused({"R", "--model", "a", "--with", "a"}).starts_with("vrp compare: 'a' of one run"));
  CHECK(refused({"R", "S", "--with", "b"}).starts_with("vrp compare: --with N is the model of B"));
  CHECK(refused({"R", "S", "--replicates", "99"}) ==
        "vrp compare: --replicates is '99', expected 100 .. 10000000");
  CHECK(refused({"R", "S", "--flips", "two"}) ==
        "vrp compare: --flips is 'two', expected 0 .. 1000000");
  CHECK(refused({"R", "S", "--json", "x", "--csv", "x"})
            .starts_with("vrp compare: --json and --csv"));
  CHECK(refused({"R", "S", "--model", "a"}) == "accepted");
}
