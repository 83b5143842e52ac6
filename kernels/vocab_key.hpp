#pragma once
// A logit and its token as one number whose order is "larger logit, then lower token".
#include <cstdint>

#include "kernels/philox.hpp"

namespace vrp {

/// `bits` of a float, not NaN, to a number in the floats' order; the two zeros are one.
VRP_HOST_DEVICE inline std::uint32_t ordered_bits(std::uint32_t bits) {
  if (bits == 0x80000000u) bits = 0;
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}
VRP_HOST_DEVICE inline std::uint32_t float_bits(std::uint32_t ordered) {
  return ordered >> 31 != 0 ? ordered & 0x7FFFFFFFu : ~ordered;
}

/// Never 0.
VRP_HOST_DEVICE inline std::uint64_t vocab_key(std::uint32_t bits, std::uint32_t token) {
  return static_cast<std::uint64_t>(ordered_bits(bits)) << 32 | (0xFFFFFFFFu - token);
}
VRP_HOST_DEVICE inline std::uint32_t key_bits(std::uint64_t key) {
  return float_bits(static_cast<std::uint32_t>(key >> 32));
}
VRP_HOST_DEVICE inline std::uint32_t key_token(std::uint64_t key) {
  return 0xFFFFFFFFu - static_cast<std::uint32_t>(key);
}

}  // namespace vrp
