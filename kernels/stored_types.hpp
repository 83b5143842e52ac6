#pragma once
// Two-byte floating point as it lies in memory, on host and device. Arithmetic is float or double.
#include <bit>
#include <cmath>
#include <cstdint>

namespace vrp {

struct HalfFloat {  ///< IEEE 754 binary16
  std::uint16_t bits = 0;
};
struct BrainFloat {  ///< bfloat16: the upper half of a binary32
  std::uint16_t bits = 0;
};

inline float load(float x) { return x; }
inline float load(BrainFloat x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }
inline float load(HalfFloat x) {
  const std::uint32_t rest = x.bits & 0x7FFFu, sign = std::uint32_t{x.bits & 0x8000u} << 16;
  // The exponent's bias is 15 there and 127 here; subnormal halves become normal in the product.
  float value = std::bit_cast<float>(rest << 13) * 0x1p112f;
  if (rest >= 0x7C00u) value = std::bit_cast<float>(0x7F800000u | rest << 13);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

/// To the nearest number of type T, ties to even; a NaN stays one, what is too large is infinite.
template <class T>
T store(float x);
template <>
inline float store<float>(float x) {
  return x;
}
template <>
inline BrainFloat store<BrainFloat>(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return {0x7FFFu};
  return {static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16)};
}
template <>
inline HalfFloat store<HalfFloat>(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x), rest = bits & 0x7FFFFFFFu;
  if (std::isnan(x)) return {0x7FFFu};
  std::uint32_t half = 0x7C00u;  // infinite from 65520 on
  if (rest < 0x38800000u) {      // below 2^-14: a multiple of 2^-24
    half = static_cast<std::uint32_t>(std::nearbyint(std::bit_cast<float>(rest) * 0x1p24f));
  } else if (rest < 0x477FF000u) {
    half = (rest - 0x38000000u + 0xFFFu + (rest >> 13 & 1u)) >> 13;
  }
  return {static_cast<std::uint16_t>(half | (bits >> 16 & 0x8000u))};
}

}  // namespace vrp
