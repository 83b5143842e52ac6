#pragma once
// The element-wise and row-wise operations between matrix products, on float32 rows. Every row has
// the same bits whatever stands beside it, however rows are split over threads. Not-a-number in
// gives not-a-number out.
#include <cstdint>

#include "kernels/panel_product.hpp"

namespace vrp {

/// e^x within 2 units in the last place; below -87.3 the smallest normal number's neighbourhood,
/// above 88.7 about 3.3e38 (never infinite).
float exp_f32(float x);

/// y[r, :] = w * x[r, :] / sqrt(mean(x[r, :]^2) + eps); y may be x.
/// Source: Zhang and Sennrich, "Root mean square layer normalization", NeurIPS 2019.
void rms_norm_rows(const float* x, const float* w, double eps, std::int64_t rows, std::int64_t cols,
                   float* y);

/// y[r, i] = silu(x[r, i]) * x[r, width + i], silu(a) = a / (1 + e^-a); x [rows, 2 * width].
void gated_silu_rows(const float* x, std::int64_t rows, std::int64_t width, float* y,
                     Instructions instructions = best_instructions());

/// The same with gelu_tanh for silu.
void gated_gelu_rows(const float* x, std::int64_t rows, std::int64_t width, float* y,
                     Instructions instructions = best_instructions());

/// In place: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the approximation of gelu.
/// Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
void gelu_tanh(float* x, std::int64_t count, Instructions instructions = best_instructions());

/// In place: x / (1 + e^(-1.702 x)), and x (1 + erf(x / sqrt 2)) / 2.
void quick_gelu(float* x, std::int64_t count, Instructions instructions = best_instructions());
void gelu_erf(float* x, std::int64_t count);

/// In place: heads of x rotated in the rotate-half convention. Row r starts at x + r * stride and
/// holds `heads` heads of `head_dim`; cos, sin [rows, head_dim / 2], or one row for all when
/// `same_angles`.
void rotate_rows(float* x, std::int64_t rows, std::int64_t stride, std::int64_t heads,
                 std::int64_t head_dim, const float* cos, const float* sin, bool same_angles);

/// In place: softmax(scale * x).
void softmax_row(float* x, std::int64_t count, float scale,
                 Instructions instructions = best_instructions());

}  // namespace vrp
