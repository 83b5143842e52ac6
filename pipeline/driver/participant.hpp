#pragma once
// The worker's side of a rank's main thread: takes units from the coordinator, tells it what became
// of them, and says several times in every [run] heartbeat that it is alive. It touches no file.
#include <deque>
#include <memory>
#include <string>

#include "pipeline/driver/run_loop.hpp"
#include "pipeline/driver/worker.hpp"

namespace vrp {

class Participant {
 public:
  Participant(const Plan& plan, const RunFolder& folder, int rank, int ranks,
              const RunLoopParams& params, const RunLoopHooks& hooks, RankLog& log, double now);

  /// A message of the coordinator. Messages to it go through `out`.
  void take(const Message& message, double now, std::deque<Message>& out);
  void tick(double now, std::deque<Message>& out);
  /// Waits for so long, or until a unit is finished.
  void wait(double seconds) { worker_->wait(seconds); }

  bool quit() const { return quit_; }
  int code() const { return code_; }

  /// False when a thread is still inside a unit; then the process must leave by _exit.
  bool release();

 private:
  void push(std::deque<Message>& out, MessageKind kind, std::int64_t a = 0, std::int64_t b = 0,
            std::string text = "", double seconds = 0);
  void tell(const WorkerEvent& event, std::deque<Message>& out);
  void tell_items(double now, std::deque<Message>& out);
  void tell_alive(double now, std::deque<Message>& out);
  void listen_for_coordinator(double now);

  int rank_;
  double progress_every_;  ///< seconds between messages about items within a unit
  double alive_every_;     ///< 0 = never
  const RunLoopParams& params_;
  const RunLoopHooks& hooks_;
  std::unique_ptr<Worker> worker_;
  bool asked_ = false, stop_sent_ = false, quit_ = false;
  int code_ = 0;
  std::int64_t sent_items_ = 0;
  std::int64_t overdue_ = -1;  ///< the unit of which its being overdue was told
  double items_sent_, alive_sent_, heard_, ticked_;
};

}  // namespace vrp
