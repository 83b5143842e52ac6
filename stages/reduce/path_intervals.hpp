#pragma once
// Intervals of the statistics of S_SC that allow for the sampled answers too: another K answers of
// the same item would have given another S_SC.
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// Sets low_hier, high_hier and interval_hier of the rows of signal s_sc under the primary label:
/// r, auroc and mean over images (items), then paths, centred (path_bootstrap.hpp);
/// precision_at_sc1 over images (items) only, since redrawn paths move items to S_SC = 1. Rows keep
/// "none: why" where the classes of the paths are not known. Nothing when the cell has no S_SC.
void add_path_intervals(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                        std::vector<StatRow>& rows);

}  // namespace vrp
