#include "pipeline/driver/scheduler.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;

namespace {

std::vector<bool> none(const Plan& plan) { return std::vector<bool>(plan.units.size(), false); }

}  // namespace

TEST_CASE("the most expensive ready unit is handed out first, and none before its input",
          "[scheduler]") {
  const Plan plan = toy::plan();
  Scheduler scheduler(plan, none(plan), 1);
  std::vector<bool> done = none(plan);
  double last_cost = 1e9;
  bool all_captured = false;
  while (!scheduler.finished()) {
    const auto unit = scheduler.next(0, 0);
    REQUIRE(unit);
    for (const std::size_t up : plan.units[*unit].upstream) CHECK(done[up]);
    if (plan.stages[plan.units[*unit].stage].name == "capture") {
      CHECK(plan.units[*unit].cost <= last_cost);
      CHECK_FALSE(all_captured);
      last_cost = plan.units[*unit].cost;
    } else {
      all_captured = true;  // metrics are cheaper than any capture unit
    }
    CHECK(scheduler.done(0, *unit, 1));
    done[*unit] = true;
  }
  CHECK(scheduler.done_count() == plan.units.size());
}

TEST_CASE("units of earlier runs are not handed out again", "[scheduler]") {
  const Plan plan = toy::plan();
  Scheduler scheduler(plan, std::vector<bool>(plan.units.size(), true), 2);
  CHECK(scheduler.finished());
  CHECK_FALSE(scheduler.next(0, 0));
}

TEST_CASE("a failed unit goes to another rank and is given up after its attempts", "[scheduler]") {
  const Plan plan = toy::plan();
  Scheduler scheduler(plan, none(plan), 3, {.unit_attempts = 3, .rank_failures = 100});
  const std::size_t unit = *scheduler.next(0, 0);
  scheduler.failed(0, unit, "first", 0);
  const std::size_t again = *scheduler.next(1, 0);
  CHECK(again == unit);
  const auto other = scheduler.next(0, 0);
  CHECK((other && *other != unit));
  scheduler.failed(1, unit, "second", 0);
  CHECK(*scheduler.next(2, 0) == unit);
  scheduler.failed(2, unit, "third", 0);
  REQUIRE_FALSE(scheduler.given_up().empty());
  CHECK(scheduler.given_up()[0] == std::pair<std::size_t, std::string>{unit, "third"});
  // What reads it is given up with it: its metrics, its cell's reduce and the pooled one.
  CHECK(scheduler.given_up().size() == 4);
}

TEST_CASE("a rank that keeps failing is retired and the run goes on", "[scheduler]") {
  const Plan plan = toy::plan();
  Scheduler scheduler(plan, none(plan), 2, {.unit_attempts = 10, .rank_failures = 3});
  for (int i = 0; i < 3; ++i) scheduler.failed(0, *scheduler.next(0, 0), "broken", 0);
  CHECK(scheduler.retired(0));
  CHECK_FALSE(scheduler.next(0, 0));
  while (!scheduler.finished()) {
    const auto unit = scheduler.next(1, 0);
    REQUIRE(unit);
    scheduler.done(1, *unit, 0);
  }
  CHECK(scheduler.given_up().empty());
}

TEST_CASE("the last rank is never retired, its units are given up instead", "[scheduler]") {
  const Plan plan = toy::plan();
  Scheduler scheduler(plan, none(plan), 1, {.unit_attempts = 2, .rank_failures = 2});
  int steps = 0;
  while (!scheduler.finished() && steps < 1000) {
    ++steps;
    scheduler.failed(0, *scheduler.next(0, 0), "broken", 0);
  }
  CHECK(scheduler.finished());
  CHECK(scheduler.done_count() == 0);
}

