#include "pipeline/driver/coordinator.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace vrp {
namespace {

constexpr double kHandOutEvery = 1;  // seconds, for stragglers, when nothing else happens

/// Ranks on hosts of the same name share a node.
SchedulerParams with_nodes(SchedulerParams params, const std::vector<std::string>& hosts) {
  std::map<std::string, int> numbers;
  for (const auto& host : hosts) {
    params.node_of.push_back(numbers.emplace(host, static_cast<int>(numbers.size())).first->second);
  }
  return params;
}

}  // namespace

Coordinator::Coordinator(const Plan& plan, UnitLedger ledger, int ranks,
                         const std::vector<bool>& done, const RunLoopParams& params,
                         const RunLoopHooks& hooks, EventLog* events, double now)
    : plan_(plan),
      ledger_(std::move(ledger)),
      ranks_(ranks),
      params_(params),
      hooks_(hooks),
      scheduler_(plan, done, ranks, with_nodes(params.scheduler, params.hosts)),
      watch_(ranks, params.heartbeat, now),
      report_(plan, params, hooks, events, now),
      capacity_(static_cast<std::size_t>(ranks), 0),
      place_(static_cast<std::size_t>(ranks), -1),
      rank_items_(static_cast<std::size_t>(ranks), 0),
      rank_bytes_(static_cast<std::size_t>(ranks), 0),
      started_(now) {
  for (const auto& unit : plan.units) {
    if (!plan.stages[unit.stage].needs_model) continue;
    items_total_ += unit.last - unit.first;
    if (done[unit.id]) items_resumed_ += unit.last - unit.first;
  }
}

std::string Coordinator::where(int rank, std::size_t unit) const {
  return concat(report_.name(rank), ": ", plan_.units[unit].file, ": ");
}

void Coordinator::take(const Message& m, double now, const Send& send) {
  const auto unit = static_cast<std::size_t>(m.a);
  const auto rank = static_cast<std::size_t>(m.from);
  watch_.pass(now);
  watch_.heard(m.from, now);
  switch (m.kind) {
    case MessageKind::request:
      capacity_[rank] = static_cast<std::size_t>(m.a);
      break;
    case MessageKind::done:
      unit_done(m, now, send);
      break;
    case MessageKind::failed:
      unit_failed(m, now, send);
      break;
    case MessageKind::damaged:
      unit_damaged(m, now);
      break;
    case MessageKind::storage:
      if (!storage_) report_.say(where(m.from, unit) + "cannot be written: " + m.text);
      scheduler_.returned(m.from, unit);
      storage_ = true;
      stop("a finished unit cannot be written; when it can be, the same command goes on", now,
           send);
      break;
    case MessageKind::fatal:
      scheduler_.returned(m.from, unit);
      if (failure_code_ == 0) {  // every rank meets the same problem: once is enough
        failure_code_ = static_cast<int>(m.b);
        report_.say(concat(report_.name(m.from), ": ", m.text));
      }
      stop("a rank cannot go on", now, send);
      break;
    case MessageKind::progress:
      rank_items_[rank] = m.a;
      rank_bytes_[rank] = m.b;
      return;
    case MessageKind::stop_asked:
      stop(concat(report_.name(m.from), " got a stop signal"), now, send);
      return;
    case MessageKind::returned:
      scheduler_.returned(m.from, unit);
      break;
    case MessageKind::alive:
      alive(m, now, send);
      return;
    case MessageKind::left:
      watch_.left(m.from);
      return;
    default:
      throw Error(ExitCode::internal, "coordinator: unexpected message");
  }
  set_place(m.from);
  changed_ = true;
}

void Coordinator::unit_done(const Message& m, double now, const Send& send) {
  const auto unit = static_cast<std::size_t>(m.a);
  const std::vector<int> others = scheduler_.others(unit, m.from);
  if (!scheduler_.done(m.from, unit, now, m.seconds)) return;
  failed_items_ += m.b;
  ledger_.note(plan_.units[unit].file, {m.b, m.seconds, report_.host(m.from)});
  report_.done(m.from, unit, m.seconds, m.b);
  announce_retired();
  // Another rank that has not yet started it need not.
  for (const int other : others) take_back(other, m.a, send);
}

