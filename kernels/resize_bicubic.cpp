#include "kernels/resize_bicubic.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace vrp {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;  // as Pillow's Resample.c

/// Weights of one axis for outputs [first, first + count): output i sums `size[i]` inputs from
/// `begin[i]` on, weights in weights[i * taps ...], fixed point with kPrecisionBits.
struct Axis {
  std::int64_t taps = 0;
  std::vector<std::int64_t> begin, size;
  std::vector<std::int32_t> weights;
};

double bicubic(double x) {
  constexpr double a = -0.5;
  if (x < 0.0) x = -x;
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

Axis weights_of(std::int64_t in_size, std::int64_t out_size, std::int64_t first,
                std::int64_t count) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  const double filter_scale = std::max(scale, 1.0);
  const double support = 2.0 * filter_scale;
  Axis axis;
  axis.taps = static_cast<std::int64_t>(std::ceil(support)) * 2 + 1;
  axis.weights.assign(static_cast<std::size_t>(count * axis.taps), 0);
  std::vector<double> exact(static_cast<std::size_t>(axis.taps));
  for (std::int64_t i = 0; i < count; ++i) {
    const double center = (static_cast<double>(first + i) + 0.5) * scale;
    const double inverse = 1.0 / filter_scale;
    const auto begin = std::max<std::int64_t>(0, static_cast<std::int64_t>(center - support + 0.5));
    const auto end =
        std::min<std::int64_t>(in_size, static_cast<std::int64_t>(center + support + 0.5));
    double sum = 0;
    for (std::int64_t k = 0; k < end - begin; ++k) {
      const double x = (static_cast<double>(k + begin) - center + 0.5) * inverse;
      exact[static_cast<std::size_t>(k)] = bicubic(x);
      sum += exact[static_cast<std::size_t>(k)];
    }
    for (std::int64_t k = 0; k < end - begin; ++k) {
      double weight = exact[static_cast<std::size_t>(k)];
      if (sum != 0.0) weight /= sum;
      weight *= 1 << kPrecisionBits;
      axis.weights[static_cast<std::size_t>(i * axis.taps + k)] =
          static_cast<std::int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    axis.begin.push_back(begin);
    axis.size.push_back(end - begin);
  }
  return axis;
}

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

/// Columns of the window from the `rows` source rows at `source` (width pixels each).
std::vector<std::uint8_t> horizontal_pass(const std::uint8_t* source, std::int64_t width,
                                          std::int64_t rows, const Axis& axis) {
  const auto out_width = static_cast<std::int64_t>(axis.begin.size());
  std::vector<std::uint8_t> out(static_cast<std::size_t>(rows * out_width * 3));
  std::uint8_t* target = out.data();
  for (std::int64_t y = 0; y < rows; ++y, source += width * 3) {
    for (std::int64_t x = 0; x < out_width; ++x, target += 3) {
      const auto column = static_cast<std::size_t>(x);
      const std::uint8_t* pixel = source + axis.begin[column] * 3;
      const std::int32_t* weight = axis.weights.data() + x * axis.taps;
      std::int32_t red = 1 << (kPrecisionBits - 1), green = red, blue = red;
      for (std::int64_t k = 0; k < axis.size[column]; ++k, pixel += 3) {
        red += pixel[0] * weight[k];
        green += pixel[1] * weight[k];
        blue += pixel[2] * weight[k];
      }
      target[0] = to_byte(red);
      target[1] = to_byte(green);
      target[2] = to_byte(blue);
    }
  }
  return out;
}

/// Rows of the window; row 0 of `source` is input row `first_row`.
std::vector<std::uint8_t> vertical_pass(const std::uint8_t* source, std::int64_t first_row,
                                        std::int64_t row_bytes, const Axis& axis) {
  const auto out_height = static_cast<std::int64_t>(axis.begin.size());
  std::vector<std::uint8_t> out(static_cast<std::size_t>(out_height * row_bytes));
  std::vector<std::int32_t> sums(static_cast<std::size_t>(row_bytes));
  for (std::int64_t y = 0; y < out_height; ++y) {
    std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
    const auto line = static_cast<std::size_t>(y);
    for (std::int64_t k = 0; k < axis.size[line]; ++k) {
      const std::int32_t weight = axis.weights[static_cast<std::size_t>(y * axis.taps + k)];
      const std::uint8_t* row = source + (axis.begin[line] + k - first_row) * row_bytes;
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += row[i] * weight;
    }
    std::uint8_t* target = out.data() + y * row_bytes;
    for (std::size_t i = 0; i < sums.size(); ++i) target[i] = to_byte(sums[i]);
  }
  return out;
}

/// Columns [left, left + count) of rows of `width` pixels.
std::vector<std::uint8_t> cut_columns(const std::uint8_t* source, std::int64_t width,
                                      std::int64_t rows, std::int64_t left, std::int64_t count) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(rows * count * 3));
  for (std::int64_t y = 0; y < rows; ++y) {
    std::copy_n(source + (y * width + left) * 3, count * 3, out.data() + y * count * 3);
  }
  return out;
}

void check(std::size_t bytes, std::int64_t width, std::int64_t height, std::int64_t out_width,
           std::int64_t out_height, const Window& window) {
  const auto show = [](std::int64_t w, std::int64_t h) {
    return std::to_string(w) + " x " + std::to_string(h);
  };
  constexpr std::int64_t kMax = INT32_MAX;
  if (width < 1 || height < 1 || out_width < 1 || out_height < 1 || width > kMax || height > kMax ||
      out_width > kMax || out_height > kMax) {
    throw std::invalid_argument("resize_bicubic: from " + show(width, height) + " to " +
                                show(out_width, out_height) + ", expected sides in 1..2^31-1");
  }
  if (bytes != static_cast<std::size_t>(width * height) * 3) {
    throw std::invalid_argument("resize_bicubic: " + std::to_string(bytes) +
                                " bytes, expected 3 a pixel of " + show(width, height));
  }
  if (window.left < 0 || window.top < 0 || window.width < 1 || window.height < 1 ||
      window.left > out_width - window.width || window.top > out_height - window.height) {
    throw std::invalid_argument("resize_bicubic: window of " + show(window.width, window.height) +
                                " leaves the output of " + show(out_width, out_height));
  }
}

}  // namespace

std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height, const Window& window) {
  check(source.size(), width, height, out_width, out_height, window);
  const auto across = [&](const std::uint8_t* from, std::int64_t rows) {
    return out_width == width
               ? cut_columns(from, width, rows, window.left, window.width)
               : horizontal_pass(from, width, rows,
                                 weights_of(width, out_width, window.left, window.width));
  };
  if (out_height == height) return across(source.data() + window.top * width * 3, window.height);
  const Axis down = weights_of(height, out_height, window.top, window.height);
  if (height > 100 * width && out_height < height) {
    return across(vertical_pass(source.data(), 0, width * 3, down).data(), window.height);
  }
  const std::int64_t first_row = down.begin.front();
  const std::int64_t rows = down.begin.back() + down.size.back() - first_row;
  return vertical_pass(across(source.data() + first_row * width * 3, rows).data(), first_row,
                       window.width * 3, down);
}

std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height) {
  return resize_bicubic(source, width, height, out_width, out_height,
                        {0, 0, out_width, out_height});
}

}  // namespace vrp
