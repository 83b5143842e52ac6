#include "pipeline/driver/run_report.hpp"

#include <algorithm>

namespace vrp {
namespace {

constexpr double kProgressEvents = 60;  // seconds between two at least
constexpr int kTroublesSaid = 100;      // then one line a minute
constexpr double kTroubleEvery = 60;

}  // namespace

RunReport::RunReport(const Plan& plan, const RunLoopParams& params, const RunLoopHooks& hooks,
                     EventLog* events, double now)
    : plan_(plan), params_(params), hooks_(hooks), events_(events), said_(now), noted_(now) {}

std::string RunReport::host(int rank) const {
  const auto at = static_cast<std::size_t>(rank);
  return at < params_.hosts.size() ? params_.hosts[at] : "";
}

std::string RunReport::name(int rank) const {
  const std::string on = host(rank);
  return concat("rank ", rank, on.empty() ? "" : " on " + on);
}

void RunReport::write(const char* event, Json fields) {
  if (events_ == nullptr) return;
  events_->write(event, std::move(fields));
  written_ = true;
}

void RunReport::flush() {
  if (!written_) return;
  written_ = false;
  if (hooks_.flush_events) {
    hooks_.flush_events();
  } else {
    written_ = !events_->flush();
  }
}

void RunReport::done(int rank, std::size_t unit, double seconds, std::int64_t failed_items) {
  write("unit", {{"file", plan_.units[unit].file},
                 {"rank", rank},
                 {"host", host(rank)},
                 {"seconds", static_cast<double>(static_cast<std::int64_t>(seconds * 1e3)) / 1e3},
                 {"failed_items", failed_items}});
}

void RunReport::trouble(const std::string& line, double now) {
  if (++troubles_ > kTroublesSaid && now - trouble_said_ < kTroubleEvery) {
    ++unsaid_;
    return;
  }
  say(unsaid_ == 0 ? line : concat(line, " (and ", unsaid_, " more failures, see events.jsonl)"));
  unsaid_ = 0;
  trouble_said_ = now;
}

void RunReport::failure(int rank, std::size_t unit, const std::string& reason, int attempt,
                        double now) {
  const std::string& file = plan_.units[unit].file;
  trouble(concat(name(rank), ": ", file, ": failed: ", reason), now);
  write("failure", {{"file", file},
                    {"rank", rank},
                    {"host", host(rank)},
                    {"reason", reason},
                    {"attempt", attempt}});
}

void RunReport::retired(int rank, const std::string& reason) {
  say(concat(name(rank), " is retired: ", reason));
  write("retired", {{"rank", rank}, {"host", host(rank)}, {"reason", reason}});
}

void RunReport::hung(int rank, std::int64_t unit, double seconds) {
  write("hung", {{"rank", rank},
                 {"host", host(rank)},
                 {"file", unit < 0 ? "" : plan_.units[static_cast<std::size_t>(unit)].file},
                 {"silent_seconds", static_cast<std::int64_t>(seconds)}});
}

void RunReport::stop(const std::string& reason) {
  say("stopping: " + reason);
  write("stop", {{"reason", reason}});
}

bool RunReport::progress_due(double now) const {
  return params_.progress > 0 && now - said_ >= params_.progress;
}

void RunReport::progress(const ProgressState& state, double now, bool last) {
  if (params_.progress <= 0) return;
  said_ = now;
  const std::string line = progress_line(state);
  say(params_.live_line && !last ? concat("\r", line) : line);
  if (!last && now - noted_ < std::max(params_.progress, kProgressEvents)) return;
  noted_ = now;
  write("progress", {{"items_done", state.items_done},
                     {"items_total", state.items_total},
                     {"units_done", state.units_done},
                     {"units_total", state.units_total},
                     {"failed", state.failed},
                     {"bytes", state.bytes},
                     {"seconds", state.seconds}});
}

}  // namespace vrp
