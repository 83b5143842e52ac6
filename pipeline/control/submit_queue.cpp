#include "pipeline/control/submit_queue.hpp"

#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/capture_program.hpp"
#include "pipeline/control/submit_options.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

fs::path jobs_file(const fs::path& run) { return run / "slurm" / "jobs.json"; }

}  // namespace

Json read_jobs(const fs::path& run) {
  const fs::path file = jobs_file(run);
  if (!fs::exists(file)) return Json::array();
  Json jobs = read_json(file);
  bool good = jobs.is_array();
  for (std::size_t i = 0; good && i < jobs.size(); ++i) {
    good = jobs[i].is_object() && jobs[i].contains("jobs") && jobs[i]["jobs"].is_array();
    for (const Json& id : good ? jobs[i]["jobs"] : Json::array()) good = good && id.is_string();
  }
  if (!good) fail(file.string(), ": is no list of submissions; remove it if no job is queued");
  return jobs;
}

void add_submission(const fs::path& run, const Json& submission) {
  Json jobs = read_jobs(run);
  jobs.push_back(submission);
  write_atomically(jobs_file(run), jobs.dump(1) + "\n");
}

std::vector<std::string> queued_jobs(const Json& jobs) {
  std::set<std::string> ours;
  for (const Json& submission : jobs) {
    for (const Json& id : submission["jobs"]) ours.insert(id.get<std::string>());
  }
  std::vector<std::string> found;
  if (ours.empty()) return found;
  // Asked by user: squeue fails for the number of a job that is over long since. %F: of an array,
  // the number that sbatch printed.
  const ProgramOutput listed = capture_program(
      {"squeue", "--noheader", "--user=" + std::to_string(::getuid()), "--format=%F %T"});
  if (listed.status != 0)
    fail("squeue failed (exit ", listed.status, "): ", excerpt(trim(listed.errors), 300));
  std::istringstream lines(listed.output);
  std::set<std::string> once;
  for (std::string id, state; lines >> id >> state;) {
    if (ours.count(id) > 0 && once.insert(id).second) found.push_back(id + " " + state);
  }
  return found;
}

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "", ':')) {
    if (!folder.empty() && ::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string submit_job(const std::vector<std::string>& command) {
  const ProgramOutput done = capture_program(command);
  // --parsable: the number, on a federation followed by ";CLUSTER".
  const std::string id = trim(split(done.output, ';').front());
  if (done.status != 0 || id.empty() || id.find_first_not_of("0123456789") != std::string::npos)
    fail_usage("vrp submit: ", shell_words(command), " failed (exit ", done.status,
               "): ", excerpt(trim(done.errors + done.output), 600));
  return id;
}

}  // namespace vrp
