#include "kernels/row_ops.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/philox.hpp"

using namespace vrp;

namespace {

std::vector<float> noise(std::uint32_t seed, std::int64_t count, double scale) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), seed, 0, 0}, {2, 9});
    values.push_back(static_cast<float>(scale * (2 * uniform53(w.c0, w.c1) - 1)));
  }
  return values;
}

void check_close(float found, double expected, double relative, double absolute = 1e-30) {
  INFO("found " << found << ", expected " << expected);
  REQUIRE(std::abs(double{found} - expected) <= relative * std::abs(expected) + absolute);
}

const float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("exp is within two units in the last place over its range", "[kernels][row_ops]") {
  double worst = 0;
  for (int i = -87'000; i <= 88'600; ++i) {
    const float x = static_cast<float>(i) * 1e-3f;
    const double expected = std::exp(double{x});
    worst = std::max(worst, std::abs(exp_f32(x) - expected) / expected);
  }
  INFO("worst relative error " << worst);
  CHECK(worst <= 2 * 1.2e-7);
  CHECK(exp_f32(0.0f) == 1.0f);
  CHECK(exp_f32(-1000.0f) < 1.3e-38f);
  CHECK(exp_f32(-1000.0f) >= 0.0f);
  CHECK(std::isfinite(exp_f32(1000.0f)));
  CHECK(exp_f32(1000.0f) > 3e38f);
  CHECK(std::isnan(exp_f32(kNan)));
}

TEST_CASE("RMS norm divides by the root mean square", "[kernels][row_ops]") {
  for (const std::int64_t cols : {1, 5, 16, 67, 1024}) {
    const auto x = noise(1, 3 * cols, 4.0), w = noise(2, cols, 2.0);
    std::vector<float> y(x.size());
    rms_norm_rows(x.data(), w.data(), 1e-5, 3, cols, y.data());
    for (std::int64_t r = 0; r < 3; ++r) {
      double squares = 0;
      for (std::int64_t i = 0; i < cols; ++i)
        squares += std::pow(double{x[static_cast<std::size_t>(r * cols + i)]}, 2);
      for (std::int64_t i = 0; i < cols; ++i) {
        const auto at = static_cast<std::size_t>(r * cols + i);
        check_close(
            y[at], x[at] * w[static_cast<std::size_t>(i)] / std::sqrt(squares / cols + 1e-5), 1e-6);
      }
    }
  }
  std::vector<float> zero(4, 0.0f), w(4, 1.0f), bad = {1, kNan, 2, 3}, y(4);
  rms_norm_rows(zero.data(), w.data(), 1e-5, 1, 4, y.data());
  CHECK(y == zero);
  rms_norm_rows(bad.data(), w.data(), 1e-5, 1, 4, y.data());
  for (const float value : y) CHECK(std::isnan(value));
}

