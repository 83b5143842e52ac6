#include "kernels/resize_plan.hpp"

#include <algorithm>
#include <cmath>

namespace vrp {
namespace {

double bicubic(double x) {
  constexpr double a = -0.5;
  if (x < 0.0) x = -x;
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

ResampleAxis weights_of(std::int64_t in_size, std::int64_t out_size, std::int64_t first,
                        std::int64_t count) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  const double filter_scale = std::max(scale, 1.0);
  const double support = 2.0 * filter_scale;
  ResampleAxis axis;
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

}  // namespace

ResizePlan plan_resize(std::int64_t width, std::int64_t height, std::int64_t out_width,
                       std::int64_t out_height, const Window& window) {
  ResizePlan plan;
  plan.width = width;
  plan.height = height;
  plan.window = window;
  plan.across = out_width != width;
  plan.down = out_height != height;
  plan.down_first = plan.down && height > 100 * width && out_height < height;
  if (plan.across) plan.columns = weights_of(width, out_width, window.left, window.width);
  plan.first_row = window.top;
  plan.row_count = window.height;
  if (plan.down) {
    plan.rows = weights_of(height, out_height, window.top, window.height);
    plan.first_row = plan.rows.begin.front();
    plan.row_count = plan.rows.begin.back() + plan.rows.size.back() - plan.first_row;
  }
  return plan;
}

}  // namespace vrp
