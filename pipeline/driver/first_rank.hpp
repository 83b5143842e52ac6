#pragma once
// Rank 0's side of the work loop: the coordinator, which touches no file itself, and what it wants
// done to the output folder, which a LedgerWriter does behind it.
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "pipeline/driver/coordinator.hpp"
#include "pipeline/driver/ledger_writer.hpp"

namespace vrp {

class FirstRank {
 public:
  /// All arguments outlive it, and what the writer refers to outlives a stuck writer. `log`: rank
  /// 0's; lines for the user go there too.
  FirstRank(const Plan& plan, RunFolder& folder, int ranks, const std::vector<bool>& done,
            const RunLoopParams& params, const RunLoopHooks& hooks, EventLog* events, RankLog& log,
            LedgerWriter& writer, Coordinator::Send send);

  void take(const Message& message, double now);
  void tick(double now);
  bool closed() const { return coordinator_->closed(); }
  const RunOutcome& outcome() const { return coordinator_->outcome(); }

 private:
  bool set_aside_first(const Message& message);
  void take_moved(double now);

  /// Units whose damaged files are out of the way; written by the writer's thread.
  struct Moved {
    std::mutex mutex;
    std::vector<std::size_t> units;
  };

  const Plan& plan_;
  RunFolder& folder_;
  LedgerWriter& writer_;
  RunLoopHooks hooks_;  ///< the caller's, with file calls handed to the writer
  Coordinator::Send send_;
  std::unique_ptr<Coordinator> coordinator_;
  std::shared_ptr<Moved> moved_ = std::make_shared<Moved>();
  std::set<std::size_t> moving_;  ///< units whose files are on their way
  std::set<std::string> aside_;   ///< files that were moved, and the coordinator is to learn it
  std::deque<Message> waiting_;   ///< `damaged` messages, until those files are out of the way
};

}  // namespace vrp