TEST_CASE("an idle rank repeats a straggler at the tail and the first result wins", "[scheduler]") {
  const Plan plan = toy::plan({.stages = {"capture"}});
  Scheduler scheduler(plan, none(plan), 2, {.straggler = 3, .straggler_seconds = 10});
  const std::size_t slow = *scheduler.next(0, 0);
  double now = 0;
  while (const auto unit = scheduler.next(1, now)) {
    now += 1;
    scheduler.done(1, *unit, now);
  }
  CHECK_FALSE(scheduler.next(1, 9));  // over three times the mean of 1 s, but under 10 s
  const auto repeated = scheduler.next(1, 60);
  REQUIRE(repeated);
  CHECK(*repeated == slow);
  CHECK_FALSE(scheduler.next(1, 1000));  // once is enough
  CHECK(scheduler.done(1, slow, 65));
  CHECK(scheduler.finished());
  CHECK_FALSE(scheduler.done(0, slow, 70));
}

TEST_CASE("the last ready units go to ranks that have nothing", "[scheduler]") {
  const Plan plan = toy::plan({.unit_items = 1, .stages = {"capture"}, .items = {3, 1}});
  Scheduler scheduler(plan, none(plan), 2);
  const std::size_t first = *scheduler.next(0, 0);
  scheduler.next(1, 0);
  CHECK(scheduler.next(0, 0));     // three are ready: one ahead of need
  CHECK_FALSE(scheduler.ahead());  // of the last two, not
  CHECK_FALSE(scheduler.next(1, 0));
  scheduler.done(0, first, 1);
  CHECK_FALSE(scheduler.next(0, 1));  // it still has one
  scheduler.done(1, scheduler.units_of(1)[0], 1);
  CHECK(scheduler.next(1, 1));
}

TEST_CASE("a damaged input is computed again before what reads it", "[scheduler]") {
  const Plan plan = toy::plan();
  std::vector<bool> done = none(plan);
  const auto capture = toy::units_of(plan, "capture", "a");
  for (const char* set : {"a", "b"}) {
    for (const std::size_t id : toy::units_of(plan, "capture", set)) done[id] = true;
  }
  Scheduler scheduler(plan, done, 1);
  const std::size_t metrics = *scheduler.next(0, 0);
  const std::size_t input = plan.units[metrics].upstream[0];
  scheduler.lost(input);
  scheduler.returned(0, metrics);
  CHECK(*scheduler.next(0, 0) == input);
  bool seen = false;
  scheduler.done(0, input, 0);
  while (!scheduler.finished()) {
    const auto unit = scheduler.next(0, 0);
    REQUIRE(unit);
    seen = seen || *unit == metrics;
    scheduler.done(0, *unit, 0);
  }
  CHECK(seen);
  CHECK(scheduler.given_up().empty());
}

TEST_CASE("a stop ends the hand-out and leaves what runs", "[scheduler]") {
  const Plan plan = toy::plan();
  Scheduler scheduler(plan, none(plan), 2);
  const std::size_t unit = *scheduler.next(0, 0);
  scheduler.stop();
  CHECK_FALSE(scheduler.next(1, 0));
  CHECK_FALSE(scheduler.idle());
  scheduler.done(0, unit, 0);
  CHECK(scheduler.idle());
  CHECK_FALSE(scheduler.finished());
}

TEST_CASE("whatever fails in whatever order, every unit ends done or given up, once",
          "[scheduler]") {
  const Plan plan = toy::plan({.unit_items = 1});
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    Scheduler scheduler(plan, none(plan), 4, {.unit_attempts = 3, .rank_failures = 4});
    std::deque<std::pair<int, std::size_t>> running;
    int steps = 0;
    while (!scheduler.finished() && !scheduler.stuck() && ++steps < 100000) {
      const int rank = static_cast<int>(random() % 4);
      if (random() % 2 == 0) {
        if (const auto unit = scheduler.next(rank, steps)) running.emplace_back(rank, *unit);
      } else if (!running.empty()) {
        const auto [who, unit] = running.front();
        running.pop_front();
        switch (random() % 8) {
          case 0:
            scheduler.failed(who, unit, "x", steps);
            break;
          case 1:
            scheduler.returned(who, unit);
            break;
          case 2:
            if (!plan.units[unit].upstream.empty()) scheduler.lost(plan.units[unit].upstream[0]);
            scheduler.returned(who, unit);
            break;
          default:
            scheduler.done(who, unit, steps);
        }
      }
    }
    INFO("seed " << seed);
    CHECK(scheduler.finished());
    CHECK(scheduler.done_count() + scheduler.given_up().size() == plan.units.size());
  }
}
