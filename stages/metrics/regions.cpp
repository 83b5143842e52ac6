#include "stages/metrics/regions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace vrp {
namespace {

double mean_of(const std::vector<double>& share) {
  return std::accumulate(share.begin(), share.end(), 0.0) / static_cast<double>(share.size());
}

GridRegion undefined(std::string reason) {
  return {{}, std::numeric_limits<double>::quiet_NaN(), std::move(reason)};
}

/// True when the outlines have an area at all, wherever they lie: their own bounding box, cut into
/// one cell, is covered somewhere.
bool has_area(const std::vector<Outline>& outlines) {
  double left = outlines[0][0], right = left, top = outlines[0][1], bottom = top;
  for (const Outline& outline : outlines) {
    for (std::size_t i = 0; i < outline.size(); i += 2) {
      left = std::min(left, outline[i]);
      right = std::max(right, outline[i]);
      top = std::min(top, outline[i + 1]);
      bottom = std::max(bottom, outline[i + 1]);
    }
  }
  if (!(right > left && bottom > top)) return false;
  const double sx = 1 / (right - left), sy = 1 / (bottom - top);
  double covered = 0;
  region_coverage(outlines, {sx, sy, -left * sx, -top * sy, {1, 1}}, {&covered, 1});
  return covered > 0;
}

}  // namespace

std::vector<Outline> outlines_of(const std::vector<Region>& regions, const std::string& shape) {
  std::vector<Outline> outlines;
  for (const Region& region : regions) {
    if (shape == "box" || region.polygons.empty()) {
      const auto& b = region.box;
      outlines.push_back(box_outline(b[0], b[1], b[2], b[3]));
    } else {
      outlines.insert(outlines.end(), region.polygons.begin(), region.polygons.end());
    }
  }
  return outlines;
}

CellFrame pixel_frame(const Placement& p) {
  const double across = p.grid.cols / p.width, down = p.grid.rows / p.height;
  return {p.scale_x * across, p.scale_y * down, -p.offset_x * across, -p.offset_y * down, p.grid};
}

CellFrame picture_frame(const Placement& p) {
  CellFrame frame = pixel_frame(p);
  frame.scale_x *= p.source_width;
  frame.scale_y *= p.source_height;
  return frame;
}

GridRegion grid_region(const std::vector<Region>& regions, const std::string& shape,
                       const Placement& placement) {
  if (regions.empty()) return undefined("no region");
  if (std::string fault = placement.fault(); !fault.empty()) return undefined(std::move(fault));
  GridRegion out;
  out.share.resize(static_cast<std::size_t>(placement.grid.cells()));
  try {
    const std::vector<Outline> outlines = outlines_of(regions, shape);
    region_coverage(outlines, pixel_frame(placement), out.share);
    out.area = mean_of(out.share);
    if (out.area == 0) out.reason = has_area(outlines) ? "region outside the crop" : "empty region";
  } catch (const std::invalid_argument& error) {
    return undefined(std::string("malformed region: ") + error.what());
  }
  return out;
}

std::vector<double> centred_square(double area, const Placement& p) {
  const double target = area * p.width * p.height;
  const double across = std::min(p.width, std::max(std::sqrt(target), target / p.height));
  const double down = std::min(p.height, target / across);
  const double left = (p.width - across) / 2, top = (p.height - down) / 2;
  const std::vector<Outline> square{box_outline(left, top, across, down)};
  std::vector<double> share(static_cast<std::size_t>(p.grid.cells()));
  region_coverage(square, {p.grid.cols / p.width, p.grid.rows / p.height, 0, 0, p.grid}, share);
  return share;
}

}  // namespace vrp
