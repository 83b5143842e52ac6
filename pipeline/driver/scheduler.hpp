#pragma once
// Who computes what next: a pure state machine over the plan's units, without MPI, clock or files,
// so that tests and simulations drive the very code that runs on the cluster. Every call takes
// O(log units) amortised, besides a look at all running units for stragglers once a second.
//
//   ready --assign--> running --done--> done          (its downstream units may become ready)
//                        |--failed--> ready again on another rank, or given up after N attempts
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/driver/plan.hpp"
#include "pipeline/driver/rank_book.hpp"
#include "pipeline/driver/ready_units.hpp"
#include "pipeline/driver/unit_times.hpp"

namespace vrp {

struct SchedulerParams {
  int unit_attempts = 3;   ///< tries of one unit before it is given up
  int rank_failures = 3;   ///< failures in a row after which a rank is retired
  double straggler = 3.0;  ///< an idle rank may repeat a unit that runs longer than this multiple
                           ///< of what its stage and model usually take; 0 = never
  double straggler_seconds = 10;  ///< ... when it has run for at least this long
  std::vector<int> node_of;       ///< number of each rank's node; empty = all different
};

class Scheduler {
 public:
  Scheduler(const Plan& plan, const std::vector<bool>& done, int ranks,
            SchedulerParams params = {});

  /// The next unit for `rank` at time `now` (seconds), or nothing: a unit of the model that the
  /// rank used last, or of none, with the longest chain of expected cost from it to the end;
  /// another model's when there is no such unit. A rank that has a unit gets another ahead of need
  /// only while there are more ready units than ranks, so that the last ones start at once. When
  /// nothing is ready for it, an idle rank repeats a straggler. A failed unit goes to another node
  /// first.
  std::optional<std::size_t> next(int rank, double now);
  /// The unit that can be computed together with `unit`, which the rank was just given: it takes
  /// that as well, unless an idle rank would stay idle for it.
  std::optional<std::size_t> take_companion(int rank, std::size_t unit, double now);
  /// What the rank was given and has not reported: a unit and its companion count as one.
  std::size_t load_of(int rank) const;
  /// Whether a rank with nothing to do may get something now.
  bool more(double now);
  /// Whether a rank that has a unit may get another ahead of need.
  bool ahead() const { return ready_.size() >= static_cast<std::size_t>(book_.active_count()); }

  /// First completion of a unit wins; true when it was the first. `seconds`: what it took, when
  /// the rank said so; otherwise the time since it was handed out.
  bool done(int rank, std::size_t unit, double now, double seconds = 0);
  void failed(int rank, std::size_t unit, const std::string& reason, double now);
  /// The rank's compute thread does not come back from `unit`: the rank gets nothing more until it
  /// reports, and the unit goes to another rank or is given up.
  void hung(int rank, std::size_t unit, const std::string& reason);
  /// The rank gives the unit back without having failed at it (a stop, or a damaged input).
  void returned(int rank, std::size_t unit);
  /// A unit that was taken for done turned out to be damaged: it and what was built on it, as far
  /// as not yet done, wait for it again. Returns how often that has happened to it.
  int lost(std::size_t unit);
  void stop() { stopping_ = true; }

  bool finished() const { return remaining_ == 0; }  ///< every unit done or given up
  bool idle() const { return running_.empty(); }     ///< no unit that is not yet done runs
  bool stuck() const;  ///< not finished, nothing runs and no rank is left that may run anything
  bool retired(int rank) const { return book_.retired(rank); }
  bool absent(int rank) const { return book_.absent(rank); }
  int active_ranks() const { return book_.active_count(); }
  std::vector<int> take_retired() { return book_.take_retired(); }  ///< for good, since last asked
  std::size_t done_count() const { return done_count_; }
  const std::vector<std::pair<std::size_t, std::string>>& given_up() const { return given_up_; }
  bool is_done(std::size_t unit) const { return units_[unit].state == State::done; }
  int attempts(std::size_t unit) const;  ///< that failed so far
  /// Units handed to the rank and not yet reported, oldest first.
  const std::vector<std::size_t>& units_of(int rank) const {
    return ranks_[static_cast<std::size_t>(rank)].units;
  }
  /// Other ranks that hold the unit.
  std::vector<int> others(std::size_t unit, int rank) const;
  std::int64_t repeats() const { return repeats_; }  ///< stragglers handed out once more

 private:
  enum class State : std::uint8_t { waiting, ready, running, done, given_up };
  struct UnitState {
    std::uint32_t missing = 0;  ///< upstream units not yet done
    State state = State::waiting;
  };
  struct RankState {
    std::uint32_t group = ReadyUnits::kNoModel;  ///< model used last
    std::vector<std::size_t> units;
  };
  struct Runner {
    int rank = 0;
    double since = 0;  ///< when it was handed out, or the rank was done with the unit before it
  };
  struct Trouble {  ///< of the few units that have it
    int attempts = 0, losses = 0;
    std::vector<int> tried;  ///< ranks it failed on, each once
  };

  bool may_run(int rank, std::size_t unit) const;
  void start(int rank, std::size_t unit, double now);
  std::optional<double> forget(int rank, std::size_t unit);
  void report(int rank, std::size_t unit, std::optional<double> now);
  void attempt_failed(int rank, std::size_t unit, const std::string& reason);
  void make_waiting_or_ready(std::size_t unit);
  void give_up(std::size_t unit, const std::string& reason);
  void find_stragglers(double now);
  std::optional<double> usual_seconds(std::size_t unit, const std::vector<Runner>& runners) const;
  bool holds(int rank, std::size_t unit) const;
  std::optional<std::size_t> straggler(int rank);

  const Plan& plan_;
  SchedulerParams params_;
  RankBook book_;
  ReadyUnits ready_;
  UnitTimes times_;
  std::vector<UnitState> units_;
  std::vector<RankState> ranks_;
  std::unordered_map<std::size_t, std::vector<Runner>> running_;
  std::unordered_map<std::size_t, Trouble> trouble_;
  std::vector<std::size_t> stragglers_;  ///< at the last look, the slowest first
  double next_look_ = 0;
  std::vector<std::pair<std::size_t, std::string>> given_up_;
  std::size_t remaining_ = 0, done_count_ = 0;
  std::int64_t repeats_ = 0;
  std::size_t idle_ranks_;  ///< that have no unit
  bool stopping_ = false;
};

}  // namespace vrp
