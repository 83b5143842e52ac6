// The specification: neighbourhoods by a window over the grid, components of core points by a
// stack.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "kernels/dbscan.hpp"

namespace vrp {
namespace {

/// Offsets (rows, columns) within eps of a cell, itself included.
struct Offset {
  int row, col;
};
std::vector<Offset> ball(double eps, Grid grid) {
  const int reach = static_cast<int>(std::min<double>(eps, std::max(grid.rows, grid.cols)));
  std::vector<Offset> offsets;
  for (int r = -reach; r <= reach; ++r) {
    for (int c = -reach; c <= reach; ++c) {
      if (std::sqrt(static_cast<double>(r) * r + static_cast<double>(c) * c) <= eps)
        offsets.push_back({r, c});
    }
  }
  return offsets;
}

template <class Use>
void for_neighbours(int cell, Grid grid, const std::vector<Offset>& offsets, Use use) {
  for (const Offset offset : offsets) {
    const int r = cell / grid.cols + offset.row, c = cell % grid.cols + offset.col;
    if (r >= 0 && r < grid.rows && c >= 0 && c < grid.cols) use(r * grid.cols + c);
  }
}

std::int32_t core_components(const std::vector<char>& core, Grid grid,
                             const std::vector<Offset>& offsets) {
  std::vector<char> seen(core.size(), 0);
  std::vector<int> stack;
  std::int32_t found = 0;
  for (int start = 0; start < static_cast<int>(core.size()); ++start) {
    if (!core[static_cast<std::size_t>(start)] || seen[static_cast<std::size_t>(start)]) continue;
    ++found;
    seen[static_cast<std::size_t>(start)] = 1;
    stack.assign(1, start);
    while (!stack.empty()) {
      const int cell = stack.back();
      stack.pop_back();
      for_neighbours(cell, grid, offsets, [&](int next) {
        const auto n = static_cast<std::size_t>(next);
        if (!core[n] || seen[n]) return;
        seen[n] = 1;
        stack.push_back(next);
      });
    }
  }
  return found;
}

}  // namespace

PercentileRank percentile_rank(double percent, std::int64_t n) {
  const double rank = percent / 100 * static_cast<double>(n - 1);
  const std::int64_t below = std::min(static_cast<std::int64_t>(rank), n - 1);
  return {below, std::min(below + 1, n - 1), rank - static_cast<double>(below)};
}

double percentile_linear(std::span<const double> values, double percent) {
  if (values.empty()) throw std::invalid_argument("percentile: no values, expected at least 1");
  if (!(percent >= 0 && percent <= 100)) reject("percentile", "percent", percent, "[0, 100]");
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const PercentileRank rank = percentile_rank(percent, static_cast<std::int64_t>(values.size()));
  const double low = sorted[static_cast<std::size_t>(rank.below)];
  const double high = sorted[static_cast<std::size_t>(rank.above)];
  const double step = high - low;
  return rank.part >= 0.5 ? high - step * (1 - rank.part) : low + step * rank.part;
}

void map_percentiles_cpu(const Maps<double>& maps, double percent, double* values) {
  for (std::int64_t i = 0; i < maps.count; ++i) {
    const double mass = map_mass(maps.row(i), maps.cells);
    const std::span<const double> row(maps.row(i), static_cast<std::size_t>(maps.cells));
    values[i] = std::isnan(mass) ? mass : percentile_linear(row, percent);
  }
}

void dbscan_clusters_cpu(const Maps<double>& maps, Grid grid, const DbscanOptions& options,
                         std::int32_t* clusters) {
  const auto offsets = ball(options.eps, grid);
  const auto cells = static_cast<std::size_t>(maps.cells);
  std::vector<char> core(cells);
  for (std::int64_t i = 0; i < maps.count; ++i) {
    const double* row = maps.row(i);
    if (std::isnan(map_mass(row, maps.cells))) {
      clusters[i] = -1;
      continue;
    }
    const double threshold = percentile_linear({row, cells}, options.percentile);
    for (std::size_t s = 0; s < cells; ++s) {
      int near = 0;
      for_neighbours(static_cast<int>(s), grid, offsets,
                     [&](int other) { near += row[other] >= threshold; });
      core[s] = row[s] >= threshold && near >= options.min_samples;
    }
    clusters[i] = core_components(core, grid, offsets);
  }
}

}  // namespace vrp
