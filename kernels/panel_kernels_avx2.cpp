// One tile with AVX2 and FMA: 6 rows by two registers of 8 columns are 12 running sums; a tile of
// 12 rows by 32 columns is gone through in quarters.
#if defined(__x86_64__)
#include <immintrin.h>

#include <utility>

#include "kernels/panel_kernels.hpp"

#define VRP_AVX2 __attribute__((target("avx2,fma,f16c"), always_inline)) inline

namespace vrp::panel {
namespace {

VRP_AVX2 __m256 load(const float* p) { return _mm256_loadu_ps(p); }
VRP_AVX2 __m256 load(const F16* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
VRP_AVX2 __m256 load(const BF16* p) {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

/// Rows first .. first + R - 1 of the tile, columns column .. column + 15.
template <int R, class W>
VRP_AVX2 void quarter(const Tile& t, int first, int column) {
  __m256 low[R], high[R];
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) low[r] = high[r] = _mm256_setzero_ps();
  const float* x = t.x + first;
  const W* w = static_cast<const W*>(t.w) + column;
  for (std::int64_t k = 0; k < t.terms; ++k, x += t.rows, w += t.w_stride) {
    const __m256 w0 = load(w), w1 = load(w + 8);
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const __m256 xr = _mm256_broadcast_ss(x + r);
      low[r] = _mm256_fmadd_ps(xr, w0, low[r]);
      high[r] = _mm256_fmadd_ps(xr, w1, high[r]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) {
    float* y = t.y + (first + r) * t.y_stride + column;
    if (t.add_to_y) {
      low[r] = _mm256_add_ps(_mm256_loadu_ps(y), low[r]);
      high[r] = _mm256_add_ps(_mm256_loadu_ps(y + 8), high[r]);
    }
    if (t.bias) {
      low[r] = _mm256_add_ps(low[r], _mm256_loadu_ps(t.bias + column));
      high[r] = _mm256_add_ps(high[r], _mm256_loadu_ps(t.bias + column + 8));
    }
    _mm256_storeu_ps(y, low[r]);
    _mm256_storeu_ps(y + 8, high[r]);
  }
}

template <int R, class W>
__attribute__((target("avx2,fma,f16c"))) void tile(const Tile& t) {
  for (const int column : {0, 16}) {
    if constexpr (R > 6) {
      quarter<6, W>(t, 0, column);
      quarter<R - 6, W>(t, 6, column);
    } else {
      quarter<R, W>(t, 0, column);
    }
  }
}

template <class W, int... R>
constexpr Kernels all(std::integer_sequence<int, R...>) {
  return {nullptr, &tile<R + 1, W>...};
}
using Rows = std::make_integer_sequence<int, RowBlocks::kRows>;

}  // namespace

const Kernels& avx2_kernels(Stored type) {
  static constexpr Kernels f32 = all<float>(Rows{}), f16 = all<F16>(Rows{}),
                           bf16 = all<BF16>(Rows{});
  return type == Stored::f32 ? f32 : type == Stored::f16 ? f16 : bf16;
}

}  // namespace vrp::panel
#endif
