#pragma once
// Private to panel_product: one tile, up to 12 rows of x by one panel of w, in each instruction
// set.
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "kernels/panel_product.hpp"

namespace vrp::panel {

struct F16 {
  std::uint16_t bits;
};
struct BF16 {
  std::uint16_t bits;
};
struct __attribute__((packed)) UnalignedF32 {
  float value;
};

inline float to_float(UnalignedF32 x) { return x.value; }
inline float to_float(BF16 x) {
  const std::uint32_t bits = std::uint32_t{x.bits} << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}
inline float to_float(F16 x) {
  const std::uint32_t rest = x.bits & 0x7FFFu, sign = std::uint32_t{x.bits & 0x8000u} << 16;
  // The exponent's bias is 15 there and 127 here; subnormal halves become normal in the product.
  float value = std::bit_cast<float>(rest << 13) * 0x1p112f;
  if (rest >= 0x7C00u) value = std::bit_cast<float>(0x7F800000u | rest << 13);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

/// y[r, c] = (add_to_y ? y[r, c] : 0), plus x[k, r] w[k, c] for k = 0 .. terms - 1 in this order,
/// plus bias[c]; c = 0 .. 31. With add_to_y the new terms are summed from 0 and added as one.
struct Tile {
  const float* x = nullptr;  ///< [terms][rows]
  const void* w = nullptr;   ///< term k at element k * w_stride
  float* y = nullptr;
  const float* bias = nullptr;  ///< null = none
  std::int64_t rows = 0, terms = 0, w_stride = 0, y_stride = 0;
  bool add_to_y = false;
};

using Kernel = void (*)(const Tile&);
using Kernels = std::array<Kernel, RowBlocks::kRows + 1>;  ///< by number of rows

/// Error of the caller (an index out of range) is excluded by construction: Stored has three
/// values.
const Kernels& kernels_for(Stored type, Instructions instructions);

const Kernels& plain_kernels(Stored type);
const Kernels& avx2_kernels(Stored type);
const Kernels& avx512_kernels(Stored type);

/// Runs a tile of `width` <= 32 columns: through a full one beside it where width < 32.
void run(const Kernels& kernels, const Tile& tile, std::int64_t width);

}  // namespace vrp::panel
