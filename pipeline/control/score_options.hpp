#pragma once
// The arguments of vrp score.
#include <string>
#include <vector>

#include "pipeline/control/commands.hpp"

namespace vrp {

struct ScoreOptions {
  std::string run;
  std::vector<std::string> scorers, benchmarks, models;  ///< as given; empty = all
  std::string primary, reviews, export_judge;
  bool list = false, reset = false, help = false;
};

/// Error (usage) on an unknown option, a missing value, a second folder, or options that exclude or
/// need each other.
ScoreOptions parse_score_options(const Arguments& arguments);
const char* score_help();

}  // namespace vrp
