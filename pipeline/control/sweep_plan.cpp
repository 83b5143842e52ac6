#include "pipeline/control/sweep_plan.hpp"

#include "pipeline/driver/checkpoint_hash.hpp"
#include "pipeline/driver/score_file.hpp"
#include "pipeline/driver/tables.hpp"

namespace vrp {

RunOptions sweep_options(const std::string& command, const Arguments& arguments) {
  std::vector<const char*> words{command.c_str()};
  for (const auto& argument : arguments) words.push_back(argument.c_str());
  return parse_run_options(static_cast<int>(words.size()), words.data());
}

SweepPlan read_sweep_plan(const RunOptions& options) {
  SweepPlan out;
  out.sweep = read_sweep(options.sweep);
  out.params = bind_stage_params(out.sweep);
  PlanInputs inputs;
  inputs.stages = stage_catalog(out.sweep, out.params);
  inputs.tables = read_tables(out.sweep);
  out.root = options.output_dir.empty() ? "runs/" + out.sweep.params.name : options.output_dir;
  apply(read_score_file(out.root), out.root, out.sweep, inputs.tables);
  inputs.review_hashes = review_hashes(out.sweep);
  inputs.limit = options.limit;
  Json known;
  try {
    if (std::filesystem::exists(out.root / "checkpoints.json"))
      known = read_json(out.root / "checkpoints.json");
  } catch (const Error&) {
    known = nullptr;  // damaged: hash again
  }
  for (const auto& model : out.sweep.models) {
    const Json before =
        known.is_object() && known.contains(model.name) ? known[model.name] : Json();
    out.checkpoints[model.name] = hash_checkpoint(model.config.checkpoint, before);
    inputs.model_hashes[model.name] = out.checkpoints[model.name].at("hash");
  }
  out.plan = make_plan(out.sweep, std::move(inputs));
  return out;
}

std::vector<WorkEntry> work_of(const Plan& plan) {
  std::vector<WorkEntry> out;
  for (const StageCell& stage_cell : plan.stage_cells) {
    const Cell& cell = plan.cells[stage_cell.cell];
    WorkEntry entry;
    entry.model = cell.model;
    entry.benchmark = cell.benchmark;
    entry.stage = plan.stages[stage_cell.stage].name;
    entry.folder = stage_cell.folder;
    entry.pooled = cell.pooled();
    entry.fingerprint = stage_cell.fingerprint.fields;
    for (const std::size_t id : stage_cell.units) {
      entry.files.push_back(plan.units[id].file);
      entry.first.push_back(plan.units[id].first);
      entry.last.push_back(plan.units[id].last);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace vrp
