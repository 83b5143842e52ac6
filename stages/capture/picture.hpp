#pragma once
// An item's picture as the stages that ask the model get it.
#include <cstddef>
#include <memory>
#include <string>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/prompt.hpp"

namespace vrp {

/// An item's picture, or why there is none, and what was made of it ahead (prepare_ahead.hpp).
struct Picture {
  RgbImage image;  ///< let go of where nothing is left to be made of it
  std::string problem;
  std::shared_ptr<const PreparedItem> item;   ///< with the asked question; null = not made yet
  std::shared_ptr<const PreparedImage> grey;  ///< of its grey twin; null = not made yet
};

/// Uniform grey 128 of a picture's size, so that its grid is the picture's.
RgbImage grey_picture(const RgbImage& image);

/// Reads and decodes the picture of a row and checks that its bytes are those that were imported.
/// Never throws for a picture that cannot be had: that is the item's problem, not the unit's.
Picture read_picture(const ItemTable& items, std::size_t row);

}  // namespace vrp
