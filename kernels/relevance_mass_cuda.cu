// One warp per map; lanes stride over cells in a fixed order, fp64 sums.
#include "kernels/relevance.hpp"
#include "kernels/warp_sum_cuda.cuh"

namespace vrp {
namespace {

template <class T>
__global__ void mass_kernel(const T* maps, const double* coverage, bool shared_region,
                            long long count, long long cells, double* mass) {
  const long long map = static_cast<long long>(blockIdx.x) * kWarpsPerBlock + threadIdx.x / kWarp;
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  if (map >= count) return;  // whole warps leave together
  const T* row = maps + map * cells;
  const double* share = coverage + (shared_region ? 0 : map * cells);
  const double total = warp_mass(row, cells, lane);
  double inside = 0;
  for (long long s = lane; s < cells; s += kWarp) inside += static_cast<double>(row[s]) * share[s];
  inside = warp_sum(inside);
  if (lane == 0) mass[map] = inside / total;  // NaN when total is
}

}  // namespace

template <class T>
void relevance_mass_cuda(const Maps<T>& maps, const Maps<double>& coverage, double* mass) {
  if (maps.count == 0) return;
  launch("relevance_mass", mass_kernel<T>, blocks_for(maps.count), kWarp * kWarpsPerBlock, 0,
         nullptr, maps.data, coverage.data, coverage.count == 1, maps.count, maps.cells, mass);
  finish_kernel("relevance_mass");
}

template void relevance_mass_cuda(const Maps<float>&, const Maps<double>&, double*);
template void relevance_mass_cuda(const Maps<double>&, const Maps<double>&, double*);

}  // namespace vrp
