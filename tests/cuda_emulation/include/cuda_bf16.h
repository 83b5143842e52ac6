#pragma once
// bfloat16: storage and exact conversions. Arithmetic is the kernels' business, in float.
#include <bit>
#include <cstdint>

#include "tests/cuda_emulation/include/cuda_runtime.h"

struct alignas(2) __nv_bfloat16 {
  std::uint16_t bits;
};

inline float __bfloat162float(__nv_bfloat16 x) {
  return std::bit_cast<float>(std::uint32_t{x.bits} << 16);
}

/// To the nearest, ties to even.
inline __nv_bfloat16 __float2bfloat16(float x) {
  const std::uint32_t all = std::bit_cast<std::uint32_t>(x);
  if ((all & 0x7FFFFFFFu) > 0x7F800000u) return {0x7FFFu};
  return {static_cast<std::uint16_t>((all + 0x7FFFu + (all >> 16 & 1u)) >> 16)};
}
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return __float2bfloat16(x); }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) { return {bits}; }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 x) { return x.bits; }
