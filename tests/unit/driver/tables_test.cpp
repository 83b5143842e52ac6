// A sweep's item tables as they are read, and what the manifest says of how they are asked.
#include "pipeline/driver/tables.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/manifest.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path root = fs::temp_directory_path() / ("vrp_tables_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(root); }
  ~Folder() { fs::remove_all(root); }

  /// A sweep over one set of 3 rows, of which `with_options` have options.
  Sweep sweep(int with_options, const BenchmarkConfig& asked) const {
    ItemTable table = toy::table("a", 3);
    table.question = {"One?", "Two?", "Three?"};
    table.kind = "choice";
    table.scorers = {"exact@1"};
    for (std::size_t row = 0; row < 3; ++row) {
      table.answer[row] = row < static_cast<std::size_t>(with_options) ? "B" : "";
      if (!table.answer[row].empty()) table.choices[row] = {"a cup", "a bowl"};
    }
    const fs::path file = root / "a.h5";
    write_item_table(file, table, /*replace=*/true);
    Sweep out;
    out.params.name = "toy";
    out.models.push_back({"m", {.checkpoint = "nowhere", .suffix_letter = "\\nThe letter."}});
    out.benchmarks.push_back({"a", asked});
    out.benchmarks.front().config.table = file.string();
    return out;
  }
};

}  // namespace

TEST_CASE("letters are asked for only where every row has options", "[tables]") {
  const Folder folder;
  const auto tables = read_tables(folder.sweep(3, {.form = "letter"}));
  REQUIRE(tables.size() == 1);
  CHECK(tables.front().choices[2] == std::vector<std::string>{"a cup", "a bowl"});
  CHECK_THROWS_WITH(read_tables(folder.sweep(2, {.form = "letter"})),
                    Catch::Contains("a.h5") && Catch::Contains("'a/val/2' has no options") &&
                        Catch::Contains("[benchmark:a] form = letter"));
  CHECK_NOTHROW(read_tables(folder.sweep(2, {.form = "short"})));
}

TEST_CASE("the manifest keeps how questions are asked, a suffix of nothing apart from none",
          "[tables]") {
  const Folder folder;
  const auto manifest = [&](const BenchmarkConfig& asked) {
    const Sweep sweep = folder.sweep(3, asked);
    PlanInputs inputs;
    inputs.tables = read_tables(sweep);
    for (const std::string& name : sweep.params.stages) {
      StageDefinition stage;
      stage.name = name;
      stage.needs_model = name == "capture";
      inputs.stages.push_back(stage);
    }
    inputs.model_hashes = {{"m", "h1"}};
    const Json checkpoints = {{"m", {{"hash", "h1"}, {"files", Json::array()}}}};
    return make_manifest(sweep, make_plan(sweep, std::move(inputs)), checkpoints, Json::object(),
                         nullptr);
  };
  const Json asked = manifest({.form = "letter"});
  CHECK(asked["benchmarks"]["a"]["form"] == "letter");
  CHECK(asked["benchmarks"]["a"]["suffix"].is_null());
  CHECK(asked["models"]["m"]["suffix_letter"] == "\\nThe letter.");
  CHECK(asked["models"]["m"]["options"] == "{q}\\n{options}");
  CHECK(asked["models"]["m"]["hint"] == "{h}\\n");
  CHECK(asked["work"][0]["fingerprint"]["asked.suffix"] == "\nThe letter.");
  CHECK(asked["work"][0]["fingerprint"]["asked.options"] == "{q}\n{options}");
  const Json nothing = manifest({.form = "letter", .suffix = ""});
  CHECK(nothing["benchmarks"]["a"]["suffix"] == "");
  CHECK(nothing["work"][0]["fingerprint"]["asked.suffix"] == "");
}
