#include "pipeline/driver/scheduler.hpp"

#include <algorithm>

namespace vrp {
namespace {

constexpr double kLookEvery = 1;  // seconds between looks for stragglers
constexpr std::size_t kMostRunners = 3;

}  // namespace

Scheduler::Scheduler(const Plan& plan, const std::vector<bool>& done, int ranks,
                     SchedulerParams params)
    : plan_(plan),
      params_(std::move(params)),
      book_(ranks, params_.rank_failures, params_.node_of),
      ready_(plan),
      times_(plan.stages.size(), plan.cells.size() + 1),
      units_(plan.units.size()),
      ranks_(static_cast<std::size_t>(ranks)),
      idle_ranks_(static_cast<std::size_t>(ranks)) {
  std::vector<std::uint32_t> missing_before(plan.units.size() + 1, 0);
  for (std::size_t id = 0; id < plan.units.size(); ++id) {
    missing_before[id + 1] = missing_before[id] + (done[id] ? 0 : 1);
  }
  for (const auto& unit : plan.units) {
    UnitState& state = units_[unit.id];
    for (const auto& range : unit.upstream.ranges()) {
      state.missing += missing_before[range.last] - missing_before[range.first];
    }
    if (done[unit.id]) {
      state.state = State::done;
      ++done_count_;
      continue;
    }
    ++remaining_;
    make_waiting_or_ready(unit.id);
  }
}

bool Scheduler::may_run(int rank, std::size_t unit) const {
  if (trouble_.empty()) return true;
  const auto trouble = trouble_.find(unit);
  return trouble == trouble_.end() || book_.may_try(rank, trouble->second.tried);
}

void Scheduler::start(int rank, std::size_t unit, double now) {
  units_[unit].state = State::running;
  running_[unit].push_back({rank, now});
  RankState& state = ranks_[static_cast<std::size_t>(rank)];
  if (state.units.empty()) --idle_ranks_;
  state.units.push_back(unit);
  if (ready_.group(unit) != ReadyUnits::kNoModel) state.group = ready_.group(unit);
}

std::optional<std::size_t> Scheduler::next(int rank, double now) {
  const RankState& state = ranks_[static_cast<std::size_t>(rank)];
  if (stopping_ || !book_.active(rank)) return std::nullopt;
  if (!state.units.empty() && !ahead()) return std::nullopt;
  auto unit = ready_.first(state.group, [&](std::size_t id) { return may_run(rank, id); });
  if (unit) {
    ready_.erase(*unit);
  } else if (state.units.empty()) {
    find_stragglers(now);
    unit = straggler(rank);
    if (unit) ++repeats_;
  }
  if (unit) start(rank, *unit, now);
  return unit;
}

std::optional<std::size_t> Scheduler::take_companion(int rank, std::size_t unit, double now) {
  const auto other = plan_.companion_of(unit);
  if (!other || units_[*other].state != State::ready || !may_run(rank, *other)) return std::nullopt;
  if (running_.at(unit).size() > 1) return std::nullopt;  // a straggler
  if (ready_.size() <= idle_ranks_) return std::nullopt;
  ready_.erase(*other);
  start(rank, *other, now);
  return other;
}

bool Scheduler::holds(int rank, std::size_t unit) const {
  const auto& units = units_of(rank);
  return std::find(units.begin(), units.end(), unit) != units.end();
}

std::size_t Scheduler::load_of(int rank) const {
  const auto& units = units_of(rank);
  return static_cast<std::size_t>(std::count_if(units.begin(), units.end(), [&](std::size_t unit) {
    const auto other = plan_.companion_of(unit);
    return !other || *other > unit || !holds(rank, *other);
  }));
}

bool Scheduler::more(double now) {
  if (stopping_) return false;
  if (!ready_.empty()) return true;
  find_stragglers(now);
  return !stragglers_.empty();
}

/// What the unit usually takes; with its companion where a rank computes both at once.
std::optional<double> Scheduler::usual_seconds(std::size_t id,
                                               const std::vector<Runner>& runners) const {
  const auto alone = [&](std::size_t unit) {
    return times_.expect(plan_.units[unit].stage, ready_.group(unit), plan_.units[unit].cost);
  };
  const auto usual = alone(id);
  const auto other = plan_.companion_of(id);
  if (!usual || !other) return usual;
  const bool both = std::any_of(runners.begin(), runners.end(),
                                [&](const Runner& runner) { return holds(runner.rank, *other); });
  if (!both) return usual;
  const auto more = alone(*other);
  return more ? std::optional(*usual + *more) : std::nullopt;
}

void Scheduler::find_stragglers(double now) {
  if (params_.straggler <= 0 || now < next_look_) return;
  next_look_ = now + kLookEvery;
  std::vector<std::pair<double, std::size_t>> slow;
  for (const auto& [id, runners] : running_) {
    const auto usual = usual_seconds(id, runners);
    if (!usual || runners.size() >= kMostRunners) continue;
    double since = runners.front().since;  // of the last that began it
    for (const Runner& runner : runners) since = std::max(since, runner.since);
    const double elapsed = now - since;
    if (elapsed > std::max(params_.straggler * *usual, params_.straggler_seconds)) {
      slow.emplace_back(-elapsed, id);
    }
  }
  std::sort(slow.begin(), slow.end());
  stragglers_.clear();
  for (const auto& entry : slow) stragglers_.push_back(entry.second);
}

std::optional<std::size_t> Scheduler::straggler(int rank) {
  for (auto id = stragglers_.begin(); id != stragglers_.end(); ++id) {
    const auto running = running_.find(*id);
    if (running == running_.end()) continue;
    std::vector<int> tried;
    bool here = false;
    for (const Runner& runner : running->second) {
      here = here || runner.rank == rank;
      tried.push_back(runner.rank);
    }
    if (here || !book_.may_try(rank, tried) || !may_run(rank, *id)) continue;
    const std::size_t unit = *id;
    stragglers_.erase(id);
    return unit;
  }
  return std::nullopt;
}

/// Takes the rank off the unit's runners; returns when it had started, if it was one.
std::optional<double> Scheduler::forget(int rank, std::size_t unit) {
  const auto running = running_.find(unit);
  if (running == running_.end()) return std::nullopt;
  auto& runners = running->second;
  const auto runner =
      std::find_if(runners.begin(), runners.end(), [&](const auto& r) { return r.rank == rank; });
  if (runner == runners.end()) return std::nullopt;
  const double since = runner->since;
  runners.erase(runner);
  if (runners.empty()) running_.erase(running);
  return since;
}

/// The rank is out of the unit, however that went; now it begins the next one that it has.
void Scheduler::report(int rank, std::size_t unit, std::optional<double> now) {
  auto& units = ranks_[static_cast<std::size_t>(rank)].units;
  const auto found = std::find(units.begin(), units.end(), unit);
  const bool was_first = found != units.end() && found == units.begin();
  if (found != units.end()) {
    units.erase(found);
    if (units.empty()) ++idle_ranks_;
  }
  book_.report(rank, unit);
  if (!now || !was_first || units.empty()) return;
  const auto running = running_.find(units.front());
  if (running == running_.end()) return;
  for (Runner& runner : running->second) {
    if (runner.rank == rank) runner.since = *now;
  }
}

bool Scheduler::done(int rank, std::size_t id, double now, double seconds) {
  const Unit& unit = plan_.units[id];
  const auto since = forget(rank, id);
  report(rank, id, now);
  if (since) {
    times_.add(unit.stage, ready_.group(id), unit.cost, seconds > 0 ? seconds : now - *since);
  }
  book_.succeeded(rank);
  UnitState& state = units_[id];
  if (state.state == State::done || state.state == State::given_up) return false;
  --remaining_;
  ready_.erase(id);
  state.state = State::done;
  ++done_count_;
  for (const int other : others(id, rank)) book_.leave(other, id);
  running_.erase(id);
  const auto trouble = trouble_.find(id);
  if (trouble != trouble_.end()) {
    std::erase(trouble->second.tried, rank);
    book_.proven(trouble->second.tried);
    trouble->second.tried.clear();
  }
  for (const std::size_t down : unit.downstream) {
    UnitState& waiting = units_[down];
    if (waiting.missing > 0) --waiting.missing;
    if (waiting.missing == 0 && waiting.state == State::waiting) make_waiting_or_ready(down);
  }
  return true;
}

void Scheduler::failed(int rank, std::size_t unit, const std::string& reason, double now) {
  forget(rank, unit);
  report(rank, unit, now);
  book_.failed(rank, unit);
  if (units_[unit].state == State::done) book_.proven({rank});
  if (units_[unit].state == State::running) attempt_failed(rank, unit, reason);
}

void Scheduler::attempt_failed(int rank, std::size_t unit, const std::string& reason) {
  Trouble& trouble = trouble_[unit];
  ++trouble.attempts;
  if (std::find(trouble.tried.begin(), trouble.tried.end(), rank) == trouble.tried.end()) {
    trouble.tried.push_back(rank);
  }
  if (running_.count(unit) > 0) return;  // another rank still tries it
  if (trouble.attempts < params_.unit_attempts) {
    make_waiting_or_ready(unit);
    return;
  }
  if (trouble.tried.size() > 1) book_.excuse(trouble.tried, unit);
  give_up(unit, reason);
}

void Scheduler::hung(int rank, std::size_t unit, const std::string& reason) {
  book_.leave(rank, unit);
  if (forget(rank, unit) && units_[unit].state == State::running) {
    attempt_failed(rank, unit, reason);
  }
}

void Scheduler::returned(int rank, std::size_t unit) {
  report(rank, unit, std::nullopt);
  if (!forget(rank, unit)) return;
  if (units_[unit].state == State::running && running_.count(unit) == 0) {
    make_waiting_or_ready(unit);
  }
}

void Scheduler::make_waiting_or_ready(std::size_t unit) {
  UnitState& state = units_[unit];
  state.state = state.missing > 0 ? State::waiting : State::ready;
  if (state.state == State::ready) ready_.insert(unit);
}

void Scheduler::give_up(std::size_t unit, const std::string& reason) {
  UnitState& state = units_[unit];
  if (state.state == State::given_up || state.state == State::done) return;
  ready_.erase(unit);
  state.state = State::given_up;
  running_.erase(unit);
  --remaining_;
  given_up_.emplace_back(unit, reason);
  for (const std::size_t down : plan_.units[unit].downstream) {
    give_up(down, "needs " + plan_.units[unit].file + ", which failed");
  }
}

int Scheduler::lost(std::size_t unit) {
  UnitState& state = units_[unit];
  if (state.state != State::done) return trouble_[unit].losses;
  ++remaining_;
  --done_count_;
  make_waiting_or_ready(unit);
  for (const std::size_t down : plan_.units[unit].downstream) {
    UnitState& waiting = units_[down];
    ++waiting.missing;  // of done ones too: they may be lost in turn
    if (waiting.state == State::ready) {
      ready_.erase(down);
      waiting.state = State::waiting;
    }
  }
  return ++trouble_[unit].losses;
}

int Scheduler::attempts(std::size_t unit) const {
  const auto trouble = trouble_.find(unit);
  return trouble == trouble_.end() ? 0 : trouble->second.attempts;
}

bool Scheduler::stuck() const { return !finished() && idle() && active_ranks() == 0; }

std::vector<int> Scheduler::others(std::size_t unit, int rank) const {
  std::vector<int> out;
  const auto running = running_.find(unit);
  if (running == running_.end()) return out;
  for (const Runner& runner : running->second) {
    if (runner.rank != rank) out.push_back(runner.rank);
  }
  return out;
}

}  // namespace vrp
