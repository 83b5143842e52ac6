#pragma once
// How the bootstrap replicates of a cell are spread over units. The number of ranks is no input.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/stats/resample.hpp"
#include "stages/reduce/params.hpp"

namespace vrp {

/// Names of the blocks in which a cell of so many items is resampled, "0-2500" for replicates 0 to
/// 2499; none = the cell draws all of them itself.
std::vector<std::string> replicate_parts(std::int64_t items, const ReduceParams& params);

/// The replicates of such a block. Error(internal) for any other text.
stats::ReplicateRange replicate_range(const std::string& part);

}  // namespace vrp
