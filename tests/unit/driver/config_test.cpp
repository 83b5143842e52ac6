#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "pipeline/config/sweep.hpp"
#include "pipeline/run_options.hpp"
#include "stages/catalog.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

struct Conf {
  fs::path root = fs::temp_directory_path() / ("vrp_conf_" + std::to_string(::getpid()));
  Conf() {
    fs::remove_all(root);
    for (const char* part : {"models", "benchmarks", "sweeps"}) fs::create_directories(root / part);
    write("models/tiny.ini", "[model]\ncheckpoint = somewhere\n");
    write("benchmarks/set.ini", "[benchmark]\ntable = set.h5\nsuffix = \\nOne word.\n");
    write("sweeps/s.ini", base());
  }
  ~Conf() { fs::remove_all(root); }
  static std::string base() { return "[sweep]\nname = s\nmodels = tiny\nbenchmarks = set\n"; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root / name) << text;
  }
  Sweep read(const std::vector<std::string>& sets = {}) const {
    SweepOverrides overrides;
    overrides.files = {(root / "sweeps/s.ini").string()};
    overrides.sets = sets;
    return read_sweep(overrides);
  }
  /// Message of the usage error that reading and binding gives; fails the test when there is none.
  std::string refusal(const std::string& more, const std::vector<std::string>& sets = {}) const {
    write("sweeps/s.ini", base() + more);
    try {
      Sweep sweep = read(sets);
      bind_stage_params(sweep);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      return error.what();
    }
    FAIL("accepted: " << more);
    return {};
  }
};

}  // namespace

TEST_CASE("a sweep names its parts and --set reaches everything", "[config]") {
  const Conf conf;
  Sweep sweep = conf.read({"consistency.samples=4", "benchmark:set.n=12", "run.threads=2"});
  const StageParams params = bind_stage_params(sweep);
  CHECK(sweep.models[0].config.checkpoint == "somewhere");
  CHECK(unescape(sweep.benchmarks[0].config.suffix) == "\nOne word.");
  CHECK(sweep.benchmarks[0].config.n == 12);
  CHECK(sweep.run.threads == 2);
  CHECK(params.consistency.samples == 4);
}

TEST_CASE("[benchmark:*] is above a benchmark's file and below what is said of it by name",
          "[config]") {
  const Conf conf;
  conf.write("benchmarks/other.ini", "[benchmark]\ntable = other.h5\nmax_new_tokens = 9\n");
  conf.write("sweeps/s.ini",
             "[sweep]\nname = s\nmodels = tiny\nbenchmarks = set other\n"
             "[benchmark:*]\nsuffix =\nmax_new_tokens = 32\n"
             "[benchmark:other]\nmax_new_tokens = 4\n");
  const Sweep sweep = conf.read();
  CHECK(sweep.benchmarks[0].config.suffix.empty());
  CHECK(sweep.benchmarks[0].config.max_new_tokens == 32);
  CHECK(sweep.benchmarks[0].config.table == "set.h5");
  CHECK(sweep.benchmarks[1].config.max_new_tokens == 4);
  CHECK_THAT(conf.refusal("[benchmark:*]\nsufix =\n"), Catch::Contains("suffix"));
}

TEST_CASE("an unknown key is named with file, line and the nearest valid one", "[config]") {
  const Conf conf;
  CHECK_THAT(conf.refusal("[consistency]\nsampels = 3\n"),
             Catch::Contains("s.ini:6") && Catch::Contains("'sampels'") &&
                 Catch::Contains("did you mean 'samples'"));
  CHECK_THAT(conf.refusal("[consistancy]\nsamples = 3\n"), Catch::Contains("[consistency]"));
  CHECK_THAT(conf.refusal("", {"run.thread=2"}),
             Catch::Contains("--set") && Catch::Contains("threads"));
}

TEST_CASE("wrong types and ranges are named with file and line", "[config]") {
  const Conf conf;
  CHECK_THAT(conf.refusal("[consistency]\nsamples = many\n"),
             Catch::Contains("s.ini:6") && Catch::Contains("many") && Catch::Contains("integer"));
  CHECK_THAT(conf.refusal("[consistency]\nsamples = 1\n"), Catch::Contains("at least 2"));
  CHECK_THAT(conf.refusal("[consistency]\ntop_p = 1.5\n"), Catch::Contains("top_p"));
  CHECK_THAT(conf.refusal("[run]\nunit_items = 0\n"), Catch::Contains("s.ini:6"));
  CHECK_THAT(conf.refusal("[run]\ndevice = tpu\n"), Catch::Contains("auto, cpu or cuda"));
  CHECK_THAT(conf.refusal("[run\nthreads = 1\n"), Catch::Contains("s.ini:5"));
  CHECK_THAT(conf.refusal("[run]\nthreads 1\n"), Catch::Contains("key = value"));
}

TEST_CASE("a model or benchmark that is no file is named with its nearest neighbour", "[config]") {
  const Conf conf;
  conf.write("sweeps/s.ini", "[sweep]\nmodels = tinny\nbenchmarks = set\n");
  CHECK_THROWS_WITH(conf.read(), Catch::Contains("s.ini:2") && Catch::Contains("'tiny'"));
  conf.write("sweeps/s.ini", "[sweep]\nmodels = ../tiny\nbenchmarks = set\n");
  CHECK_THROWS_AS(conf.read(), Error);
  conf.write("sweeps/s.ini", "[sweep]\nbenchmarks = set\n");
  CHECK_THROWS_WITH(conf.read(), Catch::Contains("at least one model"));
}

TEST_CASE("the canonical text of parameters is stable and complete", "[config]") {
  CHECK(
      canonical_text(ConsistencyParams{}) ==
      "samples=10\ntemperature=0.7\ntop_p=0.9\nnormalisation=norm\nshare_prefix=1\nignore_eos=0\n");
}

TEST_CASE("the command line is checked", "[config]") {
  const auto parse = [](std::vector<const char*> words) {
    words.insert(words.begin(), "vrp-run");
    return parse_run_options(static_cast<int>(words.size()), words.data());
  };
  CHECK_THROWS_WITH(parse({}), Catch::Contains("-C"));
  CHECK_THROWS_AS(parse({"-C", "x.ini", "--lmit", "3"}), Error);
  CHECK_THROWS_AS(parse({"-C", "x.ini", "--limit", "-3"}), Error);
  CHECK_THROWS_AS(parse({"-C", "x.ini", "--max-failures", "few"}), Error);
  const auto options = parse({"-C", "x.ini", "--samples", "5", "--models", "a,b", "--seed", "7"});
  CHECK(options.sweep.sets == std::vector<std::string>{"consistency.samples=5", "sweep.seed=7"});
  CHECK(options.sweep.models == std::vector<std::string>{"a", "b"});
  CHECK(allowed_failures("1%", 300) == 3);
  CHECK(allowed_failures("0", 300) == 0);
  CHECK(parse({"--help"}).help);
}
