#pragma once
// What the CUDA twins of map kernels share: one warp per map, and its sum in a fixed order.
#include "kernels/launch_cuda.cuh"

namespace vrp {

constexpr int kWarpsPerBlock = 8;

/// Sum over the 32 lanes by halving distances: lane 0 holds ((0+16)+(8+24))+..., the same order
/// every time, no atomics.
__device__ inline double warp_sum(double value) {
  for (unsigned distance = kWarp / 2; distance > 0; distance /= 2)
    value += __shfl_down_sync(kAllLanes, value, distance);
  return __shfl_sync(kAllLanes, value, 0);
}

/// NaN where the CPU's map_mass gives NaN: a bad value in any lane, no mass, a sum out of range.
template <class T>
__device__ inline double warp_mass(const T* row, long long cells, int lane) {
  double mass = 0;
  bool bad = false;
  for (long long s = lane; s < cells; s += kWarp) {
    bad = bad || !(row[s] >= T(0));
    mass += static_cast<double>(row[s]);
  }
  mass = warp_sum(mass);
  bad = __any_sync(kAllLanes, bad) || !(mass > 0) || isinf(mass);
  return bad ? nan("") : mass;
}

inline unsigned blocks_for(long long maps) {
  return static_cast<unsigned>((maps + kWarpsPerBlock - 1) / kWarpsPerBlock);
}

}  // namespace vrp
