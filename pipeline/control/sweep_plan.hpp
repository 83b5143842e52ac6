#pragma once
// The plan of a sweep as vrp-run with the same arguments would make it, for vrp plan and vrp why.
#include <filesystem>
#include <memory>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/run_options.hpp"
#include "stages/catalog.hpp"

namespace vrp {

struct SweepPlan {
  Sweep sweep;
  StageParams params;
  std::filesystem::path root;  ///< the output folder; need not exist
  Json checkpoints;            ///< model name -> result of hash_checkpoint
  Plan plan;
};

/// The options of vrp-run among `arguments`. Error (usage) as vrp-run gives it.
RunOptions sweep_options(const std::string& command, const Arguments& arguments);

/// Reads sweep, tables and checkpoints. Errors as vrp-run gives them. Nothing is written;
/// checkpoint files whose hashes the output folder knows are not read again.
SweepPlan read_sweep_plan(const RunOptions& options);

/// The plan in the form of a manifest's work.
std::vector<WorkEntry> work_of(const Plan& plan);

}  // namespace vrp
