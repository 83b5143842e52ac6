#pragma once
// The coordinator in rank 0's main thread: hands units out, one ahead of need, and learns of
// finished ones. It owns no thread and never waits.
#include <functional>
#include <vector>

#include "pipeline/driver/run_loop.hpp"

namespace vrp {

class Coordinator {
 public:
  Coordinator(const Plan& plan, RunFolder& folder, int ranks, const std::vector<bool>& done,
              const RunLoopParams& params, const RunLoopHooks& hooks, EventLog* events);

  /// Takes a worker's message. `send(rank, message)` answers.
  using Send = std::function<void(int, const Message&)>;
  void take(const Message& message, const Send& send);
  /// Time passes: hand-out to waiting ranks, budget, progress line, end of the run.
  void tick(const Send& send);
  void stop(const std::string& reason, const Send& send);
  bool ended() const { return ended_; }
  const RunOutcome& outcome() const { return outcome_; }

 private:
  void hand_out(const Send& send);
  void finish_if_over(const Send& send);
  void end(int code, const Send& send);
  void show_progress(bool last);
  std::string where(int rank, std::size_t unit) const;

  const Plan& plan_;
  RunFolder& folder_;
  const RunLoopParams& params_;
  const RunLoopHooks& hooks_;
  EventLog* events_;
  Scheduler scheduler_;
  std::vector<int> wanting_;  ///< requests of each rank not yet answered
  std::vector<std::int64_t> rank_items_, rank_bytes_;
  std::int64_t items_total_ = 0, items_resumed_ = 0, failed_items_ = 0;
  int failure_code_ = 0;  ///< of the first unit given up, or of a fatal error
  bool stopping_ = false, ended_ = false, storage_ = false;
  double started_ = 0, stop_time_ = 0, shown_ = 0;
  RunOutcome outcome_;
};

}  // namespace vrp
