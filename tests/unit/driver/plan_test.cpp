#include <algorithm>
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

TEST_CASE("what is appended to a question is part of what asks it, wherever it is written",
          "[plan]") {
  const auto capture = [](const BenchmarkConfig& asked, const std::string& suffix = "\\nA word.") {
    return fingerprint(toy::plan({.asked = asked, .suffix_short = suffix}), "capture", 0);
  };
  const std::string open = capture({.form = "open"}), word = capture({.form = "short"});
  CHECK(open != word);
  CHECK(word != capture({.form = "short"}, "\\nA phrase."));
  CHECK(open == capture({.form = "open"}, "\\nA phrase."));  // which open questions do not get
  CHECK(word == capture({.suffix = "\\nA word."}));          // the same text is the same question
  CHECK(open == capture({.form = "short", .suffix = ""}));
  CHECK(open != capture({.form = "letter"}));  // shows options
  CHECK(capture({.form = "short", .max_new_tokens = 17}) != word);
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

TEST_CASE("a stage of parts has a unit for each, and its readers wait for all of them", "[plan]") {
  const Plan plan =
      toy::plan({.stages = {"reduce"}, .parts = {"linear.b0-3", "linear.b4-7", "stress"}});
  const auto fits = toy::units_of(plan, "fits", "a");
  REQUIRE(fits.size() == 3);
  CHECK(plan.units[fits[1]].part == "linear.b4-7");
  CHECK(plan.units[fits[1]].file.ends_with("/unit-linear.b4-7.h5"));
  CHECK(plan.units[fits[1]].first == 0);
  CHECK(plan.units[fits[1]].last == 10);
  const auto captures = toy::units_of(plan, "capture", "a");
  CHECK(plan.units[fits[0]].upstream == captures);
  CHECK(plan.units[toy::units_of(plan, "join", "a")[0]].upstream == fits);
  CHECK(toy::units_of(plan, "fits", "pooled").empty());
}

TEST_CASE("a pooled unit reads its own cell's records besides those of its members", "[plan]") {
  const Plan plan = toy::plan({.stages = {"reduce"}, .parts = {"stress"}});
  const auto joined = toy::units_of(plan, "join", "pooled");
  REQUIRE(joined.size() == 1);
  const auto& reads = plan.units[toy::units_of(plan, "reduce", "pooled")[0]].upstream;
  for (const char* benchmark : {"a", "b", "pooled"}) {
    const auto unit = toy::units_of(plan, "join", benchmark)[0];
    CHECK(std::count(reads.begin(), reads.end(), unit) == 1);
  }
}

TEST_CASE("labels are part of what reads them, and of nothing before", "[plan]") {
  const std::vector<std::string> stages{"capture", "metrics", "fits", "reduce"}, parts{"one"};
  const Plan before = toy::plan({.stages = stages, .parts = parts});
  const Plan second =
      toy::plan({.stages = stages, .scorers = {"yes_no@1", "mme@1"}, .parts = parts});
  const Plan primary =
      toy::plan({.stages = stages, .scorers = {"exact@1", "yes_no@1"}, .parts = parts});
  const Plan rules = toy::plan({.stages = stages, .soft_threshold = 0.3, .parts = parts});
  const Plan reviewed =
      toy::plan({.stages = stages, .review_hashes = {{"m/a", "r1"}}, .parts = parts});
  for (const Plan* plan : {&second, &primary, &rules, &reviewed}) {
    for (const char* stage : {"capture", "metrics"}) {
      CHECK(fingerprint(before, stage, 0) == fingerprint(*plan, stage, 0));
    }
    CHECK(fingerprint(before, "reduce", 0) != fingerprint(*plan, "reduce", 0));
    CHECK(fingerprint(before, "reduce", 1) == fingerprint(*plan, "reduce", 1));  // the other set
    CHECK(fingerprint(before, "reduce", 2) != fingerprint(*plan, "reduce", 2));  // the pooled one
    CHECK((fingerprint(before, "fits", 0) == fingerprint(*plan, "fits", 0)) == (plan == &second));
  }
}

TEST_CASE("the graph of a plan is linear in its units, however many read a whole cell", "[plan]") {
  const auto ranges = [](int items) {
    const Plan plan = toy::plan({.unit_items = 1,
                                 .stages = {"reduce"},
                                 .parts = std::vector<std::string>(50, "part"),
                                 .items = {items, items}});
    std::size_t count = 0;
    for (const auto& unit : plan.units) {
      count += unit.upstream.ranges().size() + unit.downstream.ranges().size();
      for (const std::size_t up : unit.upstream) {
        const auto& readers = plan.units[up].downstream;
        CHECK(std::find(readers.begin(), readers.end(), unit.id) != readers.end());
      }
    }
    return static_cast<double>(count) / static_cast<double>(plan.units.size());
  };
  CHECK(ranges(400) < 10);
  CHECK(ranges(400) < 1.5 * ranges(40));
}
