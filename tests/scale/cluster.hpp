#pragma once
// A discrete-event simulation of jobs on a cluster: ranks, messages, time and the output folder are
// made up, Coordinator and Scheduler are the very code of vrp-run. The coordinator is a server with
// a queue: what its calls take, measured on the processor's clock or given, passes in simulated
// time too.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/driver/coordinator.hpp"
#include "tests/scale/unit_seconds.hpp"

namespace vrp::scale {

struct ClusterParams {
  int ranks = 1000, ranks_per_node = 8;
  double latency = 50e-6;   ///< seconds of a message
  double service = 0;       ///< seconds of a coordinator's call; 0 = as measured
  double start = 0;         ///< seconds from a job's start to its first unit
  double restart = 120;     ///< seconds from a job's end to the next one's start
  double unit_fails = 0;    ///< chance that a try of a unit fails
  double thread_hangs = 0;  ///< chance that a try of a unit never ends
  double straggles = 0;     ///< chance that a try of a unit takes `straggle` times as long
  double straggle = 20;
  double broken_ranks = 0;  ///< share of ranks on which every unit fails
  double slow_ranks = 0;    ///< share of ranks that take `slow` times as long
  double slow = 1.5;
  double rank_hours = 0;  ///< mean hours between deaths of one rank, each ending the job; 0 = none
  double hang_hours = 0;  ///< mean hours until a rank's main thread hangs; 0 = never
  double longest = 1e8;   ///< simulated seconds after which the simulation gives up
  std::uint64_t seed = 1;
  RunLoopParams loop;
};

/// Seconds of the processor that calls took.
class Service {
 public:
  void add(double seconds) { all_.push_back(static_cast<float>(seconds)); }
  double total() const;
  double quantile(double p) const;  ///< 0 when there were no calls
  std::size_t calls() const { return all_.size(); }

 private:
  std::vector<float> all_;
};

struct Result {
  bool complete = false;  ///< every unit has a file
  int code = 0;           ///< of the last job
  int jobs = 0, deaths = 0, hung_jobs = 0;
  double makespan = 0;    ///< simulated seconds from the first job's start to the last one's end
  double useful = 0;      ///< seconds that the units take, each once, on a sound rank
  double efficiency = 0;  ///< useful / (ranks x makespan)
  std::int64_t units = 0, tries = 0;
  std::int64_t lost = 0;          ///< units without a file at the end
  std::int64_t twice = 0;         ///< units that a folder was told of twice in one job
  std::int64_t out_of_order = 0;  ///< tries that began before an input was there
  std::int64_t repeated = 0;      ///< tries that ended when another rank had written the unit
  double repeated_seconds = 0;    ///< and tries that a job's end cut off: rank seconds of both
  std::int64_t failures = 0, stragglers = 0;
  int retired = 0;                ///< rank retirements, over all jobs
  std::size_t longest_queue = 0;  ///< messages that waited for the coordinator at once
  std::int64_t events_bytes = 0;
  Service messages, ticks;
};

Result simulate(const Plan& plan, const UnitSeconds& seconds, const ClusterParams& params);

}  // namespace vrp::scale
