#include "pipeline/driver/participant.hpp"

#include <algorithm>

namespace vrp {
namespace {

constexpr int kUnitsAhead = 2;          // one that computes, one whose images are being decoded
constexpr double kProgressEvery = 0.5;  // seconds, up to kRanksOfThat ranks
constexpr double kRanksOfThat = 64;
constexpr double kSlowestProgress = 30;
constexpr std::size_t kLongestText = 2000;  // bytes: a message must not wait for its receiver
// The coordinator may be held up by a file system for longer than a worker, whose main thread
// touches no file.
constexpr double kCoordinatorPatience = 5;

}  // namespace

Participant::Participant(const Plan& plan, const RunFolder& folder, int rank, int ranks,
                         const RunLoopParams& params, const RunLoopHooks& hooks, RankLog& log,
                         double now)
    : rank_(rank),
      progress_every_(
          std::min(kSlowestProgress, kProgressEvery * std::max(1.0, ranks / kRanksOfThat))),
      alive_every_(params.heartbeat > 0 ? params.heartbeat / 3 : params.unit_timeout / 3),
      params_(params),
      hooks_(hooks),
      worker_(std::make_unique<Worker>(plan, folder, rank, params.seed, params.attributes, log)),
      items_sent_(now),
      alive_sent_(now),
      heard_(now),
      ticked_(now) {}

void Participant::take(const Message& message, double now, std::deque<Message>& out) {
  heard_ = now;
  std::optional<std::size_t> only;
  switch (message.kind) {
    case MessageKind::assign:
      worker_->assign(
          static_cast<std::size_t>(message.a),
          message.b < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(message.b)));
      break;
    case MessageKind::stop:
      worker_->stop();
      [[fallthrough]];
    case MessageKind::give_back:
      if (message.kind == MessageKind::give_back && message.a >= 0) {
        only = static_cast<std::size_t>(message.a);
      }
      for (const std::size_t unit : worker_->take_back(only)) {
        push(out, MessageKind::returned, static_cast<std::int64_t>(unit));
      }
      break;
    case MessageKind::quit:
      if (!quit_) push(out, MessageKind::left);
      quit_ = true;
      code_ = static_cast<int>(message.b);
      break;
    default:
      break;  // an answer to `alive`
  }
}

void Participant::tick(double now, std::deque<Message>& out) {
  if (quit_) return;
  if (!asked_) {
    push(out, MessageKind::request, kUnitsAhead);
    asked_ = true;
  }
  if (!stop_sent_ && hooks_.stop_signalled()) {
    push(out, MessageKind::stop_asked);
    stop_sent_ = true;
  }
  if (now - items_sent_ > progress_every_ && worker_->items_finished() != sent_items_) {
    tell_items(now, out);
  }
  while (auto event = worker_->event()) {
    if (worker_->items_finished() != sent_items_) tell_items(now, out);
    tell(*event, out);
  }
  tell_alive(now, out);
  listen_for_coordinator(now);
}

bool Participant::release() {
  if (worker_->busy()) {
    worker_.release();  // NOLINT: its threads still run; the process ends without joining them
    return false;
  }
  worker_.reset();
  return true;
}

void Participant::push(std::deque<Message>& out, MessageKind kind, std::int64_t a, std::int64_t b,
                       std::string text, double seconds) {
  if (text.size() > kLongestText) text.resize(kLongestText);
  out.push_back({kind, rank_, a, b, std::move(text), seconds});
}

void Participant::tell_items(double now, std::deque<Message>& out) {
  sent_items_ = worker_->items_finished();
  items_sent_ = now;
  push(out, MessageKind::progress, sent_items_, resident_bytes());
}

void Participant::tell_alive(double now, std::deque<Message>& out) {
  if (alive_every_ <= 0) return;
  const AtWork at = worker_->at_work();
  const bool overdue = params_.unit_timeout > 0 && at.unit != overdue_ &&
                       at.seconds > params_.unit_timeout * at.together;
  if (!overdue && now - alive_sent_ < alive_every_) return;
  if (overdue) overdue_ = at.unit;
  alive_sent_ = now;
  push(out, MessageKind::alive, at.unit, at.together, "", at.seconds);
}

/// Rank 0 answers every `alive`. When it has been silent for long, nobody is left to end the job.
void Participant::listen_for_coordinator(double now) {
  if (now - ticked_ > alive_every_) heard_ += now - ticked_;  // this rank itself was held up
  ticked_ = now;
  if (rank_ == 0 || params_.heartbeat <= 0) return;
  // Later on higher ranks: one message is enough.
  const double patience = kCoordinatorPatience * params_.heartbeat + 0.05 * rank_;
  if (now - heard_ <= patience) return;
  heard_ = now;
  hooks_.end_job(concat("rank 0, which hands out the work, has been silent for ",
                        static_cast<long>(patience),
                        " s; ending the job, the same command resumes"));
}

void Participant::tell(const WorkerEvent& event, std::deque<Message>& out) {
  using Kind = WorkerEvent::Kind;
  const auto unit = static_cast<std::int64_t>(event.unit);
  switch (event.kind) {
    case Kind::done:
      push(out, MessageKind::done, unit, event.failed_items, "", event.seconds);
      break;
    case Kind::failed:
      push(out, MessageKind::failed, unit, event.code, event.reason);
      break;
    case Kind::damaged:
      push(out, MessageKind::damaged, unit, static_cast<std::int64_t>(event.damaged_unit),
           event.reason);
      break;
    case Kind::storage:
      push(out, MessageKind::storage, unit, event.code, event.reason);
      break;
    case Kind::fatal:
      push(out, MessageKind::fatal, unit, event.code, event.reason);
      break;
  }
}

}  // namespace vrp