void Coordinator::unit_failed(const Message& m, double now, const Send& send) {
  fail_unit(m, static_cast<ExitCode>(m.b), now);
  announce_retired();
  if (scheduler_.retired(m.from)) take_back(m.from, -1, send);
}

void Coordinator::fail_unit(const Message& m, ExitCode code, double now) {
  const auto unit = static_cast<std::size_t>(m.a);
  scheduler_.failed(m.from, unit, m.text, now);
  report_.failure(m.from, unit, m.text, scheduler_.attempts(unit), now);
  note_given_up(code);
}

/// The code of the first unit that was given up is that of the job.
void Coordinator::note_given_up(ExitCode code) {
  if (failure_code_ == 0 && !scheduler_.given_up().empty()) {
    failure_code_ = static_cast<int>(code);
  }
}

void Coordinator::unit_damaged(const Message& m, double now) {
  const auto unit = static_cast<std::size_t>(m.a);
  const auto damaged = static_cast<std::size_t>(m.b);
  if (scheduler_.is_done(damaged)) {  // else another rank said so before
    ledger_.set_aside(plan_.units[damaged].file);
    if (scheduler_.lost(damaged) > params_.scheduler.unit_attempts) {
      // Computed again and again, it stays unreadable: that is this unit's failure.
      fail_unit(m, ExitCode::bad_input, now);
      return;
    }
    report_.say(where(m.from, unit) + "input is damaged and will be computed again: " + m.text);
  }
  scheduler_.returned(m.from, unit);
}

void Coordinator::announce_retired() {
  for (const int rank : scheduler_.take_retired()) {
    report_.retired(rank, concat(params_.scheduler.rank_failures,
                                 " units in a row failed on it and not on others"));
  }
}

/// A sign of life, and how long the rank has been at one unit.
void Coordinator::alive(const Message& m, double now, const Send& send) {
  if (ended_) return;
  if (m.from != 0) send(m.from, {MessageKind::alive, 0, 0, 0, ""});
  const double allowed = params_.unit_timeout * static_cast<double>(std::max<std::int64_t>(1, m.b));
  if (m.a < 0 || allowed <= 0 || m.seconds <= allowed) return;
  const auto& units = scheduler_.units_of(m.from);
  const auto unit = static_cast<std::size_t>(m.a);
  if (scheduler_.absent(m.from) || std::find(units.begin(), units.end(), unit) == units.end()) {
    return;  // others have it already
  }
  const std::string reason = concat("at work on ", plan_.units[unit].file, " for ",
                                    static_cast<long>(m.seconds), " s, longer than unit_timeout");
  scheduler_.hung(m.from, unit, reason);
  const auto companion = plan_.companion_of(unit);
  if (m.b > 1 && companion) scheduler_.hung(m.from, *companion, reason);
  note_given_up(ExitCode::internal);
  changed_ = true;
  if (scheduler_.active_ranks() == 0 && !scheduler_.finished()) {
    report_.hung(m.from, m.a, m.seconds);
    end_hung(concat(report_.name(m.from), " has been ", reason,
                    ", and no other rank is left; ending the job, the same command resumes"));
    return;
  }
  report_.failure(m.from, unit, reason, scheduler_.attempts(unit), now);
  report_.retired(m.from, reason);
  take_back(m.from, -1, send);
}

void Coordinator::take_back(int rank, std::int64_t unit, const Send& send) {
  if (!ended_) send(rank, {MessageKind::give_back, 0, unit, 0, ""});
}

void Coordinator::stop(const std::string& reason, double now, const Send& send) {
  if (stopping_ || ended_) return;
  stopping_ = true;
  stop_time_ = now;
  scheduler_.stop();
  report_.stop(reason);
  for (int rank = 0; rank < ranks_; ++rank) send(rank, {MessageKind::stop, 0, 0, 0, ""});
}

/// Puts the rank among those that wait, by how much it has, or takes it away.
void Coordinator::set_place(int rank) {
  int& place = place_[static_cast<std::size_t>(rank)];
  const std::size_t units = scheduler_.load_of(rank);
  const int wanted =
      units < capacity_[static_cast<std::size_t>(rank)] ? static_cast<int>(units) : -1;
  if (place == wanted) return;
  if (place >= 0) waiting_.erase({place, rank});
  if (wanted >= 0) waiting_.insert({wanted, rank});
  place = wanted;
}

