#pragma once
// What the map twins share: a block of kMapThreads works on one map, all of its threads call each
// of these together. Results depend on the map alone, not on the order in which threads run.
#include "kernels/maps.hpp"
#include "kernels/warp_sum_cuda.cuh"

namespace vrp {

constexpr int kMapThreads = 128;
constexpr std::int64_t kMostSortedCells = 32768;  ///< 128 KiB of order in shared memory

/// Blocks for `maps` maps: each takes every gridDim.x-th.
inline unsigned map_blocks(std::int64_t maps) {
  constexpr std::int64_t kMost = 2048;  // about what an H200 runs at once
  return static_cast<unsigned>(maps < kMost ? maps : kMost);
}
/// Places that sort_cells needs. Throws std::invalid_argument when a block cannot hold them.
inline int sorted_places(const char* kernel, std::int64_t cells) {
  if (cells > kMostSortedCells)
    reject(kernel, "number of cells", static_cast<double>(cells), "at most 32768 on cuda");
  int places = 1;
  while (places < cells) places *= 2;
  return places;
}

/// map_mass of the CPU, the same bits: one thread adds in index order, with many blocks at work to
/// hide its latency. NaN where the CPU gives NaN. Its barriers also end the map before: what that
/// left in shared memory is not written again until all threads have come here.
template <class T>
__device__ inline double block_mass(const T* row, long long cells) {
  __shared__ double shared;
  if (threadIdx.x == 0) {
    double mass = 0;
    bool bad = false;
    for (long long s = 0; s < cells; ++s) {
      bad = bad || !(row[s] >= T(0));
      mass += static_cast<double>(row[s]);
    }
    shared = bad || !(mass > 0) || isinf(mass) ? nan("") : mass;
  }
  __syncthreads();
  const double mass = shared;
  __syncthreads();
  return mass;
}

/// Whether cell a comes before cell b: by (value desc, index asc); places past the map come last.
__device__ inline bool cell_before(const double* row, int cells, int a, int b) {
  if (a >= cells || b >= cells || row[a] == row[b]) return a < b;
  return row[a] > row[b];
}

/// order[0 .. cells-1] = the cells of a map without NaN by (value desc, index asc), by bitonic
/// sort. order has `padded` places, a power of two >= cells.
__device__ inline void sort_cells(const double* row, int cells, int padded, int* order) {
  const int threads = static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  for (int i = thread; i < padded; i += threads) order[i] = i;
  __syncthreads();
  for (int size = 2; size <= padded; size *= 2) {
    for (int stride = size / 2; stride > 0; stride /= 2) {
      for (int pair = thread; pair < padded / 2; pair += threads) {
        const int i = 2 * stride * (pair / stride) + pair % stride, j = i + stride;
        const int first = order[i], second = order[j];
        const bool ascending = (i & size) == 0;
        if (cell_before(row, cells, second, first) != ascending) continue;
        order[i] = second;
        order[j] = first;
      }
      __syncthreads();
    }
  }
}

/// Sum of `value` over the threads before this one; `total` over all.
__device__ inline int block_scan(int value, int& total) {
  __shared__ int sums[kMapThreads];
  const int threads = static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  sums[thread] = value;
  __syncthreads();
  for (int distance = 1; distance < threads; distance *= 2) {
    const int other = thread >= distance ? sums[thread - distance] : 0;
    __syncthreads();
    sums[thread] += other;
    __syncthreads();
  }
  total = sums[threads - 1];
  const int before = sums[thread] - value;
  __syncthreads();
  return before;
}

/// Labels are 32-bit numbers of cells.
inline void require_labelled_cells(const char* kernel, Grid grid) {
  if (grid.cells() >= std::int64_t{1} << 30)
    reject(kernel, "number of cells", static_cast<double>(grid.cells()), "below 2^30 on cuda");
}

/// Two cells touch when their centres are at most this far apart.
struct Reach {
  double eps = 0;
  int cells = 0;  ///< rows or columns to search in each direction
};
inline Reach reach_of(double eps, Grid grid) {
  const double longest = grid.rows > grid.cols ? grid.rows : grid.cols;
  return {eps, static_cast<int>(eps < longest ? eps : longest)};
}
__device__ inline bool in_reach(int rows, int cols, double eps) {
  return sqrt(static_cast<double>(rows) * rows + static_cast<double>(cols) * cols) <= eps;
}

/// Union-find over the cells of a map: labels[s] = 0 (not marked) or 1 + a cell of the same
/// component, never a later one than s. A root is a cell that names itself.
__device__ inline int root_of(const volatile int* labels, int cell) {
  for (int parent = labels[cell] - 1; parent != cell; parent = labels[cell] - 1) cell = parent;
  return cell;
}
__device__ inline void unite(int* labels, int a, int b) {
  for (;;) {
    a = root_of(labels, a);
    b = root_of(labels, b);
    if (a == b) return;
    const int later = a > b ? a : b, earlier = a > b ? b : a;
    const int found = atomicMin(&labels[later], earlier + 1) - 1;
    if (found == later) return;
    a = found;  // another thread hung `later` below this one meanwhile
    b = earlier;
  }
}

/// Connected components of the cells with labels[s] = s + 1; the others are 0. Leaves 0 or 1, 2 ...
/// by the first cell in reading order, and returns how many there are. The root of a component is
/// its first cell, whichever thread came first.
__device__ inline int label_cells(int* labels, Grid grid, Reach reach) {
  const int threads = static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  const int cells = grid.rows * grid.cols;
  __syncthreads();
  for (int s = thread; s < cells; s += threads) {
    if (labels[s] == 0) continue;
    const int row = s / grid.cols, col = s % grid.cols;
    for (int up = 0; up <= reach.cells && up <= row; ++up) {
      for (int c = -reach.cells; c <= (up == 0 ? -1 : reach.cells); ++c) {
        if (col + c < 0 || col + c >= grid.cols || !in_reach(up, c, reach.eps)) continue;
        const int other = s - up * grid.cols + c;
        if (labels[other] != 0) unite(labels, s, other);
      }
    }
  }
  __syncthreads();
  for (int s = thread; s < cells; s += threads) {
    if (labels[s] != 0) labels[s] = root_of(labels, s) + 1;
  }
  __syncthreads();
  // Roots are numbered in reading order: each thread counts those of one stretch of cells. A root's
  // number is negative until every other cell has read it.
  const int stretch = (cells + threads - 1) / threads;
  const int begin = min(cells, thread * stretch), end = min(cells, begin + stretch);
  int roots = 0, total = 0;
  for (int s = begin; s < end; ++s) roots += labels[s] == s + 1;
  int number = block_scan(roots, total);
  for (int s = begin; s < end; ++s) {
    if (labels[s] == s + 1) labels[s] = -++number;
  }
  __syncthreads();
  for (int s = thread; s < cells; s += threads) {
    if (labels[s] > 0) labels[s] = -labels[labels[s] - 1];
  }
  __syncthreads();
  for (int s = thread; s < cells; s += threads) {
    if (labels[s] < 0) labels[s] = -labels[s];
  }
  __syncthreads();
  return total;
}

}  // namespace vrp
