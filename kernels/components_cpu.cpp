// The specification: a sort, a prefix sum, a flood fill.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/components.hpp"

namespace vrp {
namespace {

std::vector<std::int64_t> by_value_then_index(const double* row, std::int64_t cells) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(cells));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [row](std::int64_t a, std::int64_t b) {
    return row[a] != row[b] ? row[a] > row[b] : a < b;
  });
  return order;
}

/// Gives `label` to every marked, unlabelled cell that is connected with `start`.
void flood(const std::uint8_t* mask, Grid grid, int neighbourhood, int start, std::int32_t label,
           std::int32_t* labels, std::vector<int>& stack) {
  labels[start] = label;
  stack.assign(1, start);
  while (!stack.empty()) {
    const int cell = stack.back();
    stack.pop_back();
    for (int dr = -1; dr <= 1; ++dr) {
      for (int dc = -1; dc <= 1; ++dc) {
        if (neighbourhood == 4 && dr != 0 && dc != 0) continue;
        const int r = cell / grid.cols + dr, c = cell % grid.cols + dc;
        if (r < 0 || r >= grid.rows || c < 0 || c >= grid.cols) continue;
        const int next = r * grid.cols + c;
        if (mask[next] == 0 || labels[next] != 0) continue;
        labels[next] = label;
        stack.push_back(next);
      }
    }
  }
}

}  // namespace

std::int64_t top_cells_count(double share, std::int64_t cells) {
  const double exact = share * static_cast<double>(cells);
  return static_cast<std::int64_t>(std::ceil(exact * (1 - kRoundingSlack)));
}

void top_mass_mask_cpu(const Maps<double>& maps, double share, std::uint8_t* mask) {
  std::fill_n(mask, maps.count * maps.cells, std::uint8_t{0});
  for (std::int64_t i = 0; i < maps.count; ++i) {
    const double* row = maps.row(i);
    const double mass = map_mass(row, maps.cells);
    if (std::isnan(mass)) continue;
    const double enough = share * mass - kRoundingSlack * mass;
    double sum = 0;
    for (const std::int64_t s : by_value_then_index(row, maps.cells)) {
      mask[i * maps.cells + s] = 1;
      sum += row[s];
      if (sum >= enough) break;
    }
  }
}

void top_cells_mask_cpu(const Maps<double>& maps, double share, std::uint8_t* mask) {
  std::fill_n(mask, maps.count * maps.cells, std::uint8_t{0});
  const std::int64_t wanted = top_cells_count(share, maps.cells);
  for (std::int64_t i = 0; i < maps.count; ++i) {
    const double* row = maps.row(i);
    if (std::isnan(map_mass(row, maps.cells))) continue;
    const auto order = by_value_then_index(row, maps.cells);
    for (std::int64_t k = 0; k < wanted; ++k)
      mask[i * maps.cells + order[static_cast<std::size_t>(k)]] = 1;
  }
}

void components_cpu(const std::uint8_t* mask, std::int64_t count, Grid grid, int neighbourhood,
                    std::int32_t* labels, std::int32_t* counts) {
  const std::int64_t cells = grid.cells();
  std::fill_n(labels, count * cells, 0);
  std::vector<int> stack;
  for (std::int64_t i = 0; i < count; ++i) {
    std::int32_t found = 0;
    for (int s = 0; s < cells; ++s) {
      if (mask[i * cells + s] == 0 || labels[i * cells + s] != 0) continue;
      flood(mask + i * cells, grid, neighbourhood, s, ++found, labels + i * cells, stack);
    }
    counts[i] = found;
  }
}

}  // namespace vrp
