// Masks, components, percentiles and density clusters on the device against the CPU specification:
// the same cells, labels, bits and numbers, whatever the order of threads.
#include <algorithm>

#include "kernels/components.hpp"
#include "kernels/dbscan.hpp"
#include "twin_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Ints = std::vector<std::int32_t>;

void check_masks(const MapBatch& batch, int orders = 6,
                 const std::vector<double>& shares = {0.30, 1.0, 1e-9}) {
  const auto cells = static_cast<std::size_t>(batch.grid.cells());
  DeviceArray<double> values(batch.values);
  const Maps<double> there{values.get(), batch.count, batch.grid.cells()};
  for (const double share : shares) {
    INFO("share " << share);
    Bytes mass(cells * static_cast<std::size_t>(batch.count), 9), top = mass;
    top_mass_mask(Device::cpu, batch.view(), share, mass);
    top_cells_mask(Device::cpu, batch.view(), share, top);
    in_every_order(
        [&] {
          DeviceArray<std::uint8_t> mask(mass.size());
          top_mass_mask(Device::cuda, there, share, mask.span());
          same_numbers("top_mass_mask", mask.read(), mass, batch.grid.cells());
          top_cells_mask(Device::cuda, there, share, mask.span());
          same_numbers("top_cells_mask", mask.read(), top, batch.grid.cells());
        },
        orders);
  }
}

void check_components(const Bytes& masks, std::int64_t count, Grid grid, int orders = 6) {
  DeviceArray<std::uint8_t> there(masks);
  for (const int neighbourhood : {4, 8}) {
    INFO("neighbourhood " << neighbourhood);
    Ints labels(masks.size()), counts(static_cast<std::size_t>(count));
    components(Device::cpu, masks, grid, neighbourhood, labels, counts);
    in_every_order(
        [&] {
          DeviceArray<std::int32_t> got(labels.size()), found(counts.size());
          components(Device::cuda, {there.get(), masks.size()}, grid, neighbourhood, got.span(),
                     found.span());
          same_numbers("labels", got.read(), labels, grid.cells());
          same_numbers("counts", found.read(), counts, 1);
        },
        orders);
  }
}

/// A path of one cell's width that winds inwards: the longest way from a root.
Bytes spiral(Grid grid) {
  Bytes mask(static_cast<std::size_t>(grid.cells()));
  const auto at = [&](int r, int c) -> std::uint8_t* {
    const bool inside = r >= 0 && r < grid.rows && c >= 0 && c < grid.cols;
    return inside ? &mask[static_cast<std::size_t>(r * grid.cols + c)] : nullptr;
  };
  int r = 0, c = -1, dr = 0, dc = 1;
  for (int turns = 0; turns < 2;) {
    const std::uint8_t *next = at(r + dr, c + dc), *beyond = at(r + 2 * dr, c + 2 * dc);
    if (next == nullptr || *next || (beyond != nullptr && *beyond)) {
      const int turned = dr;
      dr = dc;
      dc = -turned;
      ++turns;
      continue;
    }
    turns = 0;
    r += dr;
    c += dc;
    *at(r, c) = 1;
  }
  return mask;
}

void check_clusters(const MapBatch& batch, const DbscanOptions& options, int orders = 6) {
  DeviceArray<double> values(batch.values);
  const Maps<double> there{values.get(), batch.count, batch.grid.cells()};
  Ints clusters(static_cast<std::size_t>(batch.count));
  std::vector<double> thresholds(clusters.size());
  dbscan_clusters(Device::cpu, batch.view(), batch.grid, options, clusters);
  map_percentiles(Device::cpu, batch.view(), options.percentile, thresholds);
  in_every_order(
      [&] {
        DeviceArray<std::int32_t> found(clusters.size());
        dbscan_clusters(Device::cuda, there, batch.grid, options, found.span());
        same_numbers("clusters", found.read(), clusters, 1);
        DeviceArray<double> percentiles(clusters.size());
        map_percentiles(Device::cuda, there, options.percentile, percentiles.span());
        const std::vector<double> got = percentiles.read();
        for (std::size_t i = 0; i < got.size(); ++i) {
          if (std::isnan(got[i]) && std::isnan(thresholds[i])) continue;
          INFO("map " << i << ", percentile " << options.percentile);
          CHECK(got[i] == thresholds[i]);
        }
      },
      orders);
}

}  // namespace

