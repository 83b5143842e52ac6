#pragma once
// A sum over a block of kBlockThreads threads, in a fixed order.
#include "kernels/stored_cuda.cuh"

namespace vrp {

constexpr unsigned kBlockThreads = 256;
constexpr unsigned kBlockWarps = kBlockThreads / kWarp;

/// The same bits in every thread; all threads call it. `scratch` [kBlockWarps] is shared memory,
/// free again when the call returns.
template <class T>
__device__ inline T block_total(T value, T* scratch) {
  value = warp_total(value);
  if (threadIdx.x % kWarp == 0) scratch[threadIdx.x / kWarp] = value;
  __syncthreads();
  T total = scratch[0];
  for (unsigned w = 1; w < kBlockWarps; ++w) total += scratch[w];
  __syncthreads();
  return total;
}

}  // namespace vrp
