// A block per map: sort, percentile, core points, their components. Whole numbers but for the
// percentile, whose operations are the CPU's, rounded one by one.
#include "kernels/dbscan.hpp"
#include "kernels/map_blocks_cuda.cuh"

namespace vrp {
namespace {

/// Of a map sorted by sort_cells.
__device__ double percentile(const double* row, const int* order, int cells, PercentileRank rank) {
  const double low = row[order[cells - 1 - rank.below]], high = row[order[cells - 1 - rank.above]];
  const double step = high - low;
  return rank.part >= 0.5 ? __dsub_rn(high, __dmul_rn(step, 1 - rank.part))
                          : __dadd_rn(low, __dmul_rn(step, rank.part));
}

__global__ void percentile_kernel(const double* maps, long long count, int cells, int places,
                                  PercentileRank rank, double* values) {
  int* order = dynamic_shared<int>();
  for (long long map = blockIdx.x; map < count; map += gridDim.x) {
    const double* row = maps + map * cells;
    const double mass = block_mass(row, cells);
    if (!isnan(mass)) sort_cells(row, cells, places, order);
    if (threadIdx.x == 0) values[map] = isnan(mass) ? mass : percentile(row, order, cells, rank);
  }
}

/// Whether cell s is a point with at least `min_samples` points in reach, itself included.
__device__ bool is_core(const double* row, Grid grid, Reach reach, double threshold, int s,
                        int min_samples) {
  if (!(row[s] >= threshold)) return false;
  const int top = s / grid.cols, left = s % grid.cols;
  int near = 0;
  for (int r = -reach.cells; r <= reach.cells; ++r) {
    for (int c = -reach.cells; c <= reach.cells; ++c) {
      if (top + r < 0 || top + r >= grid.rows || left + c < 0 || left + c >= grid.cols) continue;
      near += in_reach(r, c, reach.eps) && row[s + r * grid.cols + c] >= threshold;
    }
  }
  return near >= min_samples;
}

__global__ void dbscan_kernel(const double* maps, long long count, Grid grid, int places,
                              PercentileRank rank, Reach reach, int min_samples,
                              std::int32_t* clusters) {
  int* places_of_map = dynamic_shared<int>();  // the sorted cells, then the labels
  const int cells = grid.rows * grid.cols;
  for (long long map = blockIdx.x; map < count; map += gridDim.x) {
    const double* row = maps + map * cells;
    int found = -1;
    if (!isnan(block_mass(row, cells))) {
      sort_cells(row, cells, places, places_of_map);
      const double threshold = percentile(row, places_of_map, cells, rank);
      __syncthreads();
      for (int s = static_cast<int>(threadIdx.x); s < cells; s += kMapThreads)
        places_of_map[s] = is_core(row, grid, reach, threshold, s, min_samples) ? s + 1 : 0;
      found = label_cells(places_of_map, grid, reach);
    }
    if (threadIdx.x == 0) clusters[map] = found;
  }
}

}  // namespace

void map_percentiles_cuda(const Maps<double>& maps, double percent, double* values) {
  if (maps.count == 0) return;
  const int places = sorted_places("percentile", maps.cells);
  launch("percentile", percentile_kernel, map_blocks(maps.count), kMapThreads, sizeof(int) * places,
         nullptr, maps.data, maps.count, static_cast<int>(maps.cells), places,
         percentile_rank(percent, maps.cells), values);
  finish_kernel("percentile");
}

void dbscan_clusters_cuda(const Maps<double>& maps, Grid grid, const DbscanOptions& options,
                          std::int32_t* clusters) {
  if (maps.count == 0) return;
  const int places = sorted_places("dbscan", maps.cells);
  launch("dbscan", dbscan_kernel, map_blocks(maps.count), kMapThreads, sizeof(int) * places,
         nullptr, maps.data, maps.count, grid, places,
         percentile_rank(options.percentile, maps.cells), reach_of(options.eps, grid),
         options.min_samples, clusters);
  finish_kernel("dbscan");
}

}  // namespace vrp
