#pragma once
// The region G of an item on the grid of its model, and the square that controls for its area.
#include <string>
#include <vector>

#include "kernels/region_coverage.hpp"
#include "pipeline/items/item_table.hpp"
#include "stages/metrics/captured.hpp"

namespace vrp {

/// Closed outlines of annotated objects: their polygons, or their boxes where they have none or
/// `shape` is "box".
std::vector<Outline> outlines_of(const std::vector<Region>& regions, const std::string& shape);

/// Frame of coordinates in source pixels; and of coordinates as shares of the source's width and
/// height, in which a region of one picture can be laid over another.
CellFrame pixel_frame(const Placement& placement);
CellFrame picture_frame(const Placement& placement);

struct GridRegion {
  std::vector<double> share;  ///< f, [S]; empty when not defined
  double area = 0;            ///< a = mean f; NaN when f is not defined
  std::string reason;         ///< "" or why a relevance metric cannot be defined
};

/// f of the union of the item's objects. Reasons: no region, no grid, no geometry, malformed region
/// (with the kernel's text), empty region (a = 0 without any cropping), region outside the crop.
GridRegion grid_region(const std::vector<Region>& regions, const std::string& shape,
                       const Placement& placement);

/// f of the centred square of area share `area` (0 < area <= 1) in the model's input; where the
/// input is too narrow for the square, the rectangle of that area over its full narrow side.
std::vector<double> centred_square(double area, const Placement& placement);

}  // namespace vrp
