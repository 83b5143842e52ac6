#pragma once
// The coordinator in rank 0's main thread: hands units out, one ahead of need, learns of finished
// ones and watches the ranks. It owns no thread, never waits and reads no clock: messages, the
// folder and time are arguments, so that a simulation drives the very same code.
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "pipeline/driver/rank_watch.hpp"
#include "pipeline/driver/run_report.hpp"
#include "pipeline/driver/scheduler.hpp"

namespace vrp {

/// What the coordinator does to the output folder.
struct UnitLedger {
  std::function<void(const std::string& file, const UnitFacts&)> note;  ///< the unit is finished
  std::function<void(const std::string& file)> set_aside;               ///< the file is damaged
};

class Coordinator {
 public:
  /// `params` and `hooks` outlive it. `now`: seconds on any clock that only moves forward.
  Coordinator(const Plan& plan, UnitLedger ledger, int ranks, const std::vector<bool>& done,
              const RunLoopParams& params, const RunLoopHooks& hooks, EventLog* events, double now);

  /// Takes a worker's message. `send(rank, message)` answers.
  using Send = std::function<void(int, const Message&)>;
  void take(const Message& message, double now, const Send& send);
  /// Time passes: hand-out to waiting ranks, silent ranks, budget, progress line, end of the run.
  void tick(double now, const Send& send);
  void stop(const std::string& reason, double now, const Send& send);

  bool ended() const { return ended_; }
  /// Every rank has left, or the job is being aborted: no message is on the way.
  bool closed() const { return aborted_ || watch_.left_count() == ranks_; }
  const RunOutcome& outcome() const { return outcome_; }
  const Scheduler& scheduler() const { return scheduler_; }

 private:
  void unit_done(const Message& message, double now, const Send& send);
  void unit_failed(const Message& message, double now, const Send& send);
  void fail_unit(const Message& message, ExitCode code, double now);
  void note_given_up(ExitCode code);
  void unit_damaged(const Message& message, double now);
  void alive(const Message& message, double now, const Send& send);
  void hand_out(double now, const Send& send);
  void set_place(int rank);
  void take_back(int rank, std::int64_t unit, const Send& send);
  void announce_retired();
  void finish_if_over(double now, const Send& send);
  void end(int code, double now, const Send& send);
  void end_hung(const std::string& message);
  void show_progress(double now, bool last);
  std::string where(int rank, std::size_t unit) const;

  const Plan& plan_;
  UnitLedger ledger_;
  int ranks_;
  const RunLoopParams& params_;
  const RunLoopHooks& hooks_;
  Scheduler scheduler_;
  RankWatch watch_;
  RunReport report_;
  std::vector<std::size_t> capacity_;      ///< units that each rank takes at a time
  std::set<std::pair<int, int>> waiting_;  ///< (units it has, rank) of ranks that may take more
  std::vector<int> place_;                 ///< of each rank in waiting_; -1 = it is not there
  std::vector<std::int64_t> rank_items_, rank_bytes_;
  std::int64_t items_total_ = 0, items_resumed_ = 0, failed_items_ = 0;
  int failure_code_ = 0;  ///< of the first unit given up, or of a fatal error
  bool stopping_ = false, ended_ = false, storage_ = false, aborted_ = false;
  bool changed_ = true;  ///< since the last hand-out: a place is free, or a unit is ready
  double started_, stop_time_ = 0, next_hand_out_ = 0;
  RunOutcome outcome_;
};

}  // namespace vrp