TEST_CASE("activations have their closed forms", "[kernels][row_ops]") {
  const auto x = noise(3, 2 * 2 * 37, 12.0);
  std::vector<float> gated(2 * 37);
  gated_silu_rows(x.data(), 2, 37, gated.data());
  for (std::size_t r = 0; r < 2; ++r) {
    for (std::size_t i = 0; i < 37; ++i) {
      const double gate = x[r * 74 + i], up = x[r * 74 + 37 + i];
      check_close(gated[r * 37 + i], gate / (1 + std::exp(-gate)) * up, 1e-6);
    }
  }
  auto quick = x, erf = x;
  quick_gelu(quick.data(), static_cast<std::int64_t>(quick.size()));
  gelu_erf(erf.data(), static_cast<std::int64_t>(erf.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    // The rounded argument of exp, up to 20, is off by 20 units of 6e-8.
    check_close(quick[i], x[i] / (1 + std::exp(-1.702 * x[i])), 2e-6);
    check_close(erf[i], 0.5 * x[i] * (1 + std::erf(x[i] / std::sqrt(2.0))), 1e-6, 1e-6);
  }
  auto tanh_form = x;
  gelu_tanh(tanh_form.data(), static_cast<std::int64_t>(tanh_form.size()));
  std::vector<float> gated_gelu(2 * 37);
  gated_gelu_rows(x.data(), 2, 37, gated_gelu.data());
  const auto exact = [](double v) {
    return 0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
  };
  for (std::size_t i = 0; i < x.size(); ++i) check_close(tanh_form[i], exact(x[i]), 1e-6, 1e-6);
  for (std::size_t r = 0; r < 2; ++r) {
    for (std::size_t i = 0; i < 37; ++i) {
      check_close(gated_gelu[r * 37 + i], exact(x[r * 74 + i]) * x[r * 74 + 37 + i], 1e-6, 1e-5);
    }
  }
  // Far out: the gate is shut or open.
  std::vector<float> far = {-500.0f, 500.0f, kNan, 2.0f, 2.0f, 2.0f}, out(3);
  gated_silu_rows(far.data(), 1, 3, out.data());
  CHECK(std::abs(out[0]) < 1e-30f);
  CHECK(out[1] == 1000.0f);
  CHECK(std::isnan(out[2]));
  std::vector<float> ends = {-1e30f, -500.0f, 500.0f, 1e30f, kNan};
  gelu_tanh(ends.data(), 5);
  CHECK(std::abs(ends[1]) < 1e-30f);
  CHECK(std::abs(ends[0]) < 1e-6f);
  CHECK(ends[2] == 500.0f);
  CHECK(ends[3] == 1e30f);
  CHECK(std::isnan(ends[4]));
}

TEST_CASE("rotation turns pairs (i, i + d/2) by the angle of their row", "[kernels][row_ops]") {
  const std::int64_t rows = 3, heads = 2, width = 6, stride = 20;
  const auto x = noise(4, rows * stride, 1.0), angle = noise(5, rows * 3, 3.0);
  std::vector<float> cos, sin;
  for (const float a : angle) {
    cos.push_back(std::cos(a));
    sin.push_back(std::sin(a));
  }
  for (const bool same : {false, true}) {
    auto y = x;
    rotate_rows(y.data(), rows, stride, heads, width, cos.data(), sin.data(), same);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < stride; ++c) {
        const auto at = static_cast<std::size_t>(r * stride + c);
        if (c >= heads * width) {
          CHECK(y[at] == x[at]);
          continue;
        }
        const std::int64_t i = c % width, pair = i % 3;
        const double a = angle[static_cast<std::size_t>((same ? 0 : r) * 3 + pair)];
        const double partner = x[i < 3 ? at + 3 : at - 3];
        check_close(y[at], x[at] * std::cos(a) + (i < 3 ? -1 : 1) * partner * std::sin(a), 1e-6,
                    1e-6);
      }
    }
  }
}

TEST_CASE("softmax sums to one and does not overflow", "[kernels][row_ops]") {
  for (const std::int64_t count : {1, 3, 16, 613}) {
    const auto x = noise(6, count, 30.0);
    auto y = x;
    softmax_row(y.data(), count, 0.5f);
    double mass = 0, sum = 0;
    for (const float value : x) mass += std::exp(0.5 * value);
    for (std::size_t i = 0; i < y.size(); ++i) {
      check_close(y[i], std::exp(0.5 * x[i]) / mass, 3e-6);
      sum += y[i];
    }
    CHECK(std::abs(sum - 1) <= 1e-6);
  }
  std::vector<float> large = {1e30f, -1e30f, 1e30f};
  softmax_row(large.data(), 3, 1.0f);
  CHECK(large[0] == 0.5f);
  CHECK(large[1] < 1e-37f);
  std::vector<float> bad = {1.0f, kNan, 2.0f};
  softmax_row(bad.data(), 3, 1.0f);
  for (const float value : bad) CHECK(std::isnan(value));
}

TEST_CASE("wider registers give the same bits", "[kernels][row_ops]") {
  const auto x = noise(7, 2 * 999, 20.0);
  std::vector<Instructions> wider;
  if (best_instructions() != Instructions::plain) wider.push_back(Instructions::avx2);
  if (best_instructions() == Instructions::avx512) wider.push_back(Instructions::avx512);
  for (const Instructions instructions : wider) {
    std::vector<float> plain(999), wide(999);
    gated_silu_rows(x.data(), 1, 999, plain.data(), Instructions::plain);
    gated_silu_rows(x.data(), 1, 999, wide.data(), instructions);
    CHECK(plain == wide);
    plain = wide = x;
    quick_gelu(plain.data(), 999, Instructions::plain);
    quick_gelu(wide.data(), 999, instructions);
    CHECK(plain == wide);
    plain = wide = x;
    softmax_row(plain.data(), 999, 0.3f, Instructions::plain);
    softmax_row(wide.data(), 999, 0.3f, instructions);
    CHECK(plain == wide);
  }
}
