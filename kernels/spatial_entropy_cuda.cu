// One warp per map; lanes stride over cells in a fixed order, fp64 sums.
#include "kernels/spatial_entropy.hpp"
#include "kernels/warp_sum_cuda.cuh"

namespace vrp {
namespace {

template <class T>
__global__ void entropy_kernel(const T* maps, long long count, long long cells, double* nats) {
  const long long map = static_cast<long long>(blockIdx.x) * kWarpsPerBlock + threadIdx.x / kWarp;
  const int lane = static_cast<int>(threadIdx.x % kWarp);
  if (map >= count) return;  // whole warps leave together
  const T* row = maps + map * cells;
  const double mass = warp_mass(row, cells, lane);
  double sum = 0;
  for (long long s = lane; s < cells; s += kWarp) {
    const double p = static_cast<double>(row[s]) / mass;
    sum += p * log(p + kLogFloor);
  }
  sum = warp_sum(sum);
  if (lane == 0) nats[map] = -sum;  // NaN when mass is
}

}  // namespace

template <class T>
void spatial_entropy_cuda(const Maps<T>& maps, double* nats) {
  if (maps.count == 0) return;
  launch("spatial_entropy", entropy_kernel<T>, blocks_for(maps.count), kWarp * kWarpsPerBlock, 0,
         nullptr, maps.data, maps.count, maps.cells, nats);
  finish_kernel("spatial_entropy");
}

template void spatial_entropy_cuda(const Maps<float>&, double*);
template void spatial_entropy_cuda(const Maps<double>&, double*);

}  // namespace vrp