/// Ranks that have less come first, so that no rank takes its second unit before others' first.
void Coordinator::hand_out(double now, const Send& send) {
  changed_ = false;
  next_hand_out_ = now + kHandOutEvery;
  for (auto at = waiting_.begin(); at != waiting_.end() && scheduler_.more(now);) {
    const auto [units, rank] = *at++;
    if (units > 0 && !scheduler_.ahead()) break;
    const auto unit = scheduler_.next(rank, now);
    if (!unit) continue;
    const auto companion = scheduler_.take_companion(rank, *unit, now);
    set_place(rank);
    const auto id = static_cast<std::int64_t>(*unit);
    const std::int64_t with = companion ? static_cast<std::int64_t>(*companion) : -1;
    // The one of lower id leads.
    send(rank, {MessageKind::assign, 0, with < 0 ? id : std::min(id, with),
                with < 0 ? -1 : std::max(id, with), ""});
    // A straggler's first rank may not have begun it, behind another slow unit.
    for (const int other : scheduler_.others(*unit, rank)) take_back(other, id, send);
  }
}

void Coordinator::tick(double now, const Send& send) {
  watch_.pass(now);
  if (const auto silent = aborted_ ? std::nullopt : watch_.silent(now)) {
    const auto& units = scheduler_.units_of(silent->rank);
    const std::int64_t unit = units.empty() ? -1 : static_cast<std::int64_t>(units.front());
    report_.hung(silent->rank, unit, silent->seconds);
    end_hung(concat(report_.name(silent->rank), " has been silent for ",
                    static_cast<long>(silent->seconds), " s, ",
                    unit < 0 ? "between units" : "at work on " + plan_.units[units.front()].file,
                    "; ending the job, the same command resumes"));
  }
  if (!ended_) {
    if (params_.time_budget > 0 && now - started_ > params_.time_budget) {
      stop(concat("the time budget of ", params_.time_budget, " s is used"), now, send);
    }
    if (!stopping_ && (changed_ || now >= next_hand_out_)) hand_out(now, send);
    if (report_.progress_due(now)) show_progress(now, false);
    finish_if_over(now, send);
  }
  report_.flush();
}

void Coordinator::finish_if_over(double now, const Send& send) {
  if (scheduler_.finished()) {
    end(failure_code_, now, send);
  } else if (scheduler_.stuck()) {
    end(failure_code_ != 0 ? failure_code_ : static_cast<int>(ExitCode::internal), now, send);
  } else if (stopping_) {
    const bool late = now - stop_time_ > params_.margin;
    if (scheduler_.idle() || late) {
      if (late) report_.say("the margin is over; running units are abandoned");
      const bool broken = failure_code_ != 0 && !storage_;
      end(broken ? failure_code_ : static_cast<int>(ExitCode::resumable), now, send);
    }
  }
}

/// Ranks that are still inside a unit, which others have finished, leave without it.
void Coordinator::end(int code, double now, const Send& send) {
  ended_ = true;
  show_progress(now, true);
  outcome_.code = code;
  outcome_.given_up = scheduler_.given_up();
  for (int rank = 0; rank < ranks_; ++rank) send(rank, {MessageKind::quit, 0, 0, code, ""});
}

/// A rank hangs: it cannot be told to leave, so that the job is aborted.
void Coordinator::end_hung(const std::string& message) {
  ended_ = aborted_ = true;
  outcome_.code = static_cast<int>(ExitCode::resumable);
  report_.flush();
  hooks_.end_job(message);
}

void Coordinator::show_progress(double now, bool last) {
  ProgressState state;
  state.items_total = items_total_;
  state.items_resumed = items_resumed_;
  state.items_done = std::min(
      items_total_,
      items_resumed_ + std::accumulate(rank_items_.begin(), rank_items_.end(), std::int64_t{0}));
  if (last && scheduler_.finished() && scheduler_.given_up().empty())
    state.items_done = items_total_;
  state.failed = failed_items_;
  state.bytes = std::accumulate(rank_bytes_.begin(), rank_bytes_.end(), std::int64_t{0});
  state.units_done = scheduler_.done_count();
  state.units_total = plan_.units.size();
  state.seconds = now - started_;
  report_.progress(state, now, last);
}

}  // namespace vrp
