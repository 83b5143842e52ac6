#pragma once
// Attention of a capture record as the learners read it: item by item, checked, normalised.
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/maps.hpp"
#include "pipeline/store/record.hpp"
#include "stages/probes/cell_items.hpp"
#include "stages/probes/features.hpp"

namespace vrp {

/// The attention arrays of one capture record. Refers to the record, which must outlive it.
class AttentionView {
 public:
  /// Error naming the array that is missing or whose shape does not fit the others.
  explicit AttentionView(const Record& capture);

  std::size_t size() const { return grid_->size() / 2; }
  std::int64_t layers() const { return layers_; }
  Grid grid(std::size_t item) const { return {(*grid_)[2 * item], (*grid_)[2 * item + 1]}; }

  /// Why the maps of an item cannot be used, or "": its status is not 0, the number of image tokens
  /// is not that of the grid, or a layer's map holds a negative or non-finite value or no mass.
  std::string fault(std::size_t item) const;
  /// m(l) / sum m(l) of layers [first, layers()), fp64 [layers - first, cells]. The item must have
  /// no fault.
  std::vector<double> maps(std::size_t item, std::int64_t first = 0) const;
  /// img_share(l) of layers [first, layers()).
  std::vector<double> shares(std::size_t item, std::int64_t first = 0) const;
  /// First image token of an item in the ragged arrays, and how many it has.
  std::int64_t begin(std::size_t item) const { return (*offset_)[item]; }
  std::int64_t cells(std::size_t item) const { return (*offset_)[item + 1] - (*offset_)[item]; }

 private:
  std::int64_t layers_ = 0, tokens_ = 0;
  const std::vector<std::int32_t>* status_ = nullptr;
  const std::vector<std::string>* reason_ = nullptr;
  const std::vector<std::int64_t>* offset_ = nullptr;
  const std::vector<std::int32_t>* grid_ = nullptr;
  const std::vector<float>* map_ = nullptr;
  const std::vector<double>* share_ = nullptr;
};

/// Grid onto which maps are resampled when the items of a cell have different ones (methods 6.3).
constexpr Grid kCommonGrid{24, 24};

/// The grid of the ensemble attention probe's input: that of all items when they share one, else
/// kCommonGrid. Learned grid by grid, before any map is read.
class CommonGrid {
 public:
  void add(Grid grid);
  Grid grid() const { return differ_ ? kCommonGrid : grid_; }  ///< 0 x 0 before the first item

 private:
  Grid grid_;
  bool differ_ = false;
};

/// Input of the ensemble attention probe (methods 6.3): the L normalised maps of an item side by
/// side, float32 [layers * grid.cells()]. Maps on another grid are resampled bilinearly (pixel
/// centres at k + 1/2, edges repeated, no smoothing) and sum to 1 again; empty when one of them has
/// its mass only between the new cells, so that nothing is left. The item must have no fault.
std::vector<float> attention_input(const AttentionView& view, std::size_t item, Grid grid);

/// Inputs of a cell as one layer [N, layers * cells], and its items. `defined` [N]: 0 = the item
/// has a fault or nothing left after resampling; its row is zeros. Two passes over the capture
/// records: items and grids, then maps, unit by unit.
FeatureSource attention_features(const ProbeInput& input, const ProbesParams& params,
                                 CellItems& items, std::vector<std::uint8_t>& defined);

/// Bilinear resampling of one map from one grid to another; sums are not kept.
std::vector<double> resample_bilinear(const double* map, Grid from, Grid to);

}  // namespace vrp
