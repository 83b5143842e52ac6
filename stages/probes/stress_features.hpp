#pragma once
// The 11 attention features of the supervised stress test (methods 6.2) and the columns made of
// them.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/maps.hpp"
#include "stages/probes/boosted.hpp"

namespace vrp {

constexpr std::size_t kStressFeatures = 11;
/// 11 features, their squares and their products of two.
constexpr std::size_t kStressColumns =
    kStressFeatures + kStressFeatures * (kStressFeatures + 1) / 2;
/// Layers whose maps the features look at: the last three, or all of a shallower model.
constexpr std::int64_t kStressLayers = 3;

/// The authors' names, in the order of the columns.
constexpr std::array<const char*, kStressFeatures> kStressFeatureNames{
    "mean_strength",
    "mean_entropy",
    "entropy_var",
    "concentration",
    "center_dist",
    "spatial_entropy",
    "entropy_ratio",
    "focus_score",
    "entropy_log",
    "strength_log",
    "entropy_strength_interaction"};

using StressRow = std::array<double, kStressFeatures>;

/// Features of one item. W = the layers given (the last ones of the model), p = the last of them.
///   maps    float64 [W, cells], each sums to 1
///   shares  float64 [W], img_share(l)
/// mean_strength is the mean share; entropies in nats; center_dist is the distance of the centroid
/// of p from the grid's centre over that of a corner cell, 0 on a grid of one cell.
StressRow stress_features(const Maps<double>& maps, std::span<const double> shares, Grid grid);

/// z-scoring and products, fitted on a training part.
class StressColumns {
 public:
  /// Means and standard deviations (ddof 0) of `rows` at the indices `train`. A feature that is
  /// constant there is dropped with its products, and so is a product that is constant there.
  /// degree 1: without products.
  StressColumns(std::span<const StressRow> rows, std::span<const std::size_t> train,
                int degree = 2);

  std::int64_t kept() const { return static_cast<std::int64_t>(kept_.size()); }
  std::int64_t dropped() const { return static_cast<std::int64_t>(columns_) - kept(); }
  /// Kept columns of rows[index], float32 [index, kept()]: z, then z_i * z_j for i <= j in the
  /// order of i, then j.
  std::vector<float> matrix(std::span<const StressRow> rows,
                            std::span<const std::size_t> index) const;

 private:
  std::array<double, kStressColumns> expand(const StressRow& row) const;

  std::size_t columns_ = kStressColumns;
  StressRow mean_{}, sd_{};  ///< sd 0 = constant
  std::vector<std::size_t> kept_;
};

}  // namespace vrp
