// vrp plan: what `vrp-run` with the same arguments would do.
#include <iostream>

#include "pipeline/control/capture_sizes.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/driver/checkpoint_hash.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "pipeline/driver/score_file.hpp"
#include "pipeline/driver/tables.hpp"
#include "pipeline/run_options.hpp"
#include "stages/catalog.hpp"

namespace vrp {

int plan_command(const Arguments& arguments) {
  std::vector<const char*> words{"vrp plan"};
  for (const auto& argument : arguments) words.push_back(argument.c_str());
  const RunOptions options = parse_run_options(static_cast<int>(words.size()), words.data());
  if (options.help) {
    std::cout << "Usage: vrp plan, with the arguments of vrp-run\n\n"
              << run_options_help() << "\n"
              << settings_help();
    return 0;
  }
  Sweep sweep = read_sweep(options.sweep);
  const StageParams params = bind_stage_params(sweep);
  PlanInputs inputs;
  inputs.stages = stage_catalog(sweep, params);
  inputs.tables = read_tables(sweep);
  const std::filesystem::path root =
      options.output_dir.empty() ? "runs/" + sweep.params.name : options.output_dir;
  apply(read_score_file(root), root, sweep, inputs.tables);
  inputs.review_hashes = review_hashes(sweep);
  inputs.limit = options.limit;
  Json known;
  if (std::filesystem::exists(root / "checkpoints.json"))
    known = read_json(root / "checkpoints.json");
  for (const auto& model : sweep.models) {
    const Json before =
        known.is_object() && known.contains(model.name) ? known[model.name] : Json();
    inputs.model_hashes[model.name] = hash_checkpoint(model.config.checkpoint, before).at("hash");
  }
  const Plan plan = make_plan(sweep, std::move(inputs));
  std::vector<bool> done(plan.units.size(), false);
  for (const auto& unit : plan.units) done[unit.id] = std::filesystem::exists(root / unit.file);
  std::cout << plan_text(sweep, plan, done, capture_sizes(sweep, plan, params));
  return 0;
}

}  // namespace vrp
