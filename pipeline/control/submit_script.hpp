#pragma once
// The text of a job script: pure functions of what was asked for.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/control/submit_site.hpp"

namespace vrp {

/// What one submission runs. `elements` is empty, or holds the names of an array's models or
/// benchmarks, each with its own run folder RUN/NAME.
struct JobText {
  std::string name;    ///< of the sweep
  std::string run;     ///< output folder, as given
  std::string folder;  ///< where the job runs: the current one
  std::string home;    ///< the checkout
  std::string bin;     ///< of vrp-run when the site does not say it
  std::string time;    ///< Slurm's words
  std::int64_t nodes = 1;
  std::vector<std::string> arguments;  ///< of vrp-run, without the output folder
  std::vector<std::string> elements;
  std::string element_option;    ///< --models or --benchmarks
  std::string command;           ///< the command line of vrp submit
  std::string written;           ///< time and revision
  std::string nodes_sh, job_sh;  ///< text of slurm/nodes.sh and slurm/job.sh
};

std::int64_t ranks_per_node(const ClusterSite& site);

/// A bash script with its #SBATCH lines; it needs no other file but the programs and the sweep's.
std::string job_script(const JobText& job, const ClusterSite& site);

/// The command that submits `script`. `after`: jobs that must have ended before; `links_left`: jobs
/// of the chain that come behind this one.
std::vector<std::string> sbatch_command(const std::string& script,
                                        const std::vector<std::string>& after,
                                        std::int64_t links_left);

}  // namespace vrp
