#include "pipeline/run_start.hpp"

#include <algorithm>
#include <cstdlib>

#include "pipeline/version.hpp"

namespace vrp {
namespace {

constexpr double kProgressToFile = 60;  // seconds between lines that nobody watches
constexpr double kShortestPatience = 10, kPatience = 120;  // seconds

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

double end_patience(const Sweep& sweep) {
  return sweep.run.heartbeat > 0 ? std::max(kShortestPatience, sweep.run.heartbeat) : kPatience;
}

RunLoopParams loop_params(const Sweep& sweep, bool terminal, std::vector<std::string> hosts) {
  RunLoopParams out;
  out.seed = sweep.params.seed;
  out.time_budget = sweep.run.time_budget;
  out.margin = sweep.run.margin;
  out.progress = sweep.run.progress;
  const bool asked = sweep.settings.find("run", "progress") != nullptr;
  if (!terminal && !asked) out.progress = std::max(out.progress, kProgressToFile);
  out.live_line = terminal;
  out.heartbeat = sweep.run.heartbeat;
  out.file_patience = end_patience(sweep);
  out.unit_timeout = sweep.run.unit_timeout;
  out.scheduler.unit_attempts = sweep.run.unit_attempts;
  out.scheduler.rank_failures = sweep.run.rank_failures;
  out.scheduler.straggler = sweep.run.straggler;
  out.scheduler.straggler_seconds = sweep.run.straggler_seconds;
  out.hosts = std::move(hosts);
  out.attributes = {{"program", std::string("vrp-run ") + kVersion}, {"revision", revision()}};
  return out;
}

Json start_facts(std::size_t units, std::int64_t missing, const std::vector<std::string>& hosts) {
  Json counts = Json::array();
  for (const auto& host : hosts) {
    if (counts.empty() || counts.back()[0] != host) counts.push_back(Json::array({host, 0}));
    counts.back()[1] = counts.back()[1].get<int>() + 1;
  }
  const std::string restart = environment("SLURM_RESTART_COUNT");
  return {{"job", environment("SLURM_JOB_ID")},
          {"restart", std::atoi(restart.c_str())},
          {"ranks", hosts.size()},
          {"units", units},
          {"missing", missing},
          {"revision", revision()},
          {"hosts", counts}};
}

}  // namespace vrp
