#pragma once
// Which block of a model the interventions are about.
#include <string_view>

#include "stages/reduce/results.hpp"

namespace vrp {

/// Block whose neurons were edited: that of the model's first condition at a block, since the
/// blocks of the sweep come behind it; -1 = no condition at a block.
std::int64_t edited_block(const Results& results, std::string_view model);

}  // namespace vrp
