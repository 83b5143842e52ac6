#pragma once
// Who computes what next: a pure state machine over the plan's units, without MPI, clock or files,
// so that tests and simulations drive the very code that runs on the cluster.
//
//   ready --assign--> running --done--> done          (its downstream units may become ready)
//                        |--failed--> ready again on another rank, or given up after N attempts
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/driver/plan.hpp"

namespace vrp {

struct SchedulerParams {
  int unit_attempts = 3;   ///< tries of one unit before it is given up
  int rank_failures = 3;   ///< failures in a row after which a rank is retired
  double straggler = 3.0;  ///< at the tail, a unit running longer than this multiple of the mean
                           ///< time of its stage may be repeated on an idle rank
  double straggler_seconds = 10;  ///< ... when it has run for at least this long
};

class Scheduler {
 public:
  Scheduler(const Plan& plan, std::vector<bool> done, int ranks, SchedulerParams params = {});

  /// The next unit for `rank` at time `now` (seconds), or nothing. Largest expected cost first;
  /// among equals a unit of the model that the rank used last, then the lowest id. Never a unit
  /// that failed on this rank while another rank is active.
  std::optional<std::size_t> next(int rank, double now);

  /// First completion of a unit wins; true when it was the first.
  bool done(int rank, std::size_t unit, double now);
  void failed(int rank, std::size_t unit, const std::string& reason, double now);
  /// The rank gives the unit back without having failed at it (a stop, or a damaged input).
  void returned(int rank, std::size_t unit);
  /// A unit that was taken for done turned out to be damaged: it and what was built on it, as far
  /// as not yet done, wait for it again.
  void lost(std::size_t unit);
  void stop() { stopping_ = true; }

  bool finished() const { return remaining_ == 0; }  ///< every unit done or given up
  bool idle() const;                                 ///< nothing runs
  bool stuck() const;  ///< not finished, nothing runs and no rank is left that may run anything
  bool retired(int rank) const { return ranks_[static_cast<std::size_t>(rank)].retired; }
  std::size_t done_count() const { return done_count_; }
  const std::vector<std::pair<std::size_t, std::string>>& given_up() const { return given_up_; }
  bool is_done(std::size_t unit) const { return states_[unit].state == State::done; }

 private:
  enum class State { waiting, ready, running, done, given_up };
  struct UnitState {
    State state = State::waiting;
    std::size_t missing = 0;  ///< upstream units not yet done
    int attempts = 0;
    std::set<int> failed_on;
    std::vector<std::pair<int, double>> runners;  ///< rank and start time
  };
  struct RankState {
    bool retired = false;
    int failures = 0;
    std::size_t last_cell = static_cast<std::size_t>(-1);
  };
  struct Order {
    const Plan* plan;
    bool operator()(std::size_t a, std::size_t b) const;
  };

  int active_ranks() const;
  void make_waiting_or_ready(std::size_t unit);
  bool may_run(int rank, std::size_t unit) const;
  std::optional<std::size_t> straggler(int rank, double now) const;
  void give_up(std::size_t unit, const std::string& reason);
  void start(int rank, std::size_t unit, double now);

  const Plan& plan_;
  SchedulerParams params_;
  std::vector<UnitState> states_;
  std::vector<RankState> ranks_;
  std::set<std::size_t, Order> ready_;
  std::vector<std::pair<double, std::size_t>> stage_time_;  ///< sum of seconds and count, per stage
  std::vector<std::pair<std::size_t, std::string>> given_up_;
  std::size_t remaining_ = 0, done_count_ = 0, running_ = 0;
  bool stopping_ = false;
};

}  // namespace vrp
