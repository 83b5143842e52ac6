// vrp plan: what `vrp-run` with the same arguments would do, and what it needs.
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/control/child.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/plan_needs.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/control/sweep_plan.hpp"

namespace vrp {
namespace {

constexpr const char* kHelp =
    R"(usage: vrp plan -C SWEEP [options of vrp-run] [--ranks R] [--calibrate[=N]]

Every (stage, cell) of the sweep: items, units, how many are done, bytes of their arrays; then disk,
memory and time with what they assume. Nothing is computed or written.

  --ranks R        time on R ranks; default a few numbers of ranks
  --calibrate[=N]  first runs N items (default 16) of each model through all stages with one rank of
                   vrp-run, on the device of the sweep, and keeps seconds an item in
                   RUN/calibration.json; the time then comes from there
  --help           this text and the options of vrp-run

)";

struct Options {
  Arguments sweep;  ///< what vrp-run gets
  std::int64_t ranks = 0;
  std::string calibrate;  ///< the option as it was given; "" = none
};

Options parse(const Arguments& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--calibrate" || word.starts_with("--calibrate=")) {
      options.calibrate = word;
    } else if (word == "--ranks" || word.starts_with("--ranks=")) {
      const std::string text = word.size() > 8            ? word.substr(8)
                               : i + 1 < arguments.size() ? arguments[++i]
                                                          : "";
      if (!parse_field(text, options.ranks) || options.ranks < 1 || options.ranks > 10'000'000)
        fail_usage("vrp plan: --ranks is '", excerpt(text), "', expected 1 .. 10000000");
    } else {
      options.sweep.push_back(word);
    }
  }
  return options;
}

/// Starts vrp-run --calibrate with the same arguments; its exit code when it is not 0.
int calibrate(const Options& options) {
  std::vector<std::string> words{(program_folder() / "vrp-run").string()};
  words.insert(words.end(), options.sweep.begin(), options.sweep.end());
  words.push_back(options.calibrate);
  std::string reason;
  const auto code = run_program(words, reason);
  if (!code) fail("vrp plan: ", words.front(), " cannot be started: ", reason);
  return *code;
}

}  // namespace

int plan_command(const Arguments& arguments) {
  const Options own = parse(arguments);
  const RunOptions options = sweep_options("vrp plan", own.sweep);
  if (options.help) {
    std::cout << kHelp << run_options_help() << "\n" << settings_help();
    return 0;
  }
  if (!own.calibrate.empty()) {
    if (const int code = calibrate(own); code != 0) return code;
  }
  const SweepPlan sweep = read_sweep_plan(options);
  const Plan& plan = sweep.plan;
  std::vector<bool> done(plan.units.size(), false);
  for (const auto& unit : plan.units)
    done[unit.id] = std::filesystem::exists(sweep.root / unit.file);
  const std::vector<StageSize> sizes = stage_sizes(sweep.sweep, plan, sweep.params);
  std::cout << plan_text(sweep.sweep, plan, done, sizes) << disk_text(plan, done, sizes, sweep.root)
            << memory_text(sweep.sweep, sweep.params)
            << time_text(plan, sweep.params, done, work_of(plan), sweep.root, own.ranks);
  return 0;
}

}  // namespace vrp
