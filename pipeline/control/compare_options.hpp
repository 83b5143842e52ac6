#pragma once
// The arguments of vrp compare.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/base/rng.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/stats/resample.hpp"

namespace vrp {

struct CompareArguments {
  std::string run_a, run_b;                      ///< equal when one run was given
  std::string model, with;                       ///< of A, of B; "" = every model that both have
  std::vector<std::string> benchmarks, signals;  ///< as given; empty = all
  std::string scorer, json, csv;
  std::int64_t replicates = stats::kReplicates;
  std::int64_t seed = static_cast<std::int64_t>(kDefaultSeed);
  std::int64_t flips = 0;
  bool help = false;
  bool one_run() const { return run_a == run_b; }
};

/// Error (usage) on an unknown option, a value out of range, or options that need each other.
CompareArguments parse_compare_options(const Arguments& arguments);
const char* compare_help();

}  // namespace vrp
