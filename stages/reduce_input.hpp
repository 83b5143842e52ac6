#pragma once
// The records of a cell as reduce takes them. No model, no MPI: `vrp` reads runs with it too.
#include <functional>
#include <string>

#include "pipeline/items/labels.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {

/// True for arrays that statistics are made of: one number of an item, or of an item and layer.
/// States and maps are for metrics and probes.
bool has_columns(const std::string& name);

/// Records of a stage of one cell joined over its units, arrays for which `has_columns` holds only;
/// no arrays = not computed.
using StageColumns = std::function<Record(const std::string& stage)>;

/// A cell with the labels that its answers get from the scorers of `items` and, for judged answers,
/// from `reviews` (by row of `items`). `items` must outlive the result.
CellData cell_data(const std::string& model, const std::string& benchmark, const ItemTable& items,
                   Reviews reviews, const StageColumns& columns);

}  // namespace vrp