TEST_CASE("the device marks the cells that the CPU marks", "[kernels][cuda][components]") {
  for (const Grid grid : twin_grids()) {
    for (const std::uint32_t seed : twin_seeds(grid)) {
      INFO(grid.rows << " x " << grid.cols << ", seed " << seed);
      check_masks(twin_maps(grid, seed), twin_orders(grid));
    }
  }
}

TEST_CASE("a mass that rounding alone decides is cut at the CPU's cell",
          "[kernels][cuda][components]") {
  // Many equal values that have no exact share, and values over 60 powers of two.
  const Grid grid{20, 20};
  MapBatch batch{{}, grid, 0};
  for (const double value : {0.1, 1.0 / 3, 0.7, 1e-17, 0.0025}) {
    std::vector<double> map(static_cast<std::size_t>(grid.cells()), value);
    batch.add(map);
    for (std::size_t s = 0; s < map.size(); s += 7) map[s] *= 1 + 1e-16 * static_cast<double>(s);
    batch.add(map);
  }
  for (std::uint32_t stream = 0; stream < 20; ++stream) {
    std::vector<double> map;
    for (std::uint32_t s = 0; s < grid.cells(); ++s)
      map.push_back(std::ldexp(1.0, static_cast<int>(60 * draw(5, stream, s))));
    batch.add(map);
  }
  check_masks(batch, 3);
}

TEST_CASE("the total is summed from the first cell on", "[kernels][cuda][components]") {
  // Ones of 1e-16 after a 1 are lost one by one and counted together: 2e-12 of the total, more than
  // the slack. Summed in any other order the first cell does not reach the whole mass.
  const Grid grid{150, 150};
  MapBatch batch{{}, grid, 0};
  std::vector<double> map(static_cast<std::size_t>(grid.cells()), 1e-16);
  map[0] = 1;
  batch.add(map);
  Bytes mask(map.size());
  top_mass_mask(Device::cpu, batch.view(), 1.0, mask);
  CHECK(std::count(mask.begin(), mask.end(), 1) == 1);
  check_masks(batch, 1);
}

TEST_CASE("a threshold is rounded as the CPU rounds it", "[kernels][cuda][components]") {
  // Two cells, the first exactly the lower of the two thresholds that separate and fused rounding
  // give.
  MapBatch batch{{}, {1, 2}, 0};
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const double mass = 0.5 + draw(11, 0, i), share = 0.7;
    const double apart = share * mass - kRoundingSlack * mass;
    const double fused = std::fma(share, mass, -(kRoundingSlack * mass));
    const double other = std::fma(-kRoundingSlack, mass, share * mass);
    const double low = std::min({apart, fused, other}), high = std::max({apart, fused, other});
    if (low < high) batch.add({low, mass - low});
  }
  CHECK(batch.count > 100);
  check_masks(batch, 2, {0.7});
}

TEST_CASE("the device labels components as the CPU does", "[kernels][cuda][components]") {
  for (const Grid grid : twin_grids()) {
    for (const std::uint32_t seed : twin_seeds(grid)) {
      INFO(grid.rows << " x " << grid.cols << ", seed " << seed);
      Bytes masks;
      std::int64_t count = 0;
      for (const double density : {0.0, 0.1, 0.3, 0.45, 0.6, 0.8, 1.0}) {
        for (int s = 0; s < grid.cells(); ++s) {
          const auto stream = static_cast<std::uint32_t>(1000 * density);
          const bool marked = draw(seed, stream, static_cast<std::uint32_t>(s)) < density;
          masks.push_back(marked ? static_cast<std::uint8_t>(1 + s % 255) : 0);
        }
        ++count;
      }
      for (int s = 0; s < grid.cells(); ++s)
        masks.push_back(s / grid.cols % 4 == (s % grid.cols) % 2 ? 1 : 0);
      const Bytes path = spiral(grid);
      masks.insert(masks.end(), path.begin(), path.end());
      check_components(masks, count + 2, grid, twin_orders(grid));
    }
  }
}

TEST_CASE("a path that winds over the whole grid is one component", "[kernels][cuda][components]") {
  const Grid grid{40, 40};
  const Bytes path = spiral(grid);
  Ints labels(path.size()), counts(1);
  components(Device::cpu, path, grid, 4, labels, counts);
  CHECK(counts[0] == 1);
  CHECK(std::count(path.begin(), path.end(), 1) > 700);
  check_components(path, 1, grid, 20);
}

