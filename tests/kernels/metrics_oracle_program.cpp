// Reads maps from standard input, prints what the kernels make of them, for metrics_oracle_test.py.
// In:  rows cols count, then count lines of rows*cols hexadecimal floats (text).
// Out: per map one line: H_s, K (mass, 8), K (mass, 4), K (cells, 8), then DBSCAN clusters for each
//      of the option triples below, then the 90th percentile; doubles as hexadecimal floats.
#include <cstdio>
#include <vector>

#include "kernels/components.hpp"
#include "kernels/dbscan.hpp"
#include "kernels/spatial_entropy.hpp"

namespace {

using namespace vrp;

int count_of(const std::vector<std::uint8_t>& mask, Grid grid, int neighbourhood) {
  std::vector<std::int32_t> labels(mask.size());
  std::int32_t count = 0;
  components(Device::cpu, mask, grid, neighbourhood, labels, {&count, 1});
  return count;
}

void print_map(const std::vector<double>& map, Grid grid) {
  const Maps<double> view{map.data(), 1, grid.cells()};
  double nats = 0;
  spatial_entropy(Device::cpu, view, {&nats, 1});
  std::vector<std::uint8_t> mask(map.size());
  top_mass_mask(Device::cpu, view, 0.30, mask);
  std::printf("%a %d %d", nats, count_of(mask, grid, 8), count_of(mask, grid, 4));
  top_cells_mask(Device::cpu, view, 0.30, mask);
  std::printf(" %d", count_of(mask, grid, 8));
  for (const DbscanOptions& options :
       {DbscanOptions{90, 1.5, 3}, {90, 1.0, 3}, {80, 1.5, 4}, {80, 2.3, 5}, {95, 1.5, 1}}) {
    std::int32_t clusters = 0;
    dbscan_clusters(Device::cpu, view, grid, options, {&clusters, 1});
    std::printf(" %d", clusters);
  }
  std::printf(" %a\n", percentile_linear(map, 90));
}

}  // namespace

int main() {
  vrp::Grid grid;
  int count = 0;
  if (std::scanf("%d %d %d", &grid.rows, &grid.cols, &count) != 3) return 1;
  std::vector<double> map(static_cast<std::size_t>(grid.cells()));
  for (int i = 0; i < count; ++i) {
    for (double& value : map) {
      if (std::scanf("%lf", &value) != 1) return 1;
    }
    print_map(map, grid);
  }
}
