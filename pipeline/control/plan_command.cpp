// vrp plan: what `vrp-run` with the same arguments would do.
#include <iostream>

#include "pipeline/control/capture_sizes.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/control/sweep_plan.hpp"

namespace vrp {

int plan_command(const Arguments& arguments) {
  const RunOptions options = sweep_options("vrp plan", arguments);
  if (options.help) {
    std::cout << "Usage: vrp plan, with the arguments of vrp-run\n\n"
              << run_options_help() << "\n"
              << settings_help();
    return 0;
  }
  const SweepPlan sweep = read_sweep_plan(options);
  const Plan& plan = sweep.plan;
  std::vector<bool> done(plan.units.size(), false);
  for (const auto& unit : plan.units)
    done[unit.id] = std::filesystem::exists(sweep.root / unit.file);
  std::cout << plan_text(sweep.sweep, plan, done, capture_sizes(sweep.sweep, plan, sweep.params));
  return 0;
}

}  // namespace vrp