TEST_CASE("the device finds the CPU's percentiles and density clusters",
          "[kernels][cuda][dbscan]") {
  for (const Grid grid : twin_grids()) {
    for (const std::uint32_t seed : twin_seeds(grid)) {
      INFO(grid.rows << " x " << grid.cols << ", seed " << seed);
      const MapBatch batch = twin_maps(grid, seed);
      const int orders = twin_orders(grid);
      check_clusters(batch, {90, 1.5, 3}, orders);
      check_clusters(batch, {55.5, 1.0, 2}, 2);
      check_clusters(batch, {0, 2.3, 9}, 1);
      if (grid.cells() < 500) check_clusters(batch, {100, 1e6, 1}, 1);
      check_clusters(batch, {33, 0.5, 1}, 1);
    }
  }
}

TEST_CASE("percentiles between two values have the CPU's bits", "[kernels][cuda][dbscan]") {
  MapBatch batch{{}, {1, 7}, 0};
  for (std::uint32_t i = 0; i < 200; ++i) {
    std::vector<double> map;
    for (std::uint32_t s = 0; s < 7; ++s) map.push_back(draw(12, i, s));
    batch.add(map);
  }
  for (const double percent : {10.3, 33.0, 55.5, 71.0, 90.0, 99.9})
    check_clusters(batch, {percent, 1.5, 2}, 1);
}

TEST_CASE("more maps than blocks, and maps that fill a block's shared memory",
          "[kernels][cuda][components]") {
  const Grid tiny{1, 3};
  MapBatch many{{}, tiny, 0};
  Bytes masks;
  for (std::uint32_t i = 0; i < 2100; ++i) {
    many.add({draw(8, i, 0), draw(8, i, 1) < 0.2 ? -1 : 0.5, draw(8, i, 2)});
    for (std::uint32_t s = 0; s < 3; ++s) masks.push_back(draw(9, i, s) < 0.5);
  }
  check_masks(many, 1, {0.30});
  check_components(masks, many.count, tiny, 1);
  check_clusters(many, {50, 1.0, 1}, 1);

  const Grid large{181, 181};  // 32,761 cells: 128 KiB of order
  MapBatch one{{}, large, 0};
  one.add(std::vector<double>(static_cast<std::size_t>(large.cells())));
  for (std::size_t s = 0; s < one.values.size(); ++s)
    one.values[s] = std::floor(1e4 * draw(10, 0, static_cast<std::uint32_t>(s)));
  check_clusters(one, {90, 1.5, 3}, 1);
  Bytes want(one.values.size());
  top_mass_mask(Device::cpu, one.view(), 0.30, want);
  DeviceArray<double> values(one.values);
  DeviceArray<std::uint8_t> mask(want.size());
  top_mass_mask(Device::cuda, {values.get(), 1, large.cells()}, 0.30, mask.span());
  same_numbers("top_mass_mask", mask.read(), want, large.cells());
  check_components(want, 1, large, 1);
}

TEST_CASE("no maps are no work; maps too large to sort are refused",
          "[kernels][cuda][components]") {
  const Maps<double> none{nullptr, 0, 9};
  top_mass_mask(Device::cuda, none, 0.3, {});
  top_cells_mask(Device::cuda, none, 0.3, {});
  dbscan_clusters(Device::cuda, none, {3, 3}, {}, {});
  map_percentiles(Device::cuda, none, 90, {});
  components(Device::cuda, {}, {3, 3}, 8, {}, {});

  DeviceArray<double> values(std::vector<double>(32769, 1.0));
  DeviceArray<std::uint8_t> mask(32769);
  DeviceArray<std::int32_t> clusters(1);
  const Maps<double> map{values.get(), 1, 32769};
  const std::string tail = ": number of cells is 32769, expected at most 32768 on cuda";
  CHECK(refusal([&] { top_mass_mask(Device::cuda, map, 0.3, mask.span()); }) ==
        "top_mass_mask" + tail);
  CHECK(refusal([&] { top_cells_mask(Device::cuda, map, 0.3, mask.span()); }) ==
        "top_cells_mask" + tail);
  CHECK(refusal([&] {
          dbscan_clusters(Device::cuda, map, {1, 32769}, {}, clusters.span());
        }) == "dbscan" + tail);
}
