#pragma once
// The arguments of `vrp show`.
#include <string>
#include <vector>

#include "pipeline/control/commands.hpp"

namespace vrp {

struct ShowOptions {
  std::string run, item, benchmark, page;
  std::vector<std::string> models;  ///< empty = all of the run
  bool json = false, all = false, help = false;
};

const char* show_help();
/// Error (usage) on an unknown option, a missing RUN or ID, or forms of output that exclude each
/// other.
ShowOptions parse_show_options(const Arguments& arguments);

}  // namespace vrp
