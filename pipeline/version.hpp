#pragma once
// What was built and where it runs, for manifests and `vrp doctor`.
#include <string>

#include "pipeline/base/json.hpp"

namespace vrp {

inline constexpr const char* kVersion = "0.1.0";

std::string revision();        ///< git revision of the source at build time, "-dirty" when changed
Json build_facts();            ///< {"program", "revision", "compiler", "libraries": {...}, "cuda"}
Json launch_facts(int ranks);  ///< {"time", "host", "user", "ranks", "job", "command"}

}  // namespace vrp
