// A block per map. Totals and prefixes are summed by one thread in the CPU's order, so that the
// cell at which the mass is enough is the CPU's; the rest is whole numbers.
#include "kernels/components.hpp"
#include "kernels/map_blocks_cuda.cuh"

namespace vrp {
namespace {

/// Marks the top `share` of the mass, or, with wanted > 0, that many cells.
__global__ void top_kernel(const double* maps, long long count, int cells, int places, double share,
                           long long wanted, std::uint8_t* masks) {
  int* order = dynamic_shared<int>();
  __shared__ long long kept;
  for (long long map = blockIdx.x; map < count; map += gridDim.x) {
    const double* row = maps + map * cells;
    std::uint8_t* mask = masks + map * cells;
    for (int s = static_cast<int>(threadIdx.x); s < cells; s += kMapThreads) mask[s] = 0;
    const double mass = block_mass(row, cells);
    if (isnan(mass)) continue;
    sort_cells(row, cells, places, order);
    if (threadIdx.x == 0) {
      kept = wanted;
      if (wanted == 0) {
        const double enough = __dsub_rn(__dmul_rn(share, mass), __dmul_rn(kRoundingSlack, mass));
        double sum = 0;
        while (kept < cells) {
          sum += row[order[kept++]];
          if (sum >= enough) break;
        }
      }
    }
    __syncthreads();
    for (int k = static_cast<int>(threadIdx.x); k < kept; k += kMapThreads) mask[order[k]] = 1;
  }
}

void mark_top(const char* kernel, const Maps<double>& maps, double share, std::int64_t wanted,
              std::uint8_t* mask) {
  if (maps.count == 0) return;
  const int places = sorted_places(kernel, maps.cells);
  launch(kernel, top_kernel, map_blocks(maps.count), kMapThreads, sizeof(int) * places, nullptr,
         maps.data, maps.count, static_cast<int>(maps.cells), places, share, wanted, mask);
  finish_kernel(kernel);
}

__global__ void label_kernel(const std::uint8_t* masks, long long count, Grid grid, Reach reach,
                             std::int32_t* all_labels, std::int32_t* counts) {
  const int cells = grid.rows * grid.cols;
  for (long long map = blockIdx.x; map < count; map += gridDim.x) {
    const std::uint8_t* mask = masks + map * cells;
    std::int32_t* labels = all_labels + map * cells;
    for (int s = static_cast<int>(threadIdx.x); s < cells; s += kMapThreads)
      labels[s] = mask[s] == 0 ? 0 : s + 1;
    const int found = label_cells(labels, grid, reach);
    if (threadIdx.x == 0) counts[map] = found;
  }
}

}  // namespace

void top_mass_mask_cuda(const Maps<double>& maps, double share, std::uint8_t* mask) {
  mark_top("top_mass_mask", maps, share, 0, mask);
}

void top_cells_mask_cuda(const Maps<double>& maps, double share, std::uint8_t* mask) {
  mark_top("top_cells_mask", maps, share, top_cells_count(share, maps.cells), mask);
}

void components_cuda(const std::uint8_t* mask, std::int64_t count, Grid grid, int neighbourhood,
                     std::int32_t* labels, std::int32_t* counts) {
  require_labelled_cells("components", grid);
  if (count == 0) return;
  launch("components", label_kernel, map_blocks(count), kMapThreads, 0, nullptr, mask, count, grid,
         reach_of(neighbourhood == 4 ? 1.0 : 1.5, grid), labels, counts);
  finish_kernel("components");
}

}  // namespace vrp
