// A calibration runs every stage on a few items in memory and tells seconds an item.
#include "pipeline/driver/calibrate.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "pipeline/base/error.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;

namespace {

Record rows(const UnitInput& input) {
  Record record;
  std::vector<double> values;
  for (auto row = input.unit->first; row < input.unit->last; ++row)
    values.push_back(static_cast<double>(row));
  const auto n = std::ssize(values);
  record.add("x/value", {"item"}, {n}, std::move(values), "1", "rows");
  return record;
}

/// A plan whose stages count what they are given.
Plan runnable(std::map<std::string, int>& runs) {
  Plan plan = toy::plan({.parts = {"p", "q"}});
  for (auto& stage : plan.stages) {
    stage.run = [&runs, &stage](const UnitInput& input) {
      ++runs[stage.name];
      for (const std::string& up : stage.upstream) {
        const Record record = input.upstream(up, input.cell_index());
        if (!stage.whole_cell)
          CHECK(record.as_double("x/value") ==
                std::vector<double>{static_cast<double>(input.unit->first)});
      }
      if (stage.name == "metrics") std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return rows(input);
    };
  }
  return plan;
}

const auto quiet = [](const std::string&) {};

}  // namespace

TEST_CASE("every stage has seconds an item, of the model's largest set", "[calibrate]") {
  std::map<std::string, int> runs;
  const Plan plan = runnable(runs);
  const Json found = calibrate(plan, {.items = 5}, quiet);
  const Json& model = found.at("models").at("m");
  CHECK(model.at("benchmark") == "a");  // 10 items, b has 7
  CHECK(model.at("items") == 5);
  for (const char* stage : {"capture", "metrics", "fits", "reduce"}) {
    INFO(stage);
    const Json& entry = model.at("stages").at(stage);
    CHECK(entry.at("seconds_per_item").get<double>() + entry.at("seconds_per_unit").get<double>() >
          0);
    CHECK(entry.at("items") == 5);
    CHECK(entry.at("fingerprint") == plan.find(stage, 0)->fingerprint.hex());
  }
  CHECK(runs["capture"] == 6);  // one more, unmeasured, loads the model
  CHECK(runs["metrics"] == 5);
  CHECK(runs["fits"] == 4);  // two parts, with all items and with half of them
  CHECK(model.at("stages").at("metrics").at("seconds_per_item").get<double>() >= 0.002);
  CHECK(model.at("stages").at("fits").at("units") == 2);
}

TEST_CASE("a stage of whole cells: what follows its items is told from what does not",
          "[calibrate]") {
  std::map<std::string, int> runs;
  Plan plan = runnable(runs);
  for (auto& stage : plan.stages) {
    if (stage.name != "reduce") continue;
    stage.run = [](const UnitInput& input) {  // 40 ms, and 5 ms an item
      std::this_thread::sleep_for(std::chrono::milliseconds(40 + 5 * input.limit));
      return rows(input);
    };
  }
  const Json entry = calibrate(plan, {.items = 10}, quiet)["models"]["m"]["stages"]["reduce"];
  const double item = entry.at("seconds_per_item"), unit = entry.at("seconds_per_unit");
  CHECK(unit + 10 * item >= 0.09);
  CHECK(unit > 0);
}

TEST_CASE("a set smaller than asked for, and a time limit, give what they can", "[calibrate]") {
  std::map<std::string, int> runs;
  const Plan plan = runnable(runs);
  CHECK(calibrate(plan, {.items = 100}, quiet).at("models").at("m").at("items") == 10);
  const Json cut = calibrate(plan, {.items = 100, .stage_seconds = 0}, quiet);
  CHECK(cut.at("models").at("m").at("items") == 2);  // at least two
}

TEST_CASE("a stage that fails is noted, and so is what reads it", "[calibrate]") {
  std::map<std::string, int> runs;
  Plan plan = runnable(runs);
  for (auto& stage : plan.stages) {
    if (stage.name == "metrics")
      stage.run = [](const UnitInput&) -> Record { fail("no room for a map"); };
  }
  std::vector<std::string> said;
  const Json found =
      calibrate(plan, {.items = 3}, [&](const std::string& s) { said.push_back(s); });
  const Json& stages = found.at("models").at("m").at("stages");
  CHECK(stages.at("metrics").at("problem") == "no room for a map");
  CHECK_THAT(stages.at("reduce").at("problem").get<std::string>(),
             Catch::Contains("needs metrics"));
  CHECK(stages.at("capture").contains("seconds"));
  CHECK(said.size() == stages.size());
}

TEST_CASE("stages that are computed together are given what both take together", "[calibrate]") {
  const auto sleep = [](int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  };
  Plan plan = toy::plan({.stages = {"capture", "paths"}, .paths = true});
  for (auto& stage : plan.stages) {
    stage.run = [&](const UnitInput& input) {
      sleep(20);
      return rows(input);
    };
  }
  const auto seconds = [&] {
    const Json stages = calibrate(plan, {.items = 4}, quiet).at("models").at("m").at("stages");
    return stages.at("capture").at("seconds_per_item").get<double>() +
           stages.at("paths").at("seconds_per_item").get<double>();
  };
  CHECK(seconds() >= 0.04);
  int pairs = 0;
  plan.stages[0].run_pair = [&](const UnitInput& input, const UnitInput& other) {
    ++pairs;
    CHECK(plan.stages[other.unit->stage].name == "paths");
    CHECK(input.unit->first == other.unit->first);
    return std::pair(rows(input), rows(other));
  };
  CHECK(seconds() < 0.04);  // each alone sleeps for longer
  CHECK(pairs == 4);
}

TEST_CASE("the peak of resident memory is told", "[calibrate]") {
  CHECK(peak_resident_bytes() > 1'000'000);
}

TEST_CASE("where a model is asked about several items at once, units of as many are timed",
          "[calibrate]") {
  Plan plan = toy::plan({.stages = {"capture", "paths"}, .paths = true});
  std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>> ranges;
  for (auto& stage : plan.stages) {
    stage.run = [&](const UnitInput& input) {
      ranges[stage.name].emplace_back(input.unit->first, input.unit->last);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return rows(input);
    };
    stage.run_pair = [&](const UnitInput& input, const UnitInput& other) {
      CHECK(input.unit->first == other.unit->first);
      ranges["both"].emplace_back(input.unit->first, input.unit->last);
      return std::pair(rows(input), rows(other));
    };
  }
  const Json model = calibrate(plan, {.items = 10, .unit_items = 4}, quiet).at("models").at("m");
  using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;
  CHECK(ranges["capture"] == Ranges{{0, 4}, {0, 4}, {4, 8}, {8, 10}});  // the first one loads
  CHECK(ranges["paths"] == Ranges{{0, 4}, {4, 8}, {8, 10}});
  CHECK(ranges["both"] == ranges["paths"]);
  CHECK(model.at("items") == 10);
  CHECK(model.at("stages").at("capture").at("items") == 10);
  CHECK(model.at("stages").at("capture").at("units") == 3);
}
