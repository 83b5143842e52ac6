// Slabs between events, covered intervals in the middle of each slab; see the header.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/region_coverage.hpp"

namespace vrp {
namespace {

constexpr double kSnap = 1e-9;  // rounding: shares this close to 0 or 1 are 0 or 1

/// A non-horizontal edge in cell units, top end first.
struct Edge {
  double x0, y0, x1, y1;
  std::size_t outline;
  double x_at(double y) const { return x0 + (x1 - x0) * ((y - y0) / (y1 - y0)); }
};

std::vector<Edge> edges_of(std::span<const Outline> outlines, const CellFrame& frame) {
  std::vector<Edge> edges;
  for (std::size_t o = 0; o < outlines.size(); ++o) {
    const Outline& points = outlines[o];
    for (std::size_t i = 0; i < points.size(); i += 2) {
      const std::size_t j = (i + 2) % points.size();
      Edge e{points[i] * frame.scale_x + frame.offset_x,
             points[i + 1] * frame.scale_y + frame.offset_y,
             points[j] * frame.scale_x + frame.offset_x,
             points[j + 1] * frame.scale_y + frame.offset_y, o};
      if (e.y0 > e.y1) {
        std::swap(e.x0, e.x1);
        std::swap(e.y0, e.y1);
      }
      if (e.y0 < e.y1 && e.y1 > 0 && e.y0 < frame.grid.rows) edges.push_back(e);
    }
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.y0 < b.y0; });
  return edges;
}

/// Height at which two edges cross, or NaN.
double crossing(const Edge& a, const Edge& b) {
  const double ax = a.x1 - a.x0, ay = a.y1 - a.y0, bx = b.x1 - b.x0, by = b.y1 - b.y0;
  const double determinant = ax * by - ay * bx;
  if (determinant == 0) return std::nan("");
  const double t = ((b.x0 - a.x0) * by - (b.y0 - a.y0) * bx) / determinant;
  const double y = a.y0 + t * ay;
  return t >= 0 && t <= 1 && y >= b.y0 && y <= b.y1 ? y : std::nan("");
}

/// Heights, ascending and distinct, between which no edge starts, ends, meets another or changes
/// its column, and no row of cells ends.
std::vector<double> events_of(const std::vector<Edge>& edges, Grid grid) {
  std::vector<double> heights;
  for (int r = 0; r <= grid.rows; ++r) heights.push_back(r);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& e = edges[i];
    heights.push_back(e.y0);
    heights.push_back(e.y1);
    const double left = std::max(0.0, std::ceil(std::min(e.x0, e.x1)));
    const double right = std::min<double>(grid.cols, std::floor(std::max(e.x0, e.x1)));
    for (double c = left; c <= right && e.x0 != e.x1; ++c)
      heights.push_back(e.y0 + (e.y1 - e.y0) * ((c - e.x0) / (e.x1 - e.x0)));
    for (std::size_t j = i + 1; j < edges.size() && edges[j].y0 < e.y1; ++j) {
      const double y = crossing(e, edges[j]);
      if (!std::isnan(y)) heights.push_back(y);
    }
  }
  std::erase_if(heights, [&](double y) { return y < 0 || y > grid.rows; });
  std::sort(heights.begin(), heights.end());
  heights.erase(std::unique(heights.begin(), heights.end()), heights.end());
  return heights;
}

using Interval = std::pair<double, double>;

/// Union at height y of the insides of all outlines, as disjoint ascending intervals.
std::vector<Interval> inside_at(double y, const std::vector<const Edge*>& active) {
  std::vector<std::pair<std::size_t, double>> hits;
  for (const Edge* e : active) hits.emplace_back(e->outline, e->x_at(y));
  std::sort(hits.begin(), hits.end());
  std::vector<Interval> parts, merged;
  for (std::size_t i = 0; i + 1 < hits.size(); i += 2)  // an outline meets a height evenly often
    parts.emplace_back(hits[i].second, hits[i + 1].second);
  std::sort(parts.begin(), parts.end());
  for (const Interval& part : parts) {
    if (!merged.empty() && part.first <= merged.back().second) {
      merged.back().second = std::max(merged.back().second, part.second);
    } else {
      merged.push_back(part);
    }
  }
  return merged;
}

void add_interval(Interval part, double height, int cols, double* row) {
  const double left = std::max(0.0, part.first), right = std::min<double>(cols, part.second);
  if (left >= cols || right <= 0) return;
  for (int c = static_cast<int>(left); c < cols && c < right; ++c)
    row[c] += height * (std::min<double>(c + 1, right) - std::max<double>(c, left));
}

}  // namespace

void region_coverage_cpu(std::span<const Outline> outlines, const CellFrame& frame, double* share) {
  const Grid grid = frame.grid;
  std::fill_n(share, grid.cells(), 0.0);
  const std::vector<Edge> edges = edges_of(outlines, frame);
  const std::vector<double> heights = events_of(edges, grid);
  std::vector<const Edge*> active;
  std::size_t next = 0;
  for (std::size_t k = 0; k + 1 < heights.size(); ++k) {
    const double middle = 0.5 * (heights[k] + heights[k + 1]);
    if (!(middle > heights[k] && middle < heights[k + 1])) continue;  // thinner than a rounding
    while (next < edges.size() && edges[next].y0 < middle) active.push_back(&edges[next++]);
    std::erase_if(active, [middle](const Edge* e) { return e->y1 < middle; });
    const int row = std::min(grid.rows - 1, static_cast<int>(middle));
    for (const Interval& part : inside_at(middle, active))
      add_interval(part, heights[k + 1] - heights[k], grid.cols, share + row * grid.cols);
  }
  for (std::int64_t s = 0; s < grid.cells(); ++s) {
    if (share[s] < kSnap) share[s] = 0;
    if (share[s] > 1 - kSnap) share[s] = 1;
  }
}

}  // namespace vrp
