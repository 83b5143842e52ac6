#pragma once
// What is made of a unit's pictures before the model is asked: on another thread than it computes
// on, and perhaps before its weights are there.
#include <cstddef>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/prompt.hpp"
#include "stages/capture/picture.hpp"

namespace vrp {

/// What of a checkpoint items are prepared with.
struct ModelFront {
  ModelSpec spec;
  Tokenizer tokenizer;
};

/// Most bytes of prepared pictures that a unit has before it is computed. A picture of 336 x 336
/// takes 1.7 MB, one of 1024 x 1024 in patches 28 MB, and the largest a few hundred.
constexpr std::size_t kAheadBytes = std::size_t{128} << 20;

/// Prepares the items of rows [first, first + pictures.size()) and, where `grey` (they will be
/// asked about), their grey twins, once for all pictures of one size, until `most_bytes` of them
/// are there. What was not made, since it would be too much or is an Error, is made, or fails,
/// where it is needed; so nothing is thrown for an item. Pictures that are not there are passed
/// over.
void prepare_ahead(std::vector<Picture>& pictures, const ItemTable& items, std::size_t first,
                   const ModelFront& front, const PromptStyle& style, bool grey,
                   std::size_t most_bytes = kAheadBytes);

}  // namespace vrp
