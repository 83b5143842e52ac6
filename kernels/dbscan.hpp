#pragma once
// C_k of the early text and the published code: density clusters of the brightest cells.
#include <cstdint>
#include <span>

#include "kernels/maps.hpp"

namespace vrp {

struct DbscanOptions {
  double percentile = 90;  ///< cells >= this percentile are points, in [0, 100]
  double eps = 1.5;        ///< Euclidean distance in cells, <=
  int min_samples = 3;     ///< points within eps that make a core point, itself included
};

/// Number of DBSCAN clusters among the cells >= the percentile of their map, as points (row, col).
///   maps  float64 [M, rows * cols]    clusters  int32 [M], >= 0; -1 for a map without mass or with
///                                               a negative or non-finite value
/// Clusters are the connected components of core points: border points join clusters, noise is left
/// out, neither makes one. Fewer than min_samples points: 0. A constant map: every cell is a point.
/// Both arrays live on `device`; both devices give the same numbers. Throws std::invalid_argument
/// when sizes disagree, an option is out of range, a map on the device has over 32,768 cells, or
/// the build has no CUDA; std::runtime_error with CUDA's text. Source: methods 4, C_k `dbscan`;
/// agrees with scikit-learn's DBSCAN (tests/kernels).
void dbscan_clusters(Device device, const Maps<double>& maps, Grid grid,
                     const DbscanOptions& options, std::span<std::int32_t> clusters);

/// Percentile with linear interpolation between order statistics: rank = percent/100 * (n - 1),
/// n = values.size() >= 1. The same bits as numpy.percentile's default.
double percentile_linear(std::span<const double> values, double percent);

/// The same percentile of each map: maps float64 [M, S], values float64 [M]; NaN for a map without
/// mass or with a negative or non-finite value. Same bits on either device; throws as above.
void map_percentiles(Device device, const Maps<double>& maps, double percent,
                     std::span<double> values);

/// The order statistics `below` and `below + 1` (from 0, at most n - 1) that a percentile lies
/// between, and how far: 0 <= part < 1.
struct PercentileRank {
  std::int64_t below = 0, above = 0;
  double part = 0;
};
PercentileRank percentile_rank(double percent, std::int64_t n);

void dbscan_clusters_cpu(const Maps<double>& maps, Grid grid, const DbscanOptions& options,
                         std::int32_t* clusters);
void map_percentiles_cpu(const Maps<double>& maps, double percent, double* values);
#ifdef VRP_CUDA
void dbscan_clusters_cuda(const Maps<double>& maps, Grid grid, const DbscanOptions& options,
                          std::int32_t* clusters);
void map_percentiles_cuda(const Maps<double>& maps, double percent, double* values);
#endif

}  // namespace vrp
