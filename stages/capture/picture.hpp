#pragma once
// An item's picture as the stages that ask the model get it.
#include <cstddef>
#include <string>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/image.hpp"

namespace vrp {

/// An item's picture, or why there is none.
struct Picture {
  RgbImage image;
  std::string problem;
};

/// Reads and decodes the picture of a row and checks that its bytes are those that were imported.
/// Never throws for a picture that cannot be had: that is the item's problem, not the unit's.
Picture read_picture(const ItemTable& items, std::size_t row);

}  // namespace vrp
