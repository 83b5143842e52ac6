#pragma once
// What capture and metrics hold for each layer, as columns of a cell.
#include <string>
#include <vector>

#include "stages/reduce/columns.hpp"

namespace vrp {

/// Columns [N] for each state (index 0 = embeddings) or block; empty vectors = not computed. NaN =
/// not defined for the item, or the item failed.
struct LayerColumns {
  std::size_t blocks = 0;  ///< L; 0 = nothing of a layer was computed
  std::vector<std::vector<double>> margin, blank, top2, yes, no, first;  ///< [L+1][N]
  std::vector<std::vector<double>> attention, mlp, attention_norm, mlp_norm, resid,
      relative;                               ///< [L][N]
  std::vector<std::vector<double>> h_s, h_n;  ///< [L][N]
  std::vector<double> embedding;              ///< [N]
  bool any() const { return blocks > 0; }
};

/// Error when two arrays disagree about the number of layers.
LayerColumns layer_columns(const CellData& cell, const CellColumns& columns);

/// "block 5", or "the embeddings" for -1.
std::string layer_name(std::int64_t layer);

}  // namespace vrp
