#pragma once
// Maps for the tests of the metric kernels.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/maps.hpp"
#include "kernels/philox.hpp"

namespace vrp::test {

/// Fails on NaN too, and prints both values.
inline void near(double got, double want, double tolerance) {
  INFO("got " << got << ", expected " << want << " +- " << tolerance);
  CHECK(std::abs(got - want) <= tolerance);
}

/// A picture of a map: '#' = 1, '.' = 0, digits their value; rows of equal length.
inline std::vector<double> draw(const std::vector<std::string>& rows) {
  std::vector<double> map;
  for (const std::string& row : rows) {
    for (const char c : row) map.push_back(c == '#' ? 1.0 : c == '.' ? 0.0 : c - '0');
  }
  return map;
}

inline double uniform(std::uint32_t stream, std::uint32_t index) {
  const PhiloxCounter w = philox4x32_10({index, 0, 0, 0}, {stream, 77});
  return uniform53(w.c0, w.c1);
}

/// Values in (0, 1], some of them tied (multiples of 1/8) for odd streams.
inline std::vector<double> random_map(std::uint32_t stream, std::int64_t cells) {
  std::vector<double> map;
  for (std::int64_t s = 0; s < cells; ++s) {
    const double u = uniform(stream, static_cast<std::uint32_t>(s));
    map.push_back(stream % 2 == 1 ? (std::floor(u * 8) + 1) / 8 : u + 1e-6);
  }
  return map;
}

inline std::vector<double> transposed(const std::vector<double>& map, Grid grid) {
  std::vector<double> out(map.size());
  for (int r = 0; r < grid.rows; ++r) {
    for (int c = 0; c < grid.cols; ++c)
      out[static_cast<std::size_t>(c * grid.rows + r)] =
          map[static_cast<std::size_t>(r * grid.cols + c)];
  }
  return out;
}

inline Maps<double> view(const std::vector<double>& map) {
  return {map.data(), 1, static_cast<std::int64_t>(map.size())};
}

}  // namespace vrp::test
