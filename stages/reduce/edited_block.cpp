#include "stages/reduce/edited_block.hpp"

#include <string_view>

namespace vrp {

std::int64_t edited_block(const Results& results, std::string_view model) {
  for (const EffectRow& row : results.effects)
    if (row.model == model && row.layer >= 0) return row.layer;
  return -1;
}

}  // namespace vrp
