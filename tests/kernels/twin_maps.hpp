#pragma once
// Batches of maps that the tests of the map twins run on: plain ones, ones with ties, and those for
// which a metric is not defined.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/maps.hpp"
#include "kernels/philox.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"

namespace vrp::test {

inline double draw(std::uint32_t seed, std::uint32_t stream, std::uint32_t index) {
  const PhiloxCounter w = philox4x32_10({index, stream, 0, 0}, {seed, 78});
  return uniform53(w.c0, w.c1);
}

struct MapBatch {
  std::vector<double> values;
  Grid grid;
  std::int64_t count = 0;
  Maps<double> view() const { return {values.data(), count, grid.cells()}; }
  void add(const std::vector<double>& map) {
    values.insert(values.end(), map.begin(), map.end());
    ++count;
  }
};

/// 19 maps of a grid.
inline MapBatch twin_maps(Grid grid, std::uint32_t seed) {
  MapBatch batch{{}, grid, 0};
  const auto cells = static_cast<std::size_t>(grid.cells());
  const auto each = [&](std::uint32_t stream, auto&& value) {
    std::vector<double> map;
    for (std::size_t s = 0; s < cells; ++s)
      map.push_back(value(draw(seed, stream, static_cast<std::uint32_t>(s)), s));
    batch.add(map);
  };
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const auto last = cells - 1;
  each(0, [](double u, std::size_t) { return u; });
  each(1, [](double u, std::size_t) { return std::pow(u, 8); });
  each(2, [](double u, std::size_t) { return std::floor(u * 4) / 8; });  // ties, empty cells
  each(3, [](double u, std::size_t) { return u < 0.9 ? 0.1 : 0.3; });    // two values
  each(4, [](double u, std::size_t) { return u * 1e-300; });
  each(5, [](double u, std::size_t) { return u * 5e-324 * 3; });  // below the normal numbers
  each(6, [](double u, std::size_t) { return u * 1e-20 + 1; });   // equal after rounding
  each(7, [](double u, std::size_t) { return static_cast<double>(static_cast<float>(u)); });
  each(8, [&](double, std::size_t s) { return (s / static_cast<std::size_t>(grid.cols) + s) % 2; });
  each(9, [](double u, std::size_t) { return u < 0.5 ? -0.0 : u; });
  batch.add(std::vector<double>(cells, 1.0 / 3));
  batch.add(std::vector<double>(cells, 0.0));
  std::vector<double> map(cells, 0.0);
  map[cells / 2] = 0.7;
  batch.add(map);
  for (const double bad : {-1e-9, nan, inf, -inf}) {
    each(13, [&](double u, std::size_t s) { return s == last ? bad : u; });
  }
  each(14, [](double, std::size_t) { return 1.7e308; });  // a sum out of range but for one cell
  each(15, [&](double u, std::size_t s) { return s == 0 ? nan : u; });
  return batch;
}

/// Odd shapes and the models' grids.
inline std::vector<Grid> twin_grids() {
  return {{1, 1}, {1, 2}, {1, 67}, {33, 1}, {7, 31}, {16, 16}, {24, 24}, {40, 40}};
}

/// Large grids take long in the emulator: fewer made-up batches and orders of threads there.
inline std::vector<std::uint32_t> twin_seeds(Grid grid) {
  return grid.cells() > 500 ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>{1, 2, 3};
}
inline int twin_orders(Grid grid) { return grid.cells() > 1000 ? 1 : grid.cells() > 200 ? 3 : 5; }

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// What `call` throws, "" for nothing.
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// `got` against `want`, value by value.
template <class T>
void same_numbers(const char* what, const std::vector<T>& got, const std::vector<T>& want,
                  std::int64_t row_size) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (got[i] == want[i]) continue;
    FAIL_CHECK(what << ", map " << static_cast<std::int64_t>(i) / row_size << ", place "
                    << static_cast<std::int64_t>(i) % row_size << ": device " << +got[i] << ", CPU "
                    << +want[i]);
    return;
  }
}

}  // namespace vrp::test
