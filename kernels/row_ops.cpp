#include "kernels/row_ops.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace vrp {
namespace {

// Running sums side by side, so that the compiler may use wide registers in a fixed order.
constexpr std::int64_t kLanes = 16;

template <class Term>
double sum_in_lanes(std::int64_t count, Term term) {
  std::array<float, kLanes> lanes{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::int64_t j = 0; j < kLanes; ++j) lanes[static_cast<std::size_t>(j)] += term(i + j);
  }
  double sum = 0;
  for (const float lane : lanes) sum += lane;
  for (; i < count; ++i) sum += term(i);
  return sum;
}

__attribute__((always_inline)) inline float exp_inline(float x) {
  // e^x = 2^n e^r with |r| <= ln 2 / 2; polynomial and split of ln 2 as in Cephes' expf.
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.7f ? 88.7f : x;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = x * 1.44269504088896341f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float y = (p * (r * r) + r) + 1.0f;
  // The low bits of `shifted` are n; 2^n goes straight into the exponent.
  const auto bits = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(kRound);
  // In two factors: n = 128 alone would not be a number.
  const auto half = static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 1);
  const float a = std::bit_cast<float>((half + 127u) << 23);
  const float b = std::bit_cast<float>((bits - half + 127u) << 23);
  return y * a * b;
}

}  // namespace

float exp_f32(float x) { return exp_inline(x); }

void rms_norm_rows(const float* x, const float* w, double eps, std::int64_t rows, std::int64_t cols,
                   float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const double squares = sum_in_lanes(cols, [x](std::int64_t i) { return x[i] * x[i]; });
    const auto scale =
        static_cast<float>(1.0 / std::sqrt(squares / static_cast<double>(cols) + eps));
    for (std::int64_t i = 0; i < cols; ++i) y[i] = x[i] * scale * w[i];
  }
}

namespace {

// The loops with an exponential in them, compiled for wider registers as well. Each element goes
// through the same operations (contraction is off), so the bits are the same.
#define VRP_BODY __attribute__((always_inline)) inline

VRP_BODY void gated_silu_body(const float* x, std::int64_t rows, std::int64_t width, float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += 2 * width, y += width) {
    const float* up = x + width;
    for (std::int64_t i = 0; i < width; ++i) y[i] = x[i] / (1.0f + exp_inline(-x[i])) * up[i];
  }
}

// (1 + tanh(u)) / 2 = 1 / (1 + e^(-2 u)).
VRP_BODY float gelu_tanh_of(float x) {
  constexpr float kTwiceRoot = 1.5957691216057308f;  // 2 sqrt(2 / pi)
  return x / (1.0f + exp_inline(-kTwiceRoot * (x + 0.044715f * (x * x * x))));
}

VRP_BODY void gated_gelu_body(const float* x, std::int64_t rows, std::int64_t width, float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += 2 * width, y += width) {
    const float* up = x + width;
    for (std::int64_t i = 0; i < width; ++i) y[i] = gelu_tanh_of(x[i]) * up[i];
  }
}

VRP_BODY void gelu_tanh_body(float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = gelu_tanh_of(x[i]);
}

VRP_BODY void quick_gelu_body(float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] / (1.0f + exp_inline(-1.702f * x[i]));
}

VRP_BODY void scaled_exp_body(float* x, std::int64_t count, float scale, float top) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = exp_inline(scale * (x[i] - top));
}

#undef VRP_BODY

struct WithExp {
  void (*gated_silu)(const float*, std::int64_t, std::int64_t, float*);
  void (*gated_gelu)(const float*, std::int64_t, std::int64_t, float*);
  void (*gelu_tanh)(float*, std::int64_t);
  void (*quick_gelu)(float*, std::int64_t);
  void (*scaled_exp)(float*, std::int64_t, float, float);
};

#define VRP_WITH_EXP(suffix, target)                                                            \
  target void gated_silu_##suffix(const float* x, std::int64_t rows, std::int64_t width,        \
                                  float* y) {                                                   \
    gated_silu_body(x, rows, width, y);                                                         \
  }                                                                                             \
  target void gated_gelu_##suffix(const float* x, std::int64_t rows, std::int64_t width,        \
                                  float* y) {                                                   \
    gated_gelu_body(x, rows, width, y);                                                         \
  }                                                                                             \
  target void gelu_tanh_##suffix(float* x, std::int64_t count) { gelu_tanh_body(x, count); }    \
  target void quick_gelu_##suffix(float* x, std::int64_t count) { quick_gelu_body(x, count); }  \
  target void scaled_exp_##suffix(float* x, std::int64_t count, float scale, float top) {       \
    scaled_exp_body(x, count, scale, top);                                                      \
  }                                                                                             \
  constexpr WithExp k_##suffix{&gated_silu_##suffix, &gated_gelu_##suffix, &gelu_tanh_##suffix, \
                               &quick_gelu_##suffix, &scaled_exp_##suffix};

VRP_WITH_EXP(plain, )
#if defined(__x86_64__)
VRP_WITH_EXP(avx2, __attribute__((target("avx2"))))
VRP_WITH_EXP(avx512, __attribute__((target("avx512f"))))
#endif
#undef VRP_WITH_EXP

const WithExp& with_exp(Instructions instructions) {
#if defined(__x86_64__)
  if (instructions == Instructions::avx512) return k_avx512;
  if (instructions == Instructions::avx2) return k_avx2;
#endif
  (void)instructions;
  return k_plain;
}

}  // namespace

void gated_silu_rows(const float* x, std::int64_t rows, std::int64_t width, float* y,
                     Instructions instructions) {
  with_exp(instructions).gated_silu(x, rows, width, y);
}

void gated_gelu_rows(const float* x, std::int64_t rows, std::int64_t width, float* y,
                     Instructions instructions) {
  with_exp(instructions).gated_gelu(x, rows, width, y);
}

void gelu_tanh(float* x, std::int64_t count, Instructions instructions) {
  with_exp(instructions).gelu_tanh(x, count);
}

void quick_gelu(float* x, std::int64_t count, Instructions instructions) {
  with_exp(instructions).quick_gelu(x, count);
}

void gelu_erf(float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    x[i] = 0.5f * x[i] * (1.0f + std::erf(x[i] * 0.70710678118654752440f));
  }
}

void rotate_rows(float* x, std::int64_t rows, std::int64_t stride, std::int64_t heads,
                 std::int64_t head_dim, const float* cos, const float* sin, bool same_angles) {
  const std::int64_t half = head_dim / 2;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t h = 0; h < heads; ++h) {
      float* a = x + r * stride + h * head_dim;
      float* b = a + half;
      for (std::int64_t i = 0; i < half; ++i) {
        const float a0 = a[i], b0 = b[i];
        a[i] = a0 * cos[i] - b0 * sin[i];
        b[i] = b0 * cos[i] + a0 * sin[i];
      }
    }
    if (!same_angles) {
      cos += half;
      sin += half;
    }
  }
}

void softmax_row(float* x, std::int64_t count, float scale, Instructions instructions) {
  float top = x[0];
  for (std::int64_t i = 1; i < count; ++i) top = std::max(top, x[i]);
  with_exp(instructions).scaled_exp(x, count, scale, top);
  const double sum = sum_in_lanes(count, [x](std::int64_t i) { return x[i]; });
  const auto one_over = static_cast<float>(1.0 / sum);
  for (std::int64_t i = 0; i < count; ++i) x[i] *= one_over;
}

}  // namespace vrp
