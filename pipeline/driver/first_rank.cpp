#include "pipeline/driver/first_rank.hpp"

#include <utility>

namespace vrp {

FirstRank::FirstRank(const Plan& plan, RunFolder& folder, int ranks, const std::vector<bool>& done,
                     const RunLoopParams& params, const RunLoopHooks& hooks, EventLog* events,
                     RankLog& log, LedgerWriter& writer, Coordinator::Send send)
    : plan_(plan), folder_(folder), writer_(writer), hooks_(hooks), send_(std::move(send)) {
  hooks_.say = [this, &hooks, &log](const std::string& line) {
    hooks.say(line);
    const std::string text = line.rfind('\r', 0) == 0 ? line.substr(1) : line;
    writer_.post([&log, text] { log.line(text); });
  };
  hooks_.flush_events = [this] { writer_.post([] {}); };  // a flush follows any work
  hooks_.end_job = [this, &params, &hooks](const std::string& message) {
    // What led to it is to be found in the events. The job ends even if they cannot be written.
    writer_.finish(params.file_patience);
    hooks.end_job(message);
  };
  UnitLedger ledger;
  ledger.note = [this](const std::string& file, const UnitFacts& facts) {
    writer_.post([&to = folder_, file, facts] { to.note_later(file, facts); });
  };
  ledger.set_aside = [this](const std::string& file) {
    if (aside_.erase(file) == 0) {
      throw Error(ExitCode::internal, file + ": taken for damaged without being set aside");
    }
  };
  coordinator_ = std::make_unique<Coordinator>(plan, std::move(ledger), ranks, done, params, hooks_,
                                               events, steady_seconds());
}

void FirstRank::take(const Message& message, double now) {
  if (message.kind == MessageKind::damaged && set_aside_first(message)) return;
  coordinator_->take(message, now, send_);
}

void FirstRank::tick(double now) {
  writer_.raise();
  take_moved(now);
  coordinator_->tick(now, send_);
}

/// A damaged file must be out of the way before the coordinator hands its unit out again: whoever
/// computes it commits under the same name. Until then the message waits, and with it its rank's
/// unit. False when that has been done before, and the unit is on its way.
bool FirstRank::set_aside_first(const Message& message) {
  const auto unit = static_cast<std::size_t>(message.b);
  if (!moving_.contains(unit)) {
    if (!coordinator_->scheduler().is_done(unit)) return false;
    moving_.insert(unit);
    writer_.post([&from = folder_, file = plan_.units[unit].file, unit, moved = moved_] {
      from.set_aside(file);
      const std::lock_guard lock(moved->mutex);
      moved->units.push_back(unit);
    });
  }
  waiting_.push_back(message);
  return true;
}

void FirstRank::take_moved(double now) {
  std::vector<std::size_t> units;
  {
    const std::lock_guard lock(moved_->mutex);
    units.swap(moved_->units);
  }
  for (const std::size_t unit : units) {
    moving_.erase(unit);
    aside_.insert(plan_.units[unit].file);
    std::deque<Message> still;
    for (Message& message : waiting_) {
      if (static_cast<std::size_t>(message.b) == unit) {
        coordinator_->take(message, now, send_);
      } else {
        still.push_back(std::move(message));
      }
    }
    waiting_ = std::move(still);
  }
}

}  // namespace vrp
