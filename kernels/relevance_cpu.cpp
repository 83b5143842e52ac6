// The specification of methods 5 for one map and one region at a time.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "kernels/components.hpp"
#include "kernels/relevance.hpp"
#include "kernels/spatial_entropy.hpp"

namespace vrp {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Scratch {
  std::vector<double> weighted;
  std::vector<std::uint8_t> top, region;
  std::vector<std::int32_t> labels;
};

Relevance undefined(double area) {
  Relevance r;
  r.area = area;
  r.mass = r.lift = r.log_lift = r.iou = r.precision = r.recall = r.pointing = kNaN;
  r.h_in = r.h_in_norm = r.h_out = r.h_b = r.h_rel = r.c_in = r.c_out = kNaN;
  return r;
}

double plogp(double p) { return p > 0 ? p * std::log(p) : 0.0; }

/// Entropies of the two parts of the map; `inside` and `outside` are their masses (not normalised).
void split_entropy(const double* map, const double* f, std::int64_t cells, double inside,
                   double outside, Scratch& scratch, Relevance& r) {
  std::int64_t n_in = 0;
  const Maps<double> part{scratch.weighted.data(), 1, cells};
  for (std::int64_t s = 0; s < cells; ++s) {
    n_in += f[s] > 0;
    scratch.weighted[static_cast<std::size_t>(s)] = map[s] * f[s];
  }
  spatial_entropy_cpu(part, &r.h_in);  // NaN without mass
  r.h_in_norm = n_in == 1 ? 0.0 : r.h_in / std::log(static_cast<double>(n_in));
  if (std::isnan(r.h_in)) r.h_in_norm = kNaN;
  for (std::int64_t s = 0; s < cells; ++s)
    scratch.weighted[static_cast<std::size_t>(s)] = map[s] * (1 - f[s]);
  if (outside > 0) spatial_entropy_cpu(part, &r.h_out);
  const double total = inside + outside;
  r.h_b = -plogp(inside / total) - plogp(outside / total);
  r.h_rel = r.h_b + (outside / total) * r.h_out;
}

double points_at(const double* map, const double* f, Grid grid, int tolerance) {
  const auto best = static_cast<int>(std::max_element(map, map + grid.cells()) - map);
  const int row = best / grid.cols, col = best % grid.cols;
  for (int r = std::max(0, row - tolerance); r <= std::min(grid.rows - 1, row + tolerance); ++r) {
    for (int c = std::max(0, col - tolerance); c <= std::min(grid.cols - 1, col + tolerance); ++c)
      if (f[r * grid.cols + c] > 0) return 1;
  }
  return 0;
}

void overlap(const double* map, Grid grid, const RelevanceOptions& options, Scratch& scratch,
             Relevance& r) {
  const auto cells = static_cast<std::size_t>(grid.cells());
  scratch.top.resize(cells);
  scratch.labels.resize(cells);
  top_mass_mask_cpu({map, 1, grid.cells()}, options.top_mass, scratch.top.data());
  std::int32_t total = 0;
  components_cpu(scratch.top.data(), 1, grid, options.neighbourhood, scratch.labels.data(), &total);
  double both = 0, top = 0, region = 0;
  std::vector<char> touches(static_cast<std::size_t>(total) + 1, 0);
  for (std::size_t s = 0; s < cells; ++s) {
    top += scratch.top[s];
    region += scratch.region[s];
    if (!scratch.top[s] || !scratch.region[s]) continue;
    both += 1;
    touches[static_cast<std::size_t>(scratch.labels[s])] = 1;
  }
  r.iou = both / (top + region - both);
  r.precision = both / top;
  r.recall = both / region;
  r.c_in = static_cast<double>(std::count(touches.begin(), touches.end(), 1));
  r.c_out = static_cast<double>(total) - r.c_in;
}

}  // namespace

void region_mask(std::span<const double> coverage, std::vector<std::uint8_t>& mask) {
  mask.assign(coverage.size(), 0);
  bool any = false;
  for (std::size_t s = 0; s < coverage.size(); ++s) {
    if (coverage[s] < 0.5) continue;
    mask[s] = 1;
    any = true;
  }
  if (any || coverage.empty()) return;
  mask[static_cast<std::size_t>(std::ranges::max_element(coverage) - coverage.begin())] = 1;
}

void relevance_cpu(const Maps<double>& maps, const Maps<double>& coverage, Grid grid,
                   const RelevanceOptions& options, Relevance* rows) {
  Scratch scratch;
  scratch.weighted.resize(static_cast<std::size_t>(maps.cells));
  for (std::int64_t i = 0; i < maps.count; ++i) {
    const double* map = maps.row(i);
    const double* f = coverage.row(coverage.count == 1 ? 0 : i);
    double covered = 0, inside = 0, outside = 0;
    for (std::int64_t s = 0; s < maps.cells; ++s) {
      covered += f[s];
      inside += map[s] * f[s];
      outside += map[s] * (1 - f[s]);
    }
    Relevance r = undefined(covered / static_cast<double>(maps.cells));
    const double mass = map_mass(map, maps.cells);
    if (covered > 0 && !std::isnan(mass)) {
      r.mass = std::min(1.0, inside / mass);
      r.lift = r.mass / r.area;
      r.log_lift = r.mass > 0 ? std::log(r.lift) : kNaN;
      r.h_out = 0;
      split_entropy(map, f, maps.cells, inside, outside, scratch, r);
      region_mask({f, static_cast<std::size_t>(maps.cells)}, scratch.region);
      overlap(map, grid, options, scratch, r);
      r.pointing = points_at(map, f, grid, options.pointing_tolerance);
    }
    rows[i] = r;
  }
}

}  // namespace vrp
