#pragma once
// What was submitted for a run (RUN/slurm/jobs.json), and which of it is still in the queue.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// RUN/slurm/jobs.json: a list of submissions, each {"submitted", "command", "script", "jobs"}; an
/// empty list when there is none. Error when it is damaged.
Json read_jobs(const std::filesystem::path& run);
void add_submission(const std::filesystem::path& run, const Json& submission);

/// Those jobs of `jobs` that squeue still lists, as "123 RUNNING". Error when squeue fails.
std::vector<std::string> queued_jobs(const Json& jobs);

bool on_path(const std::string& program);

/// Runs a command of sbatch and returns the job's number. Error (usage) with what sbatch said.
std::string submit_job(const std::vector<std::string>& command);

}  // namespace vrp
