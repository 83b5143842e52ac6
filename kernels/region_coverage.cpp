#include "kernels/region_coverage.hpp"

#include <cmath>

namespace vrp {

void region_coverage(std::span<const Outline> outlines, const CellFrame& frame,
                     std::span<double> share) {
  constexpr const char* kKernel = "region_coverage";
  require_grid(kKernel, frame.grid, frame.grid.cells());
  require_size(kKernel, "length of the result", static_cast<std::int64_t>(share.size()),
               frame.grid.cells());
  for (const double scale : {frame.scale_x, frame.scale_y}) {
    if (!(scale > 0 && std::isfinite(scale))) reject(kKernel, "scale", scale, "> 0");
  }
  for (const double offset : {frame.offset_x, frame.offset_y}) {
    if (!std::isfinite(offset)) reject(kKernel, "offset", offset, "a finite number");
  }
  for (const Outline& outline : outlines) {
    const auto coordinates = static_cast<double>(outline.size());
    if (outline.size() % 2 != 0) {
      reject(kKernel, "number of coordinates of an outline", coordinates, "an even number");
    }
    if (outline.size() < 6)
      reject(kKernel, "number of coordinates of an outline", coordinates, ">= 6 (three points)");
    for (const double value : outline) {
      if (!(std::abs(value) <= 1e9)) reject(kKernel, "coordinate", value, "a number within +-1e9");
    }
  }
  region_coverage_cpu(outlines, frame, share.data());
}

Outline box_outline(double x, double y, double width, double height) {
  return {x, y, x + width, y, x + width, y + height, x, y + height};
}

}  // namespace vrp
