// The specification: one pass over the columns, one over the rows, each rounded to bytes.
#include <algorithm>
#include <vector>

#include "kernels/resize_plan.hpp"

namespace vrp {
namespace {

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

/// Columns of the window from the `rows` source rows at `source` (width pixels each).
void horizontal_pass(const std::uint8_t* source, std::int64_t width, std::int64_t rows,
                     const ResampleAxis& axis, std::uint8_t* target) {
  const auto out_width = static_cast<std::int64_t>(axis.begin.size());
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
}

/// Rows of the window; row 0 of `source` is input row `first_row`.
void vertical_pass(const std::uint8_t* source, std::int64_t first_row, std::int64_t row_bytes,
                   const ResampleAxis& axis, std::uint8_t* target) {
  const auto out_height = static_cast<std::int64_t>(axis.begin.size());
  std::vector<std::int32_t> sums(static_cast<std::size_t>(row_bytes));
  for (std::int64_t y = 0; y < out_height; ++y, target += row_bytes) {
    std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
    const auto line = static_cast<std::size_t>(y);
    for (std::int64_t k = 0; k < axis.size[line]; ++k) {
      const std::int32_t weight = axis.weights[static_cast<std::size_t>(y * axis.taps + k)];
      const std::uint8_t* row = source + (axis.begin[line] + k - first_row) * row_bytes;
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += row[i] * weight;
    }
    for (std::size_t i = 0; i < sums.size(); ++i) target[i] = to_byte(sums[i]);
  }
}

/// Columns [left, left + count) of rows of `width` pixels.
void cut_columns(const std::uint8_t* source, std::int64_t width, std::int64_t rows,
                 std::int64_t left, std::int64_t count, std::uint8_t* target) {
  for (std::int64_t y = 0; y < rows; ++y)
    std::copy_n(source + (y * width + left) * 3, count * 3, target + y * count * 3);
}

}  // namespace

void resize_bicubic_cpu(const ResizePlan& plan, const std::uint8_t* source, std::uint8_t* pixels) {
  const Window& window = plan.window;
  const auto across = [&](const std::uint8_t* from, std::int64_t rows, std::uint8_t* to) {
    if (plan.across) {
      horizontal_pass(from, plan.width, rows, plan.columns, to);
    } else {
      cut_columns(from, plan.width, rows, window.left, window.width, to);
    }
  };
  const std::int64_t line = plan.width * 3;
  if (!plan.down) return across(source + plan.first_row * line, plan.row_count, pixels);
  std::vector<std::uint8_t> between(static_cast<std::size_t>(
      plan.down_first ? window.height * line : plan.row_count * window.width * 3));
  if (plan.down_first) {
    vertical_pass(source, 0, line, plan.rows, between.data());
    across(between.data(), window.height, pixels);
  } else {
    across(source + plan.first_row * line, plan.row_count, between.data());
    vertical_pass(between.data(), plan.first_row, window.width * 3, plan.rows, pixels);
  }
}

}  // namespace vrp
