#pragma once
// Finding an item of a run by its key or id.
#include <string>

#include "pipeline/control/score_cells.hpp"

namespace vrp {

struct ItemPlace {
  std::string benchmark;
  std::size_t row = 0;  ///< of the item table
};

/// The item whose key or id is `item`, in `benchmark` or, when that is "", in any set. Error
/// (bad_input) naming the nearest key when there is none; Error (usage) listing the keys when
/// several sets have the id.
ItemPlace find_item(StoredRun& run, const std::string& item, const std::string& benchmark);

}  // namespace vrp
