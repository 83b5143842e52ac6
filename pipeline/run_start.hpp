#pragma once
// What a job's work loop is started with.
#include <string>
#include <vector>

#include "pipeline/driver/run_loop.hpp"

namespace vrp {

/// Seconds that the end of a job may take where it waits for another rank or for a file system:
/// [run] heartbeat, but not less than ten seconds; two minutes without heartbeats.
double end_patience(const Sweep& sweep);

/// The loop's parameters from section [run]. `terminal`: standard error is one; a file gets a
/// progress line a minute at most, unless [run] progress or --progress says more.
RunLoopParams loop_params(const Sweep& sweep, bool terminal, std::vector<std::string> hosts);

/// Fields of the event `start`: job and restart are those of Slurm, hosts pairs of a host and its
/// number of ranks, in the order of ranks.
Json start_facts(std::size_t units, std::int64_t missing, const std::vector<std::string>& hosts);

}  // namespace vrp
