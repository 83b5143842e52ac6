#include "pipeline/driver/coordinator.hpp"

#include <algorithm>
#include <numeric>

namespace vrp {

Coordinator::Coordinator(const Plan& plan, RunFolder& folder, int ranks,
                         const std::vector<bool>& done, const RunLoopParams& params,
                         const RunLoopHooks& hooks, EventLog* events)
    : plan_(plan),
      folder_(folder),
      params_(params),
      hooks_(hooks),
      events_(events),
      scheduler_(plan, done, ranks, params.scheduler),
      wanting_(static_cast<std::size_t>(ranks), 0),
      rank_items_(static_cast<std::size_t>(ranks), 0),
      rank_bytes_(static_cast<std::size_t>(ranks), 0),
      started_(steady_seconds()),
      shown_(started_) {
  for (const auto& unit : plan.units) {
    if (!plan.stages[unit.stage].needs_model) continue;
    items_total_ += unit.last - unit.first;
    if (done[unit.id]) items_resumed_ += unit.last - unit.first;
  }
}

std::string Coordinator::where(int rank, std::size_t unit) const {
  return concat("rank ", rank, ": ", plan_.units[unit].file, ": ");
}

void Coordinator::take(const Message& m, const Send& send) {
  const auto unit = static_cast<std::size_t>(m.a);
  const auto rank = static_cast<std::size_t>(m.from);
  const double now = steady_seconds();
  switch (m.kind) {
    case MessageKind::request:
      ++wanting_[rank];
      break;
    case MessageKind::done:
      if (scheduler_.done(m.from, unit, now)) {
        folder_.note(plan_.units[unit].file,
                     {m.b, 0, rank < params_.hosts.size() ? params_.hosts[rank] : ""});
        failed_items_ += m.b;
        if (events_ != nullptr) {
          events_->write("unit", {{"file", m.text}, {"rank", m.from}, {"failed_items", m.b}});
        }
      }
      break;
    case MessageKind::failed:
      hooks_.say(where(m.from, unit) + "failed: " + m.text);
      if (events_ != nullptr) {
        events_->write("failure",
                       {{"file", plan_.units[unit].file}, {"rank", m.from}, {"reason", m.text}});
      }
      scheduler_.failed(m.from, unit, m.text, now);
      if (!scheduler_.given_up().empty() && failure_code_ == 0) {
        failure_code_ = static_cast<int>(m.b);
      }
      if (scheduler_.retired(m.from))
        hooks_.say(concat("rank ", m.from, " is retired: it keeps failing"));
      break;
    case MessageKind::damaged: {
      const auto damaged = static_cast<std::size_t>(m.b);
      hooks_.say(where(m.from, unit) + "input is damaged and will be computed again: " + m.text);
      folder_.set_aside(plan_.units[damaged].file);
      scheduler_.lost(damaged);
      scheduler_.returned(m.from, unit);
      break;
    }
    case MessageKind::storage:
      if (!storage_) hooks_.say(where(m.from, unit) + "cannot be written: " + m.text);
      scheduler_.returned(m.from, unit);
      storage_ = true;
      stop("a finished unit cannot be written; free the disk and run the same command again", send);
      break;
    case MessageKind::fatal:
      scheduler_.returned(m.from, unit);
      if (failure_code_ == 0) {  // every rank meets the same problem: once is enough
        failure_code_ = static_cast<int>(m.b);
        hooks_.say(concat("rank ", m.from, ": ", m.text));
      }
      stop("a rank cannot go on", send);
      break;
    case MessageKind::progress:
      rank_items_[rank] = m.a;
      rank_bytes_[rank] = m.b;
      break;
    case MessageKind::stop_asked:
      stop(concat("rank ", m.from, " got a stop signal"), send);
      break;
    case MessageKind::returned:
      scheduler_.returned(m.from, unit);
      break;
    default:
      throw Error(ExitCode::internal, "coordinator: unexpected message");
  }
}

void Coordinator::stop(const std::string& reason, const Send& send) {
  if (stopping_ || ended_) return;
  stopping_ = true;
  stop_time_ = steady_seconds();
  scheduler_.stop();
  hooks_.say("stopping: " + reason);
  if (events_ != nullptr) events_->write("stop", {{"reason", reason}});
  for (std::size_t rank = 0; rank < wanting_.size(); ++rank) {
    send(static_cast<int>(rank), {MessageKind::stop, 0, 0, 0, ""});
  }
}

void Coordinator::hand_out(const Send& send) {
  const double now = steady_seconds();
  bool found = true;
  while (found) {  // round by round, so that no rank takes its second unit before others' first
    found = false;
    for (std::size_t rank = 0; rank < wanting_.size(); ++rank) {
      if (wanting_[rank] == 0) continue;
      const auto unit = scheduler_.next(static_cast<int>(rank), now);
      if (!unit) continue;
      --wanting_[rank];
      found = true;
      send(static_cast<int>(rank),
           {MessageKind::assign, 0, static_cast<std::int64_t>(*unit), 0, ""});
    }
  }
}

void Coordinator::tick(const Send& send) {
  if (ended_) return;
  const double now = steady_seconds();
  if (params_.time_budget > 0 && now - started_ > params_.time_budget) {
    stop(concat("the time budget of ", params_.time_budget, " s is used"), send);
  }
  if (!stopping_) hand_out(send);
  if (params_.progress > 0 && now - shown_ >= params_.progress) {
    shown_ = now;
    show_progress(false);
  }
  finish_if_over(send);
}

void Coordinator::finish_if_over(const Send& send) {
  if (scheduler_.finished()) {
    end(failure_code_, send);
  } else if (scheduler_.stuck()) {
    end(failure_code_ != 0 ? failure_code_ : static_cast<int>(ExitCode::internal), send);
  } else if (stopping_) {
    const bool late = steady_seconds() - stop_time_ > params_.margin;
    if (scheduler_.idle() || late) {
      if (late) hooks_.say("the margin is over; running units are abandoned");
      const bool broken = failure_code_ != 0 && !storage_;
      end(broken ? failure_code_ : static_cast<int>(ExitCode::resumable), send);
    }
  }
}

void Coordinator::end(int code, const Send& send) {
  ended_ = true;
  if (params_.progress > 0) show_progress(true);
  outcome_.code = code;
  outcome_.given_up = scheduler_.given_up();
  for (std::size_t rank = 0; rank < wanting_.size(); ++rank) {
    send(static_cast<int>(rank), {MessageKind::quit, 0, 0, code, ""});
  }
}

void Coordinator::show_progress(bool last) {
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
  state.seconds = steady_seconds() - started_;
  hooks_.say((params_.live_line && !last ? "\r" : "") + progress_line(state));
  if (events_ != nullptr) {
    events_->write("progress", {{"items_done", state.items_done},
                                {"items_total", state.items_total},
                                {"units_done", state.units_done},
                                {"units_total", state.units_total},
                                {"failed", state.failed},
                                {"bytes", state.bytes},
                                {"seconds", state.seconds}});
  }
}

}  // namespace vrp
