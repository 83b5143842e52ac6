#pragma once
// The command line of vrp-run, shared with `vrp plan` so that both read a sweep alike.
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"

namespace vrp {

struct RunOptions {
  SweepOverrides sweep;
  std::string output_dir;
  std::int64_t limit = 0;
  double wait_live = 0;        ///< seconds
  std::int64_t calibrate = 0;  ///< items of each model; 0 = no calibration. Implies dry_run
  bool dry_run = false, retry_failed = false, help = false;
  std::string max_failures = "1%";
  std::string device;
};

/// Error (usage) for unknown options or values out of range. `--help` sets help.
RunOptions parse_run_options(int argc, const char* const* argv);
std::string run_options_help();

/// Number of failed items that "--max-failures N" or "P%" of `items` allows.
std::int64_t allowed_failures(const std::string& text, std::int64_t items);

}  // namespace vrp
