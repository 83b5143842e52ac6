#include "pipeline/driver/scheduler.hpp"

#include <algorithm>

namespace vrp {

bool Scheduler::Order::operator()(std::size_t a, std::size_t b) const {
  const double cost_a = plan->units[a].cost;
  const double cost_b = plan->units[b].cost;
  return cost_a != cost_b ? cost_a > cost_b : a < b;
}

Scheduler::Scheduler(const Plan& plan, std::vector<bool> done, int ranks, SchedulerParams params)
    : plan_(plan),
      params_(params),
      states_(plan.units.size()),
      ranks_(static_cast<std::size_t>(ranks)),
      ready_(Order{&plan}),
      stage_time_(plan.stages.size(), {0.0, 0}) {
  for (const auto& unit : plan.units) {
    UnitState& state = states_[unit.id];
    if (done[unit.id]) {
      state.state = State::done;
      ++done_count_;
      continue;
    }
    ++remaining_;
    for (const std::size_t up : unit.upstream) state.missing += done[up] ? 0 : 1;
    if (state.missing == 0) {
      state.state = State::ready;
      ready_.insert(unit.id);
    }
  }
}

int Scheduler::active_ranks() const {
  return static_cast<int>(std::count_if(ranks_.begin(), ranks_.end(),
                                        [](const RankState& rank) { return !rank.retired; }));
}

bool Scheduler::may_run(int rank, std::size_t unit) const {
  const auto& failed_on = states_[unit].failed_on;
  if (failed_on.count(rank) == 0) return true;
  // A unit comes back to a rank it failed on only when no other active rank is left untried.
  for (std::size_t other = 0; other < ranks_.size(); ++other) {
    if (!ranks_[other].retired && failed_on.count(static_cast<int>(other)) == 0) return false;
  }
  return true;
}

void Scheduler::start(int rank, std::size_t unit, double now) {
  UnitState& state = states_[unit];
  state.state = State::running;
  state.runners.emplace_back(rank, now);
  ranks_[static_cast<std::size_t>(rank)].last_cell = plan_.units[unit].cell;
  ++running_;
}

std::optional<std::size_t> Scheduler::next(int rank, double now) {
  RankState& state = ranks_[static_cast<std::size_t>(rank)];
  if (stopping_ || state.retired) return std::nullopt;
  std::optional<std::size_t> best;
  for (const std::size_t unit : ready_) {
    if (best && plan_.units[unit].cost < plan_.units[*best].cost) break;
    if (!may_run(rank, unit)) continue;
    if (!best) best = unit;
    if (plan_.units[unit].cell == state.last_cell) {
      best = unit;
      break;
    }
  }
  if (best) {
    ready_.erase(*best);
    start(rank, *best, now);
    return best;
  }
  if (!ready_.empty()) return std::nullopt;
  best = straggler(rank, now);
  if (best) start(rank, *best, now);
  return best;
}

std::optional<std::size_t> Scheduler::straggler(int rank, double now) const {
  std::optional<std::size_t> slowest;
  double longest = 0;
  for (const auto& unit : plan_.units) {
    const UnitState& state = states_[unit.id];
    if (state.state != State::running || state.runners.size() != 1) continue;
    const auto& [sum, count] = stage_time_[unit.stage];
    if (count == 0 || state.runners[0].first == rank) continue;
    const double mean = sum / static_cast<double>(count);
    const double elapsed = now - state.runners[0].second;
    const double threshold = std::max(params_.straggler * mean, params_.straggler_seconds);
    if (elapsed > threshold && elapsed > longest) {
      longest = elapsed;
      slowest = unit.id;
    }
  }
  return slowest;
}

bool Scheduler::done(int rank, std::size_t unit, double now) {
  UnitState& state = states_[unit];
  const auto runner = std::find_if(state.runners.begin(), state.runners.end(),
                                   [&](const auto& r) { return r.first == rank; });
  if (runner != state.runners.end()) {
    auto& [sum, count] = stage_time_[plan_.units[unit].stage];
    sum += now - runner->second;
    ++count;
    state.runners.erase(runner);
    --running_;
  }
  ranks_[static_cast<std::size_t>(rank)].failures = 0;
  if (state.state == State::done) return false;
  if (state.state != State::given_up) --remaining_;
  ready_.erase(unit);
  state.state = State::done;
  ++done_count_;
  for (const std::size_t down : plan_.units[unit].downstream) {
    UnitState& waiting = states_[down];
    if (waiting.missing > 0) --waiting.missing;
    if (waiting.missing == 0 && waiting.state == State::waiting) {
      waiting.state = State::ready;
      ready_.insert(down);
    }
  }
  return true;
}

void Scheduler::failed(int rank, std::size_t unit, const std::string& reason, double) {
  UnitState& state = states_[unit];
  const auto runner = std::find_if(state.runners.begin(), state.runners.end(),
                                   [&](const auto& r) { return r.first == rank; });
  if (runner != state.runners.end()) {
    state.runners.erase(runner);
    --running_;
  }
  RankState& where = ranks_[static_cast<std::size_t>(rank)];
  if (++where.failures >= params_.rank_failures && active_ranks() > 1) where.retired = true;
  if (state.state != State::running) return;
  state.failed_on.insert(rank);
  ++state.attempts;
  if (!state.runners.empty()) return;  // another rank still tries it
  if (state.attempts >= params_.unit_attempts) {
    give_up(unit, reason);
  } else {
    make_waiting_or_ready(unit);
  }
}

void Scheduler::returned(int rank, std::size_t unit) {
  UnitState& state = states_[unit];
  const auto runner = std::find_if(state.runners.begin(), state.runners.end(),
                                   [&](const auto& r) { return r.first == rank; });
  if (runner == state.runners.end()) return;
  state.runners.erase(runner);
  --running_;
  if (state.state == State::running && state.runners.empty()) make_waiting_or_ready(unit);
}

void Scheduler::make_waiting_or_ready(std::size_t unit) {
  UnitState& state = states_[unit];
  state.state = state.missing > 0 ? State::waiting : State::ready;
  if (state.state == State::ready) ready_.insert(unit);
}

void Scheduler::give_up(std::size_t unit, const std::string& reason) {
  UnitState& state = states_[unit];
  if (state.state == State::given_up || state.state == State::done) return;
  ready_.erase(unit);
  state.state = State::given_up;
  --remaining_;
  given_up_.emplace_back(unit, reason);
  for (const std::size_t down : plan_.units[unit].downstream) {
    give_up(down, "needs " + plan_.units[unit].file + ", which failed");
  }
}

void Scheduler::lost(std::size_t unit) {
  UnitState& state = states_[unit];
  if (state.state != State::done) return;
  state.state = State::ready;
  ready_.insert(unit);
  ++remaining_;
  --done_count_;
  for (const std::size_t down : plan_.units[unit].downstream) {
    UnitState& waiting = states_[down];
    if (waiting.state == State::done || waiting.state == State::given_up) continue;
    ++waiting.missing;
    if (waiting.state == State::ready) {
      ready_.erase(down);
      waiting.state = State::waiting;
    }
  }
}

bool Scheduler::idle() const { return running_ == 0; }

bool Scheduler::stuck() const { return !finished() && idle() && active_ranks() == 0; }

}  // namespace vrp
