// One tile with AVX-512: 12 rows by two registers of 16 columns are 24 running sums; every term
// takes two loads of w and a broadcast of x per row.
#if defined(__x86_64__)
#include <immintrin.h>

#include <utility>

#include "kernels/panel_kernels.hpp"

#define VRP_AVX512 __attribute__((target("avx512f"), always_inline)) inline

namespace vrp::panel {
namespace {

VRP_AVX512 __m512 load(const float* p) { return _mm512_loadu_ps(p); }
VRP_AVX512 __m512 load(const F16* p) {
  return _mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
VRP_AVX512 __m512 load(const BF16* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(
      _mm512_maskz_slli_epi32(0xffff, _mm512_maskz_cvtepu16_epi32(0xffff, bits), 16));
}

template <int R, class W>
__attribute__((target("avx512f"))) void tile(const Tile& t) {
  __m512 low[R], high[R];
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) low[r] = high[r] = _mm512_setzero_ps();
  const float* x = t.x;
  const W* w = static_cast<const W*>(t.w);
  const std::int64_t stride = t.w_stride;
  for (std::int64_t k = 0; k < t.terms; ++k, x += R, w += stride) {
    const __m512 w0 = load(w), w1 = load(w + 16);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      const __m512 xr = _mm512_set1_ps(x[r]);
      low[r] = _mm512_fmadd_ps(xr, w0, low[r]);
      high[r] = _mm512_fmadd_ps(xr, w1, high[r]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
    float* y = t.y + r * t.y_stride;
    if (t.add_to_y) {
      low[r] = _mm512_add_ps(_mm512_loadu_ps(y), low[r]);
      high[r] = _mm512_add_ps(_mm512_loadu_ps(y + 16), high[r]);
    }
    if (t.bias) {
      low[r] = _mm512_add_ps(low[r], _mm512_loadu_ps(t.bias));
      high[r] = _mm512_add_ps(high[r], _mm512_loadu_ps(t.bias + 16));
    }
    _mm512_storeu_ps(y, low[r]);
    _mm512_storeu_ps(y + 16, high[r]);
  }
}

template <class W, int... R>
constexpr Kernels all(std::integer_sequence<int, R...>) {
  return {nullptr, &tile<R + 1, W>...};
}
using Rows = std::make_integer_sequence<int, RowBlocks::kRows>;

}  // namespace

const Kernels& avx512_kernels(Stored type) {
  static constexpr Kernels f32 = all<float>(Rows{}), f16 = all<F16>(Rows{}),
                           bf16 = all<BF16>(Rows{});
  return type == Stored::f32 ? f32 : type == Stored::f16 ? f16 : bf16;
}

}  // namespace vrp::panel
#endif
