#pragma once
// The capture stage: one greedy answer per item, where the model looked and what its blocks held.
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/params.hpp"
#include "stages/capture/record.hpp"

namespace vrp {

/// An item's picture, or why there is none.
struct Picture {
  RgbImage image;
  std::string problem;
};

/// Reads and decodes the picture of a row and checks that its bytes are those that were imported.
/// Never throws for a picture that cannot be had: that is the item's problem, not the unit's.
Picture read_picture(const ItemTable& items, std::size_t row);

/// Greedy answers, attention and states of rows [first, first + pictures.size()); the record is
/// described in record.hpp. An item that fails is a row with a status and a reason. `done` is
/// called after each item.
Record capture(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
               const Model& model, const PromptStyle& style, const GenerationParams& generation,
               const CaptureParams& params, const std::function<void()>& done);

}  // namespace vrp
