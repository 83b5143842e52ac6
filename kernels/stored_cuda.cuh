#pragma once
// Numbers of the stored types in device code: one at a time, and four at once.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "kernels/launch_cuda.cuh"
#include "kernels/stored_types.hpp"

namespace vrp {

__device__ inline float load_device(float x) { return x; }
__device__ inline float load_device(BrainFloat x) {
  return __uint_as_float(static_cast<unsigned>(x.bits) << 16);
}
__device__ inline float load_device(HalfFloat x) { return __half2float(__ushort_as_half(x.bits)); }

template <class T>
__device__ inline T store_device(float x);
template <>
__device__ inline float store_device<float>(float x) {
  return x;
}
template <>
__device__ inline BrainFloat store_device<BrainFloat>(float x) {
  return {__bfloat16_as_ushort(__float2bfloat16(x))};
}
template <>
__device__ inline HalfFloat store_device<HalfFloat>(float x) {
  return {__half_as_ushort(__float2half(x))};
}

/// Four numbers that lie together, aligned to their size: one load and one store.
template <class T>
struct alignas(4 * sizeof(T)) Four {
  T at[4];
};

template <class T>
__device__ inline float4 load_four(const T* from) {
  const Four<T> four = *reinterpret_cast<const Four<T>*>(from);
  return make_float4(load_device(four.at[0]), load_device(four.at[1]), load_device(four.at[2]),
                     load_device(four.at[3]));
}

__device__ inline float warp_max(float value) {
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, lanes));
  }
  return value;
}

/// Sum over the lanes, the same bits in each of them: halving distances, a fixed order.
template <class T>
__device__ inline T warp_total(T value) {
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, lanes);
  }
  return value;
}

}  // namespace vrp
