#include "pipeline/driver/run_loop.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <thread>

#include "pipeline/driver/coordinator.hpp"
#include "pipeline/driver/worker.hpp"

namespace vrp {
namespace {

constexpr int kUnitsAhead = 2;  // one that computes, one whose images are being decoded
constexpr double kProgressEvery = 0.5;

/// The worker's side of a rank's main thread.
class Participant {
 public:
  Participant(const Plan& plan, const RunFolder& folder, Transport& transport,
              const RunLoopParams& params, RankLog& log)
      : plan_(plan),
        transport_(transport),
        log_(log),
        worker_(std::make_unique<Worker>(plan, folder, transport.rank(), params.seed,
                                         params.attributes)) {}

  /// Messages to the coordinator go through `out`, which rank 0 delivers to itself.
  void take(const Message& message, std::deque<Message>& out) {
    if (message.kind == MessageKind::assign) {
      log_.line("starts " + plan_.units[static_cast<std::size_t>(message.a)].file);
      worker_->assign(static_cast<std::size_t>(message.a));
    } else if (message.kind == MessageKind::stop) {
      worker_->stop();
      for (const std::size_t unit : worker_->take_back()) {
        push(out, MessageKind::returned, static_cast<std::int64_t>(unit), 0, "");
      }
    } else if (message.kind == MessageKind::quit) {
      quit_ = true;
      code_ = static_cast<int>(message.b);
    }
  }

  void tick(std::deque<Message>& out, bool stop_signal) {
    if (!asked_once_) {
      for (int i = 0; i < kUnitsAhead; ++i) push(out, MessageKind::request, 0, 0, "");
      asked_once_ = true;
    }
    if (stop_signal && !stop_sent_) {
      push(out, MessageKind::stop_asked, 0, 0, "");
      stop_sent_ = true;
    }
    const double now = steady_seconds();
    if (worker_->items_finished() != sent_items_ && now - sent_ > kProgressEvery)
      send_items(out, now);
    while (auto event = worker_->event()) {
      send_items(out, now);
      tell(out, *event);
      push(out, MessageKind::request, 0, 0, "");
    }
  }

  bool quit() const { return quit_; }
  int code() const { return code_; }

  /// False when the compute thread is still inside a unit; then the process must leave by _exit.
  bool release() {
    if (worker_->busy()) {
      worker_.release();  // NOLINT: its threads still run; the process ends without joining them
      return false;
    }
    worker_.reset();
    return true;
  }

 private:
  void push(std::deque<Message>& out, MessageKind kind, std::int64_t a, std::int64_t b,
            const std::string& text) {
    out.push_back({kind, transport_.rank(), a, b, text});
  }

  void send_items(std::deque<Message>& out, double now) {
    sent_items_ = worker_->items_finished();
    sent_ = now;
    push(out, MessageKind::progress, sent_items_, resident_bytes(), "");
  }

  void tell(std::deque<Message>& out, const WorkerEvent& event) {
    using Kind = WorkerEvent::Kind;
    const auto unit = static_cast<std::int64_t>(event.unit);
    const std::string& file = plan_.units[event.unit].file;
    log_.line((event.kind == Kind::done ? "wrote " : "failed ") + file +
              (event.kind == Kind::done ? "" : ": " + event.reason));
    switch (event.kind) {
      case Kind::done:
        push(out, MessageKind::done, unit, event.failed_items, file);
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

  const Plan& plan_;
  Transport& transport_;
  RankLog& log_;
  std::unique_ptr<Worker> worker_;
  bool asked_once_ = false, stop_sent_ = false, quit_ = false;
  int code_ = 0;
  std::int64_t sent_items_ = 0;
  double sent_ = 0;
};

}  // namespace

RunOutcome run_units(const Plan& plan, RunFolder& folder, Transport& transport,
                     const std::vector<bool>& done, const RunLoopParams& params,
                     const RunLoopHooks& hooks, EventLog* events, RankLog& log) {
  Participant participant(plan, folder, transport, params, log);
  std::unique_ptr<Coordinator> coordinator;
  std::deque<Message> to_self;  // coordinator's messages to rank 0's own worker
  const Coordinator::Send send = [&](int rank, const Message& message) {
    if (rank == 0) {
      to_self.push_back(message);
    } else {
      transport.send(rank, message);
    }
  };
  if (transport.rank() == 0) {
    coordinator =
        std::make_unique<Coordinator>(plan, folder, transport.size(), done, params, hooks, events);
  }
  std::deque<Message> out;
  while (!participant.quit()) {
    bool moved = false;
    while (auto message = transport.receive()) {
      moved = true;
      if (coordinator) {
        coordinator->take(*message, send);
      } else {
        participant.take(*message, out);
      }
    }
    participant.tick(out, hooks.stop_signalled());
    for (; !out.empty(); out.pop_front(), moved = true) {
      if (coordinator) {
        coordinator->take(out.front(), send);
      } else {
        transport.send(0, out.front());
      }
    }
    if (coordinator) {
      hooks.heartbeat();
      coordinator->tick(send);
      for (; !to_self.empty(); to_self.pop_front(), moved = true)
        participant.take(to_self.front(), out);
    }
    if (hooks.service && hooks.service()) moved = true;
    if (!moved) std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  RunOutcome outcome;
  if (coordinator) outcome = coordinator->outcome();
  outcome.code = participant.code();
  outcome.abandoned = !participant.release();
  // Requests and progress that crossed the end of the run are taken off the wire.
  return outcome;
}

}  // namespace vrp
