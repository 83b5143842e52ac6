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

namespace {

/// Units of both stages over 5 ranges of one item in set a and 1 in set b.
Plan pairs() {
  return toy::plan(
      {.unit_items = 1, .stages = {"capture", "paths"}, .items = {5, 1}, .paths = true});
}

}  // namespace

TEST_CASE("companions are units of the same cell and range, where both stages are asked for",
          "[scheduler][plan]") {
  const Plan plan = toy::plan({.stages = {"capture", "metrics", "paths"}, .paths = true});
  int found = 0;
  for (const Unit& unit : plan.units) {
    const auto other = plan.companion_of(unit.id);
    const std::string& stage = plan.stages[unit.stage].name;
    CHECK(other.has_value() == (stage == "capture" || stage == "paths"));
    if (!other) continue;
    ++found;
    CHECK(plan.units[*other].stage != unit.stage);
    CHECK(plan.units[*other].cell == unit.cell);
    CHECK(plan.units[*other].first == unit.first);
    CHECK(plan.units[*other].last == unit.last);
    CHECK(plan.companion_of(*other) == unit.id);
    CHECK((*other > unit.id) == (stage == "capture"));  // capture leads
  }
  CHECK(found == 10);
  const Plan alone = toy::plan({.stages = {"capture"}, .paths = true});
  for (const Unit& unit : alone.units) CHECK_FALSE(alone.companion_of(unit.id));
}

TEST_CASE("a unit and its companion go to one rank and count as one", "[scheduler]") {
  const Plan plan = pairs();
  Scheduler scheduler(plan, none(plan), 2);
  const std::size_t unit = *scheduler.next(0, 0);
  const auto with = scheduler.take_companion(0, unit, 0);
  REQUIRE(with);
  CHECK(plan.companion_of(unit) == with);
  CHECK(scheduler.load_of(0) == 1);
  CHECK(scheduler.units_of(0).size() == 2);
  const std::size_t second = *scheduler.next(0, 0);
  CHECK(second != *with);
  CHECK(scheduler.take_companion(0, second, 0));
  CHECK(scheduler.load_of(0) == 2);
  const std::size_t other = *scheduler.next(1, 0);
  CHECK(scheduler.take_companion(1, other, 0));
  scheduler.done(0, unit, 1);
  CHECK(scheduler.load_of(0) == 2);  // half of the first and the second
  scheduler.done(0, *with, 1);
  CHECK(scheduler.load_of(0) == 1);
}

TEST_CASE("a companion that is done, waits elsewhere or has failed here is not taken along",
          "[scheduler]") {
  const Plan plan = pairs();
  const auto captures = toy::units_of(plan, "capture", "a");
  std::vector<bool> done = none(plan);
  for (const std::size_t unit : captures) done[*plan.companion_of(unit)] = true;
  Scheduler half(plan, done, 1);
  for (int i = 0; i < 5; ++i) {
    const std::size_t unit = *half.next(0, 0);
    if (plan.cells[plan.units[unit].cell].benchmark == "a") {
      CHECK_FALSE(half.take_companion(0, unit, 0));
    }
    half.done(0, unit, 1);
  }
  Scheduler scheduler(plan, none(plan), 3);
  const std::size_t unit = *scheduler.next(0, 0);
  const std::size_t with = *scheduler.take_companion(0, unit, 0);
  scheduler.failed(0, with, "broken", 0);
  CHECK(scheduler.load_of(0) == 1);
  // Another rank gets the failed one, without the unit that is running.
  for (const int rank : {1, 2}) {
    while (const auto next = scheduler.next(rank, 0)) {
      const auto along = scheduler.take_companion(rank, *next, 0);
      if (*next == with) CHECK_FALSE(along);
      if (along) CHECK(*along != with);
      scheduler.done(rank, *next, 1);
      if (along) scheduler.done(rank, *along, 1);
    }
  }
  CHECK(scheduler.is_done(with));
  scheduler.done(0, unit, 2);
  CHECK(scheduler.finished());
}

TEST_CASE("at the end an idle rank gets the companion rather than nothing", "[scheduler]") {
  const Plan plan =
      toy::plan({.unit_items = 5, .stages = {"capture", "paths"}, .items = {5, 5}, .paths = true});
  REQUIRE(plan.units.size() == 4);
  Scheduler two(plan, none(plan), 2);  // two pairs, two ranks
  for (const int rank : {0, 1}) CHECK(two.take_companion(rank, *two.next(rank, 0), 0));
  Scheduler four(plan, none(plan), 4);  // two pairs, four ranks
  for (const int rank : {0, 1, 2, 3}) {
    const auto unit = four.next(rank, 0);
    REQUIRE(unit);
    CHECK_FALSE(four.take_companion(rank, *unit, 0));
  }
  CHECK(four.units_of(3).size() == 1);
}

TEST_CASE("two units computed at once are no stragglers before the time of both", "[scheduler]") {
  const Plan plan = pairs();
  Scheduler scheduler(plan, none(plan), 2, {.straggler = 2, .straggler_seconds = 1});
  // Both stages usually take 10 s.
  while (scheduler.done_count() < 10) {
    const std::size_t unit = *scheduler.next(1, 0);
    scheduler.done(1, unit, 10, 10);
  }
  const std::size_t unit = *scheduler.next(0, 0);
  const auto with = scheduler.take_companion(0, unit, 0);
  REQUIRE_FALSE(with);  // rank 1 is idle
  scheduler.returned(0, unit);
  Scheduler busy(plan, none(plan), 2, {.straggler = 2, .straggler_seconds = 1});
  const std::size_t first = *busy.next(0, 0);
  REQUIRE(busy.take_companion(0, first, 0));
  while (const auto next = busy.next(1, 0)) {
    busy.done(1, *next, 10, 10);
    if (busy.done_count() == plan.units.size() - 2) break;
  }
  CHECK_FALSE(busy.next(1, 35));
  CHECK(busy.next(1, 45));
}
