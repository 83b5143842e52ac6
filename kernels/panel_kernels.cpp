#include "kernels/panel_kernels.hpp"

#include <algorithm>
#include <cmath>

namespace vrp::panel {
namespace {

/// The specification.
template <class W>
void plain_tile(const Tile& t) {
  const W* w = static_cast<const W*>(t.w);
  for (std::int64_t r = 0; r < t.rows; ++r) {
    std::array<float, kPanelRows> sum{};
    for (std::int64_t k = 0; k < t.terms; ++k) {
      for (std::int64_t c = 0; c < kPanelRows; ++c) {
        sum[static_cast<std::size_t>(c)] = std::fma(
            t.x[k * t.rows + r], to_float(w[k * t.w_stride + c]), sum[static_cast<std::size_t>(c)]);
      }
    }
    for (std::int64_t c = 0; c < kPanelRows; ++c) {
      float& y = t.y[r * t.y_stride + c];
      y = (t.add_to_y ? y + sum[static_cast<std::size_t>(c)] : sum[static_cast<std::size_t>(c)]);
      if (t.bias) y += t.bias[c];
    }
  }
}

template <class W>
constexpr Kernels all_plain() {
  Kernels kernels{};
  kernels.fill(&plain_tile<W>);
  return kernels;
}

}  // namespace

const Kernels& plain_kernels(Stored type) {
  static constexpr Kernels f32 = all_plain<UnalignedF32>(), f16 = all_plain<F16>(),
                           bf16 = all_plain<BF16>();
  return type == Stored::f32 ? f32 : type == Stored::f16 ? f16 : bf16;
}

const Kernels& kernels_for(Stored type, Instructions instructions) {
#if defined(__x86_64__)
  if (instructions == Instructions::avx512) return avx512_kernels(type);
  if (instructions == Instructions::avx2) return avx2_kernels(type);
#endif
  (void)instructions;
  return plain_kernels(type);
}

void run(const Kernels& kernels, const Tile& tile, std::int64_t width) {
  const Kernel kernel = kernels[static_cast<std::size_t>(tile.rows)];
  if (width == kPanelRows) {
    kernel(tile);
    return;
  }
  std::array<float, RowBlocks::kRows * kPanelRows> y{};
  std::array<float, kPanelRows> bias{};
  Tile full = tile;
  full.y = y.data();
  full.y_stride = kPanelRows;
  if (tile.bias) {
    std::copy(tile.bias, tile.bias + width, bias.begin());
    full.bias = bias.data();
  }
  for (std::int64_t r = 0; tile.add_to_y && r < tile.rows; ++r) {
    std::copy_n(tile.y + r * tile.y_stride, width, full.y + r * kPanelRows);
  }
  kernel(full);
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    std::copy_n(full.y + r * kPanelRows, width, tile.y + r * tile.y_stride);
  }
}

}  // namespace vrp::panel
