#include <bit>
#include <cstdint>

#include "pipeline/store/record.hpp"

namespace vrp {

Half Half::from_float(float value) {
  const auto f = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((f >> 16) & 0x8000u);
  const std::uint32_t magnitude = f & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return {static_cast<std::uint16_t>(sign | 0x7E00u)};   // NaN
  if (magnitude >= 0x47800000u) return {static_cast<std::uint16_t>(sign | 0x7C00u)};  // overflow
  const auto exponent = static_cast<int>(magnitude >> 23) - 127;
  if (exponent < -25) return {sign};
  std::uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
  // Below 2^-14 the result is subnormal: the implicit bit moves into the mantissa.
  const int shift = exponent < -14 ? 13 + (-14 - exponent) : 13;
  const std::uint32_t half_way = 1u << (shift - 1);
  const std::uint32_t rest = mantissa & ((1u << shift) - 1);
  mantissa >>= shift;
  if (rest > half_way || (rest == half_way && (mantissa & 1u) != 0)) ++mantissa;
  const std::uint32_t bits =
      exponent < -14 ? mantissa : (static_cast<std::uint32_t>(exponent + 14) << 10) + mantissa;
  return {static_cast<std::uint16_t>(sign | bits)};
}

float Half::to_float() const {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
  std::uint32_t mantissa = bits & 0x3FFu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0) {
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  }
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign != 0 ? -magnitude : magnitude;
}

}  // namespace vrp
