#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

#include "kernels/components.hpp"
#include "kernels/dbscan.hpp"
#include "kernels/relevance.hpp"
#include "metrics_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

std::vector<std::uint8_t> top(const std::vector<double>& map, double share) {
  std::vector<std::uint8_t> mask(map.size(), 9);
  top_mass_mask(Device::cpu, view(map), share, mask);
  return mask;
}

int count(const std::vector<std::uint8_t>& mask, Grid grid, int neighbourhood) {
  std::vector<std::int32_t> labels(mask.size());
  std::int32_t found = -1;
  components(Device::cpu, mask, grid, neighbourhood, labels, {&found, 1});
  return found;
}

std::vector<std::uint8_t> as_mask(const std::vector<double>& map) {
  return {map.begin(), map.end()};
}

}  // namespace

TEST_CASE("components of known layouts", "[kernels][components]") {
  struct Case {
    std::vector<std::string> rows;
    int four, eight;
  };
  const Case cases[] = {{{"...", "...", "..."}, 0, 0},
                        {{"###", "###", "###"}, 1, 1},
                        {{"#.#", ".#.", "#.#"}, 5, 1},
                        {{"##..", "##..", "..##", "..##"}, 2, 1},
                        {{"#.#.#"}, 3, 3},
                        {{"#", ".", "#"}, 2, 2},
                        {{"#####", "#...#", "#.#.#", "#...#", "#####"}, 2, 2},
                        {{"#...", "...#", "#...", "...#"}, 4, 4}};  // no wrapping at the edges
  for (const Case& c : cases) {
    const Grid grid{static_cast<int>(c.rows.size()), static_cast<int>(c.rows[0].size())};
    INFO(c.rows[0] << " ... " << c.rows.back());
    CHECK(count(as_mask(draw(c.rows)), grid, 4) == c.four);
    CHECK(count(as_mask(draw(c.rows)), grid, 8) == c.eight);
  }
}

TEST_CASE("labels follow the first cell in reading order", "[kernels][components]") {
  const auto mask = as_mask(draw({".#.#", "##..", "...#"}));
  std::vector<std::int32_t> labels(mask.size()), counts(1);
  components(Device::cpu, mask, {3, 4}, 4, labels, counts);
  CHECK(labels == std::vector<std::int32_t>{0, 1, 0, 2, 1, 1, 0, 0, 0, 0, 0, 3});
}

TEST_CASE("the top mass is the shortest prefix by value, then index", "[kernels][components]") {
  // total 10, 30 % = 3: the 3 alone is enough
  CHECK(top({1, 3, 1, 2, 2, 1}, 0.30) == std::vector<std::uint8_t>{0, 1, 0, 0, 0, 0});
  // 31 %: one of the tied 2s is needed, the one of lower index
  CHECK(top({1, 3, 1, 2, 2, 1}, 0.31) == std::vector<std::uint8_t>{0, 1, 0, 1, 0, 0});
  CHECK(top({1, 3, 1, 2, 2, 1}, 1.0) == std::vector<std::uint8_t>(6, 1));
}

TEST_CASE("a constant map keeps exactly the share of its cells, cut by index",
          "[kernels][components]") {
  for (const int cells : {10, 100, 400, 1000}) {
    for (const double value : {1.0, 0.1, 1.0 / 3, 0.0025}) {
      const auto mask = top(std::vector<double>(static_cast<std::size_t>(cells), value), 0.30);
      INFO(cells << " cells of " << value);
      CHECK(std::accumulate(mask.begin(), mask.end(), 0) == cells * 3 / 10);
      CHECK(std::is_sorted(mask.rbegin(), mask.rend()));
    }
  }
}

TEST_CASE("top cells are the ceiling of their share, ties by index", "[kernels][components]") {
  std::vector<std::uint8_t> mask(7);
  const std::vector<double> map{0, 5, 5, 1, 5, 0, 2};
  top_cells_mask(Device::cpu, view(map), 0.30, mask);  // ceil(2.1) = 3
  CHECK(mask == std::vector<std::uint8_t>{0, 1, 1, 0, 1, 0, 0});
  top_cells_mask(Device::cpu, view(map), 2.0 / 7, mask);  // exactly 2
  CHECK(mask == std::vector<std::uint8_t>{0, 1, 1, 0, 0, 0, 0});
}

