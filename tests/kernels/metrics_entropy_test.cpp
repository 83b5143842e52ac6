#include <limits>
#include <stdexcept>

#include "kernels/spatial_entropy.hpp"
#include "metrics_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {
template <class T>
std::vector<double> entropy(const std::vector<T>& values, std::int64_t cells) {
  std::vector<double> nats(values.size() / static_cast<std::size_t>(cells), -7.0);
  spatial_entropy<T>(Device::cpu, {values.data(), static_cast<std::int64_t>(nats.size()), cells},
                     nats);
  return nats;
}
}  // namespace

TEST_CASE("a uniform map has entropy ln S and normalised entropy 1", "[kernels][entropy]") {
  for (const int cells : {2, 144, 256, 576}) {
    const double h = entropy(std::vector<double>(static_cast<std::size_t>(cells), 0.25), cells)[0];
    near(h, std::log(cells), 1e-6);
    near(normalised_entropy(h, cells), 1.0, 1e-6);
  }
  near(entropy(std::vector<float>(576, 1.0f), 576)[0], 6.356, 1e-3);
}

TEST_CASE("a map on one cell has entropy 0", "[kernels][entropy]") {
  std::vector<double> map(100, 0.0);
  map[37] = 0.4;
  near(entropy(map, 100)[0], 0.0, 1.1e-9);
}

TEST_CASE("a map of a known distribution has its entropy", "[kernels][entropy]") {
  near(entropy(std::vector<double>{2, 1, 1, 0}, 4)[0], 1.5 * std::log(2.0), 1e-8);
}

TEST_CASE("a map with no mass has no entropy, not entropy zero", "[kernels][entropy]") {
  CHECK(std::isnan(entropy(std::vector<double>{0, 0, 0}, 3)[0]));
}

TEST_CASE("a map with a negative or non-finite value has no entropy; its neighbours keep theirs",
          "[kernels][entropy]") {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {-0.1, inf, -inf, nan}) {
    const auto nats = entropy(std::vector<double>{1, 1, 1, bad, 1, 1}, 2);
    near(nats[0], std::log(2.0), 1e-8);
    CHECK(std::isnan(nats[1]));
    near(nats[2], std::log(2.0), 1e-8);
  }
}

TEST_CASE("a single cell has no normalised entropy", "[kernels][entropy]") {
  CHECK(std::isnan(normalised_entropy(entropy(std::vector<double>{0.3}, 1)[0], 1)));
}

TEST_CASE("entropy does not change when a map is scaled, transposed or shuffled",
          "[kernels][entropy][metamorphic]") {
  const Grid grid{7, 11};
  for (std::uint32_t stream = 0; stream < 20; ++stream) {
    std::vector<double> map = random_map(stream, grid.cells());
    const double h = entropy(map, grid.cells())[0];
    near(entropy(transposed(map, grid), grid.cells())[0], h, 1e-12);
    for (double& value : map) value *= 3.7e-5;
    near(entropy(map, grid.cells())[0], h, 1e-12);
    const std::vector<double> reversed(map.rbegin(), map.rend());
    near(entropy(reversed, grid.cells())[0], h, 1e-12);
  }
}

TEST_CASE("entropy refuses results of another length, empty grids and missing memory",
          "[kernels][entropy]") {
  const std::vector<double> map{1, 2};
  std::vector<double> two(2), one(1);
  CHECK_THROWS_AS(spatial_entropy(Device::cpu, view(map), two), std::invalid_argument);
  CHECK_THROWS_AS(spatial_entropy<double>(Device::cpu, {map.data(), 1, 0}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(spatial_entropy<double>(Device::cpu, {nullptr, 1, 2}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(spatial_entropy<double>(Device::cpu, {map.data(), -1, 2}, one),
                  std::invalid_argument);
  CHECK_THROWS_WITH(spatial_entropy(Device::cpu, view(map), two),
                    "spatial_entropy: length of the result is 2, expected 1");
}

#ifndef VRP_CUDA
TEST_CASE("a build without CUDA says so", "[kernels][entropy]") {
  const std::vector<double> map{1, 2};
  std::vector<double> nats(1);
  CHECK_THROWS_WITH(spatial_entropy(Device::cuda, view(map), nats), Catch::Contains("no CUDA"));
}
#endif
