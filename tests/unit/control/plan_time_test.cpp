// Hours of a plan: sums, the longest chain, and where the figures come from.
#include "pipeline/control/plan_time.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/control/plan_needs.hpp"
#include "pipeline/control/sweep_plan.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;
namespace fs = std::filesystem;

TEST_CASE("time is the missing units' seconds, bounded by the longest chain", "[control][plan]") {
  const Plan plan = toy::plan();  // sets of 10 and 7 items; capture, metrics, reduce
  UnitSeconds seconds;
  seconds.add("m", "capture", 10, 20);  // 2 s an item
  seconds.add("m", "metrics", 10, 1);   // 0.1 s
  std::vector<bool> done(plan.units.size(), false);
  PlanTime time = plan_time(plan, done, seconds);
  CHECK(time.rank_seconds == Approx(17 * 2.1));
  CHECK(time.chain_seconds == Approx(4 * 2.1));  // a unit of 4 items of each
  CHECK(time.untimed == std::vector<std::string>{"reduce"});
  CHECK(time.known);
  const TimeRange one = time_on(time, 1), many = time_on(time, 1000);
  CHECK((one.low == Approx(17 * 2.1) && one.high == Approx(17 * 2.1)));
  CHECK(many.low == Approx(4 * 2.1));
  CHECK(many.high >= many.low);
  for (const Unit& unit : plan.units)
    if (plan.stages[unit.stage].name == "capture") done[unit.id] = true;
  time = plan_time(plan, done, seconds);
  CHECK(time.rank_seconds == Approx(1.7));
  CHECK(time.chain_seconds == Approx(0.4));
  CHECK_FALSE(plan_time(plan, done, UnitSeconds()).known);
  time = plan_time(plan, done, seconds, [](const Unit&) { return 0.5; });
  CHECK(time.rank_seconds == Approx(0.85));
}

TEST_CASE("a model without figures of its own takes the mean of the others", "[control][plan]") {
  UnitSeconds seconds;
  seconds.add("a", "capture", 1, 2);
  seconds.add("b", "capture", 1, 4);
  seconds.add("c", "capture", 0, 4);  // nothing known
  CHECK(seconds.expected("a", "capture", 1) == 2);
  CHECK(seconds.expected("c", "capture", 10) == 30);
  seconds.add_fixed("a", "capture", 5);
  CHECK(seconds.expected("a", "capture", 10) == 25);
  CHECK(seconds.expected("a", "probes", 1) < 0);
}

TEST_CASE("a calibration with other settings or without a figure says so", "[control][plan]") {
  const fs::path file =
      fs::temp_directory_path() / ("vrp_calibration_" + std::to_string(::getpid()) + ".json");
  const Plan plan = toy::plan();
  Json stored = {{"version", 1},     {"time", "2026-11-24T08:00:00Z"},
                 {"host", "node17"}, {"device", "cpu"},
                 {"threads", 2},     {"peak_bytes", 5000000000}};
  Json stages;
  stages["capture"] = {{"fingerprint", plan.find("capture", 0)->fingerprint.hex()},
                       {"seconds_per_item", 2.5},
                       {"seconds_per_unit", 1}};
  stages["metrics"] = {
      {"fingerprint", "of another time"}, {"seconds_per_item", 0.5}, {"seconds_per_unit", 0}};
  stages["reduce"] = {{"problem", "too few items"}};
  stored["models"]["m"] = {{"benchmark", "a"}, {"load_seconds", 3.0}, {"stages", stages}};
  write_atomically(file, stored.dump());
  const Calibration found = read_calibration(file, plan);
  CHECK(found.seconds.expected("m", "capture", 2) == 6);
  CHECK(found.seconds.expected("m", "reduce", 1) < 0);
  CHECK(found.load_seconds == 3);
  CHECK_THAT(found.source, Catch::Contains("node17"));
  REQUIRE(found.problems.size() == 2);
  CHECK_THAT(found.problems[0], Catch::Contains("metrics: calibrated with other settings"));
  CHECK_THAT(found.problems[1], Catch::Contains("too few items"));
  stored["models"]["m"]["stages"]["capture"]["seconds_per_item"] = "quick";
  write_atomically(file, stored.dump());
  CHECK_THROWS_WITH(read_calibration(file, plan), Catch::Contains("seconds_per_item"));
  write_atomically(file, "{\"version\": 1");
  CHECK_THROWS_AS(read_calibration(file, plan), Error);
  fs::remove(file);
}

TEST_CASE("without figures the time is unknown and says what to do", "[control][plan]") {
  const Plan plan = toy::plan();
  const fs::path none = fs::temp_directory_path() / ("vrp_none_" + std::to_string(::getpid()));
  std::vector<bool> done(plan.units.size(), false);
  CHECK_THAT(time_text(plan, StageParams(), done, work_of(plan), none, 0),
             Catch::Contains("vrp plan --calibrate"));
  done.assign(done.size(), true);
  CHECK_THAT(time_text(plan, StageParams(), done, work_of(plan), none, 0),
             Catch::Contains("nothing to do"));
  std::vector<StageSize> sizes(plan.stage_cells.size());
  for (StageSize& size : sizes) size = {StageSize::Kind::about, 1'000, std::int64_t{1} << 60};
  done.assign(done.size(), false);
  CHECK_THAT(disk_text(plan, done, sizes, none), Catch::Contains("NOT ENOUGH"));
}
