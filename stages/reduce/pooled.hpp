#pragma once
// The pooled set of one model: which benchmarks enter it and how their columns are joined.
#include <string_view>
#include <vector>

#include "pipeline/items/image_groups.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

struct PooledColumns {
  CellColumns columns;
  std::vector<SetRow> sets;  ///< one for each cell, pooled or not
};

/// One benchmark for each name in params.pooled (the first in order of name), if it has labels.
/// Items that show the same image with the same question as an earlier one are left out and
/// counted. Error on cells of different models, on a key that two cells share, and on a signal
/// whose declared orientation differs between cells.
PooledColumns pool(const std::vector<CellColumns>& cells, const ReduceParams& params);

}  // namespace vrp
