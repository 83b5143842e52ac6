#pragma once
// Half precision: storage and exact conversions. Arithmetic is the kernels' business, in float.
#include <bit>
#include <cstdint>

#include "tests/cuda_emulation/include/cuda_runtime.h"

struct alignas(2) __half {
  std::uint16_t bits;
};
using half = __half;

inline float __half2float(__half x) {
  const std::uint32_t rest = x.bits & 0x7FFFu, sign = std::uint32_t{x.bits & 0x8000u} << 16;
  float value = std::bit_cast<float>(rest << 13) * 0x1p112f;
  if (rest >= 0x7C00u) value = std::bit_cast<float>(0x7F800000u | rest << 13);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

/// To the nearest, ties to even; beyond 65504 infinity.
inline __half __float2half(float x) {
  const std::uint32_t all = std::bit_cast<std::uint32_t>(x), rest = all & 0x7FFFFFFFu;
  const auto sign = static_cast<std::uint16_t>(all >> 16 & 0x8000u);
  std::uint32_t bits;
  if (rest > 0x7F800000u) {
    bits = 0x7FFFu;  // CUDA's NaN
    return {static_cast<std::uint16_t>(bits)};
  }
  if (rest >= 0x477FF000u) {
    bits = 0x7C00u;
  } else if (rest < 0x38800000u) {  // subnormal: count in units of 2^-24
    bits = static_cast<std::uint32_t>(
        std::nearbyint(std::bit_cast<float>(rest) * 0x1p24f));  // round half to even
  } else {
    bits = (rest - 0x38000000u + 0xFFFu + (rest >> 13 & 1u)) >> 13;
  }
  return {static_cast<std::uint16_t>(bits | sign)};
}
inline __half __float2half_rn(float x) { return __float2half(x); }
inline __half __ushort_as_half(unsigned short bits) { return {bits}; }
inline unsigned short __half_as_ushort(__half x) { return x.bits; }
