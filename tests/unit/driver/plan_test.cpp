#include <catch2/catch.hpp>
#include <set>

#include "pipeline/base/error.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;

namespace {
std::string fingerprint(const Plan& plan, const std::string& stage, std::size_t cell) {
  return plan.find(stage, cell)->fingerprint.hex();
}
}  // namespace

TEST_CASE("units cut each cell into ranges that hold every item once", "[plan]") {
  const Plan plan = toy::plan();
  for (const char* stage : {"capture", "metrics"}) {
    for (const auto& [benchmark, n] : {std::pair{"a", 10}, std::pair{"b", 7}}) {
      std::int64_t next = 0;
      for (const std::size_t id : toy::units_of(plan, stage, benchmark)) {
        CHECK(plan.units[id].first == next);
        next = plan.units[id].last;
      }
      CHECK(next == n);
    }
  }
  CHECK(toy::units_of(plan, "reduce", "a").size() == 1);
  CHECK(toy::units_of(plan, "reduce", "pooled").size() == 1);
  std::set<std::string> files;
  for (const auto& unit : plan.units) CHECK(files.insert(unit.file).second);
}

TEST_CASE("a unit waits for just the units it reads", "[plan]") {
  const Plan plan = toy::plan();
  const auto capture = toy::units_of(plan, "capture", "a");
  const auto metrics = toy::units_of(plan, "metrics", "a");
  CHECK(plan.units[metrics[1]].upstream == std::vector<std::size_t>{capture[1]});
  CHECK(plan.units[toy::units_of(plan, "reduce", "a")[0]].upstream.size() ==
        capture.size() + metrics.size());
  CHECK(plan.units[toy::units_of(plan, "reduce", "pooled")[0]].upstream.size() == 10);
  for (const auto& unit : plan.units) {
    for (const std::size_t up : unit.upstream) CHECK(up < unit.id);
  }
}

TEST_CASE("a changed parameter changes exactly what depends on it", "[plan]") {
  const Plan before = toy::plan();
  const Plan metrics = toy::plan({.metrics_parameters = "top_mass=0.5\n"});
  CHECK(fingerprint(before, "capture", 0) == fingerprint(metrics, "capture", 0));
  CHECK(fingerprint(before, "metrics", 0) != fingerprint(metrics, "metrics", 0));
  CHECK(fingerprint(before, "reduce", 0) != fingerprint(metrics, "reduce", 0));

  const Plan model = toy::plan({.model_hash = "h2"});
  for (const char* stage : {"capture", "metrics", "reduce"}) {
    CHECK(fingerprint(before, stage, 0) != fingerprint(model, stage, 0));
  }

  const Plan item = toy::plan({.question = "Is there a dog?"});
  CHECK(fingerprint(before, "capture", 0) != fingerprint(item, "capture", 0));
  CHECK(fingerprint(before, "capture", 1) == fingerprint(item, "capture", 1));
  CHECK(fingerprint(before, "reduce", 2) != fingerprint(item, "reduce", 2));  // pooled reads it
}

TEST_CASE("a limited run shares whole units with the full run and never a cut one", "[plan]") {
  const Plan full = toy::plan();
  const Plan limited = toy::plan({.limit = 6});
  std::set<std::string> full_files;
  for (const auto& unit : full.units) full_files.insert(unit.file);
  const auto units = toy::units_of(limited, "capture", "a");
  REQUIRE(units.size() == 2);
  CHECK(full_files.count(limited.units[units[0]].file) == 1);
  CHECK(full_files.count(limited.units[units[1]].file) == 0);
  const auto reduce = toy::units_of(limited, "reduce", "a");
  CHECK(full_files.count(limited.units[reduce[0]].file) == 0);
  CHECK(limited.partial());
  CHECK_FALSE(full.partial());
  CHECK_FALSE(toy::plan({.limit = 10}).partial());
}

TEST_CASE("a stage brings along the stages it reads", "[plan]") {
  const Plan plan = toy::plan({.stages = {"metrics"}});
  CHECK(plan.stages.size() == 2);
  CHECK(plan.stages[0].name == "capture");
  CHECK_THROWS_WITH(toy::plan({.stages = {"metrcs"}}), Catch::Contains("metrics"));
}
