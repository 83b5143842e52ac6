#pragma once
// The arguments of vrp stats.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/base/rng.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/stats/resample.hpp"

namespace vrp {

struct StatsOptions {
  std::string input, label, group, type, pair, compare, json;
  std::vector<std::string> signals;
  std::int64_t replicates = stats::kReplicates;
  std::int64_t seed = kDefaultSeed;
};

/// False when the help text was asked for (and printed). Error (usage) on an unknown option, a
/// missing value, a number out of range, or options that need each other.
bool read_stats_options(const Arguments& arguments, StatsOptions& options);

}  // namespace vrp
