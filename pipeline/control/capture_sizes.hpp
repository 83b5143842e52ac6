#pragma once
// What stage capture will write, from configuration and item tables alone.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "pipeline/driver/plan.hpp"
#include "stages/catalog.hpp"

namespace vrp {

/// "812 B", "1.2 kB", "3.4 MB", "5.6 GB".
std::string bytes_text(std::int64_t bytes);

/// By cell of stage capture: bytes of its records before compression, answers as long as they may
/// be. "at most" where pictures differ in size, so that their image tokens are an upper bound.
std::map<std::size_t, std::string> capture_sizes(const Sweep& sweep, const Plan& plan,
                                                 const StageParams& params);

}  // namespace vrp