TEST_CASE("a map without mass, or with a bad value, marks nothing", "[kernels][components]") {
  const double nan = std::nan("");
  for (const auto& map : {std::vector<double>{0, 0, 0}, {1, -1, 1}, {1, nan, 1}}) {
    CHECK(top(map, 0.3) == std::vector<std::uint8_t>{0, 0, 0});
    std::vector<std::uint8_t> mask(3, 1);
    top_cells_mask(Device::cpu, view(map), 0.3, mask);
    CHECK(mask == std::vector<std::uint8_t>{0, 0, 0});
  }
}

TEST_CASE("C_k does not change when a map is scaled or, without ties, transposed",
          "[kernels][components][metamorphic]") {
  const Grid grid{12, 9}, turned{9, 12};
  std::set<int> seen;
  for (std::uint32_t stream = 0; stream < 40; ++stream) {
    std::vector<double> map = random_map(stream, grid.cells());
    for (double& value : map) value = value * value * value;
    for (const int neighbourhood : {4, 8}) {
      const int k = count(top(map, 0.3), grid, neighbourhood);
      seen.insert(k);
      if (stream % 2 == 0)
        CHECK(count(top(transposed(map, grid), 0.3), turned, neighbourhood) == k);
      std::vector<double> scaled = map;
      for (double& value : scaled) value *= 0.037;
      CHECK(count(top(scaled, 0.3), grid, neighbourhood) == k);
    }
  }
  CHECK(seen.size() > 5);  // the maps do differ
}

TEST_CASE("component kernels refuse wrong sizes and options", "[kernels][components]") {
  const std::vector<double> map{1, 2, 3, 4};
  std::vector<std::uint8_t> mask(4), shorter(3);
  std::vector<std::int32_t> labels(4), counts(1);
  CHECK_THROWS_AS(top_mass_mask(Device::cpu, view(map), 0.3, shorter), std::invalid_argument);
  CHECK_THROWS_AS(top_cells_mask(Device::cpu, view(map), 0.3, shorter), std::invalid_argument);
  for (const double share : {0.0, -0.1, 1.1, std::nan("")}) {
    CHECK_THROWS_AS(top_mass_mask(Device::cpu, view(map), share, mask), std::invalid_argument);
    CHECK_THROWS_AS(top_cells_mask(Device::cpu, view(map), share, mask), std::invalid_argument);
  }
  CHECK_THROWS_AS(components(Device::cpu, mask, {2, 2}, 6, labels, counts), std::invalid_argument);
  CHECK_THROWS_AS(components(Device::cpu, mask, {2, 3}, 8, labels, counts), std::invalid_argument);
  CHECK_THROWS_AS(components(Device::cpu, mask, {0, 4}, 8, labels, counts), std::invalid_argument);
  labels.resize(3);
  CHECK_THROWS_AS(components(Device::cpu, mask, {2, 2}, 8, labels, counts), std::invalid_argument);
}

#ifndef VRP_CUDA
TEST_CASE("a build without CUDA says so instead of computing elsewhere", "[kernels][components]") {
  const std::vector<double> map{1, 2, 3, 4};
  std::vector<std::uint8_t> mask(4);
  std::vector<std::int32_t> labels(4), counts(1);
  const auto says = [](const char* kernel) {
    return std::string(kernel).append(": device is cuda, but this build has no CUDA");
  };
  CHECK_THROWS_WITH(top_mass_mask(Device::cuda, view(map), 0.3, mask), says("top_mass_mask"));
  CHECK_THROWS_WITH(top_cells_mask(Device::cuda, view(map), 0.3, mask), says("top_cells_mask"));
  CHECK_THROWS_WITH(components(Device::cuda, mask, {2, 2}, 8, labels, counts), says("components"));
  CHECK_THROWS_WITH(dbscan_clusters(Device::cuda, view(map), {2, 2}, {}, counts), says("dbscan"));
  std::vector<double> threshold(1);
  CHECK_THROWS_WITH(map_percentiles(Device::cuda, view(map), 90, threshold), says("percentile"));
  std::vector<Relevance> row(1);
  CHECK_THROWS_WITH(relevance(Device::cuda, view(map), view(map), {2, 2}, {}, row),
                    says("relevance"));
}
#endif
