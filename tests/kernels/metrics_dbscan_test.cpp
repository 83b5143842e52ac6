// Closed cases; metrics_oracle_test.py compares with scikit-learn on many random maps.
#include <stdexcept>

#include "kernels/dbscan.hpp"
#include "metrics_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {
int clusters(const std::vector<double>& map, Grid grid, DbscanOptions options = {}) {
  std::int32_t found = -7;
  dbscan_clusters(Device::cpu, view(map), grid, options, {&found, 1});
  return found;
}
int clusters(const std::vector<std::string>& rows, DbscanOptions options = {}) {
  return clusters(draw(rows), {static_cast<int>(rows.size()), static_cast<int>(rows[0].size())},
                  options);
}
}  // namespace

TEST_CASE("percentiles interpolate linearly between order statistics", "[kernels][dbscan]") {
  const std::vector<double> values{4, 1, 3, 2};
  near(percentile_linear(values, 0), 1, 0);
  near(percentile_linear(values, 50), 2.5, 0);
  near(percentile_linear(values, 90), 3.7, 1e-15);  // rank 2.7
  near(percentile_linear(values, 100), 4, 0);
  near(percentile_linear(std::vector<double>{5}, 90), 5, 0);
  CHECK_THROWS_AS(percentile_linear({}, 50), std::invalid_argument);
  CHECK_THROWS_AS(percentile_linear(values, 101), std::invalid_argument);
  CHECK_THROWS_AS(percentile_linear(values, -1), std::invalid_argument);
}

TEST_CASE("a map's percentile is that of its cells, and undefined without mass",
          "[kernels][dbscan]") {
  const std::vector<double> maps{4, 1, 3, 2, 0, 0, 0, 0, 1, -1, 2, 3};
  std::vector<double> values(3);
  map_percentiles(Device::cpu, {maps.data(), 3, 4}, 90, values);
  CHECK(values[0] == percentile_linear(std::vector<double>{4, 1, 3, 2}, 90));
  CHECK(std::isnan(values[1]));
  CHECK(std::isnan(values[2]));
  CHECK_THROWS_AS(map_percentiles(Device::cpu, {maps.data(), 2, 4}, 90, values),
                  std::invalid_argument);
  CHECK_THROWS_AS(map_percentiles(Device::cpu, {maps.data(), 3, 4}, 100.5, values),
                  std::invalid_argument);
}

TEST_CASE("two blobs far apart are two clusters, a blob and noise are one", "[kernels][dbscan]") {
  const DbscanOptions top_third{66, 1.5, 3};
  CHECK(clusters({"##......", "#.....##", "......#.", "........"}, {84, 1.5, 3}) == 2);
  CHECK(clusters({"##......", "#.......", ".......#", "........"}, {90, 1.5, 3}) == 1);
  // a diagonal is within 1.5, but only the middle of three is a core point
  CHECK(clusters({"#..", ".#.", "..#"}, top_third) == 1);
  // pairs have two points each, never three
  CHECK(clusters({"##.##", ".....", "##.##"}, {45, 1.5, 3}) == 0);
}

TEST_CASE("a border point between two clusters joins no two of them", "[kernels][dbscan]") {
  // The middle point has 3 points within 1.5, itself and a corner of each block: a core point that
  // joins them with min_samples 3, a border point with 4, noise within 1.
  const std::vector<std::string> rows{"###.###", "###.###", "###.###", "...#...", "......."};
  CHECK(clusters(rows, {45, 1.0, 3}) == 2);
  CHECK(clusters(rows, {45, 1.5, 3}) == 1);
  CHECK(clusters(rows, {45, 1.5, 4}) == 2);
}

TEST_CASE("under three points there is no cluster", "[kernels][dbscan]") {
  // The percentile leaves two points, next to each other.
  CHECK(clusters({"98.", "...", "..."}, {80, 1.5, 3}) == 0);
  CHECK(clusters(std::vector<double>{1}, {1, 1}) == 0);
}

TEST_CASE("in a constant map every cell is a point of one cluster", "[kernels][dbscan]") {
  CHECK(clusters(std::vector<double>(64, 0.25), {8, 8}) == 1);
  CHECK(clusters(std::vector<double>(64, 1.0 / 3), {8, 8}) == 1);
}

TEST_CASE("a map without mass has no clusters, not zero", "[kernels][dbscan]") {
  CHECK(clusters(std::vector<double>(16, 0.0), {4, 4}) == -1);
  CHECK(clusters(std::vector<double>{1, -1, 1, 1}, {2, 2}) == -1);
  CHECK(clusters(std::vector<double>{1, std::nan(""), 1, 1}, {2, 2}) == -1);
}

TEST_CASE("DBSCAN's C_k does not change when a map is scaled or transposed",
          "[kernels][dbscan][metamorphic]") {
  const Grid grid{16, 10}, turned{10, 16};
  int total = 0;
  for (std::uint32_t stream = 0; stream < 40; ++stream) {
    std::vector<double> map = random_map(stream, grid.cells());
    const int k = clusters(map, grid);
    total += k;
    CHECK(clusters(transposed(map, grid), turned) == k);
    for (double& value : map) value *= 4096;
    CHECK(clusters(map, grid) == k);
  }
  CHECK(total > 0);
}

TEST_CASE("DBSCAN refuses wrong sizes and options", "[kernels][dbscan]") {
  const std::vector<double> map{1, 2, 3, 4};
  std::vector<std::int32_t> one(1), two(2);
  CHECK_THROWS_AS(dbscan_clusters(Device::cpu, view(map), {2, 2}, {}, two), std::invalid_argument);
  CHECK_THROWS_AS(dbscan_clusters(Device::cpu, view(map), {2, 3}, {}, one), std::invalid_argument);
  CHECK_THROWS_AS(dbscan_clusters(Device::cpu, view(map), {-2, -2}, {}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(dbscan_clusters(Device::cpu, view(map), {2, 2}, {101, 1.5, 3}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(dbscan_clusters(Device::cpu, view(map), {2, 2}, {90, 0.0, 3}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(dbscan_clusters(Device::cpu, view(map), {2, 2}, {90, 1.5, 0}, one),
                  std::invalid_argument);
}
