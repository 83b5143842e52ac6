#pragma once
// Logit lens of a cell: means of each layer, peaks, and the share of the MLP blocks (methods 7).
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/layer_columns.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows_case.hpp"
#include "stages/reduce/rows_lens.hpp"

namespace vrp {

struct LensResult {
  std::vector<LensLayerRow> layers;   ///< -1 .. L-1; empty = nothing of a layer was computed
  std::vector<LensSummaryRow> peaks;  ///< one row
  std::vector<ShareRow> shares;       ///< 3 forms x 5 layer sets
};

/// Intervals: percentile bootstrap on one set of draws for all layers, over images where an image
/// has more than one item. `labels` of the primary scorer, for sep.
LensResult lens_result(const CellColumns& cell, const LayerColumns& lens,
                       const ReduceParams& params, const Draws& draws);

/// Index of the largest defined value, lowest on ties; -2 when none is defined.
std::int64_t largest(const std::vector<double>& values);

/// Layer sets of methods 7.2, blocks ascending, from the mean margin [L+1] and delta_img [L+1] of
/// every state. NaN belongs to no set.
std::vector<std::int64_t> layer_set(const std::string& name, const std::vector<double>& margin,
                                    const std::vector<double>& delta);

struct CaseResult {
  std::vector<CaseRow> item;  ///< one row; its key is "" when there is no such item
  std::vector<CaseLayerRow> layers;
};

/// The item of F5: the wrong answer with the lowest H_s of the cell, first key on ties.
CaseResult case_result(const CellColumns& cell, const LayerColumns& lens);

}  // namespace vrp
