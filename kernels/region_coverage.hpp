#pragma once
// From annotated outlines in image pixels to the covered share of each cell of a model's grid.
#include <span>
#include <vector>

#include "kernels/maps.hpp"

namespace vrp {

/// Where outline coordinates lie on the grid, in units of cells: column = x * scale_x + offset_x,
/// row = y * scale_y + offset_y. The grid covers [0, cols] x [0, rows]; the rest is cut off.
struct CellFrame {
  double scale_x = 1, scale_y = 1;
  double offset_x = 0, offset_y = 0;
  Grid grid;
};

/// A closed outline x0 y0 x1 y1 ...; at least three points. A crossing outline fills by the
/// even-odd rule, as COCO's rasteriser does.
using Outline = std::vector<double>;

Outline box_outline(double x, double y, double width, double height);

/// f: the share of each cell that the union of the outlines covers.
///   outlines  M >= 0 of them, finite      share  float64 [rows * cols], 0 .. 1
/// Exact up to rounding (1e-9 of a cell), for boxes and polygons alike: the picture is cut into
/// horizontal slabs at every height where an edge begins, ends, meets another edge or passes from
/// one column to the next; inside a slab the covered length in each cell is linear in height, so
/// its value in the middle times the height of the slab is the area. Overlaps count once. Throws
/// std::invalid_argument for a wrong result size, an empty grid, a scale <= 0, an outline with an
/// odd number of coordinates, under three points or a non-finite coordinate.
/// Source: methods 5, "Transform G".
void region_coverage(std::span<const Outline> outlines, const CellFrame& frame,
                     std::span<double> share);

void region_coverage_cpu(std::span<const Outline> outlines, const CellFrame& frame, double* share);

}  // namespace vrp
