// Time is simulated and calls of the coordinator are taken to last 5 microseconds, so that every
// figure here is the same on any machine.
#include <catch2/catch.hpp>

#include "tests/scale/cluster.hpp"
#include "tests/scale/sweep_plan.hpp"

using namespace vrp;
using namespace vrp::scale;

namespace {

ClusterParams cluster(int ranks) {
  ClusterParams out;
  out.ranks = ranks;
  out.service = 5e-6;
  out.loop.progress = 60;
  return out;
}

void check_sound(const Result& result) {
  CHECK(result.complete);
  CHECK(result.lost == 0);
  CHECK(result.twice == 0);
  CHECK(result.out_of_order == 0);
}

}  // namespace

TEST_CASE("independent units keep 200 ranks busy to the end", "[scale]") {
  const Plan plan = sweep_plan(shape_for(40000, {.stages = false}));
  const Result result = simulate(plan, UnitSeconds(plan, {.sigma = 0.1}), cluster(200));
  check_sound(result);
  CHECK(result.tries == result.units);
  CHECK(result.efficiency > 0.97);  // of 2030 s, 30 are the start and some 10 the last unit
}

TEST_CASE("whatever fails, every unit of a sweep is done, once and after its inputs", "[scale]") {
  const Plan plan = sweep_plan(shape_for(5000, {.models = 3, .benchmarks = 4}));
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    ClusterParams params = cluster(200);
    params.seed = seed;
    params.unit_fails = 0.01;
    params.straggles = 0.002;
    params.thread_hangs = 0.0005;
    params.broken_ranks = 0.02;
    params.slow_ranks = 0.05;
    params.slow = 3;
    params.rank_hours = 40;
    params.hang_hours = 80;
    params.loop.unit_timeout = 900;
    const UnitSeconds seconds(plan, {.whole = 20, .seed = seed});
    const Result result = simulate(plan, seconds, params);
    check_sound(result);
    CHECK(result.makespan < 4 * 3600);
    CHECK(result.failures > 0);
    CHECK(result.retired > 0);
    CHECK(result.jobs == 1 + result.deaths + result.hung_jobs);
    const Result again = simulate(plan, seconds, params);
    CHECK(again.makespan == result.makespan);
    CHECK(again.tries == result.tries);
  }
}

TEST_CASE("a rank three times as slow as others holds nobody up", "[scale]") {
  const Plan plan = sweep_plan(shape_for(20000, {.stages = false}));
  ClusterParams params = cluster(100);
  params.slow_ranks = 0.05;
  params.slow = 30;
  const Result result = simulate(plan, UnitSeconds(plan, {.sigma = 0.1}), params);
  check_sound(result);
  CHECK(result.stragglers > 0);
  CHECK(result.efficiency > 0.9);
}

TEST_CASE("events grow with units, not with ranks and time", "[scale]") {
  const Plan plan = sweep_plan(shape_for(5000, {.stages = false}));
  const UnitSeconds seconds(plan, {});
  const double small = static_cast<double>(simulate(plan, seconds, cluster(10)).events_bytes);
  const double large = static_cast<double>(simulate(plan, seconds, cluster(500)).events_bytes);
  CHECK(large < small);
  CHECK(large / 5000 < 250);
}

TEST_CASE("a rank changes its model only when its model has nothing more to do", "[scale]") {
  const Plan plan = sweep_plan({.models = 3, .benchmarks = 4, .items = 50});
  constexpr int kRanks = 8;
  Scheduler scheduler(plan, std::vector<bool>(plan.units.size(), false), kRanks);
  std::vector<std::string> model(kRanks);
  int changes = 0;
  for (double now = 0; !scheduler.finished(); now += 1) {
    for (int rank = 0; rank < kRanks; ++rank) {
      if (!scheduler.units_of(rank).empty()) scheduler.done(rank, scheduler.units_of(rank)[0], now);
      const auto unit = scheduler.next(rank, now);
      if (!unit || !plan.stages[plan.units[*unit].stage].needs_model) continue;
      std::string& before = model[static_cast<std::size_t>(rank)];
      const std::string& after = plan.cells[plan.units[*unit].cell].model;
      changes += before != after && !before.empty() ? 1 : 0;
      before = after;
    }
  }
  CHECK(changes <= kRanks * 5);  // each model at most twice: before its probes and after them
}
