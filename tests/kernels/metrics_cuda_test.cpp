// The CUDA twins of map kernels against the CPU specification.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/philox.hpp"
#include "kernels/relevance.hpp"
#include "kernels/spatial_entropy.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"

namespace {

using namespace vrp;

constexpr double kTolerance = 1e-10;

void compare(const char* what, const std::vector<double>& got, const std::vector<double>& want) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i]) ? std::isnan(got[i]) : std::abs(got[i] - want[i]) <= kTolerance)
      continue;
    FAIL_CHECK(what << ", map " << i << ": device " << got[i] << ", CPU " << want[i]);
  }
}

template <class T>
std::vector<T> make_maps(std::int64_t count, std::int64_t cells) {
  std::vector<T> maps;
  for (std::int64_t i = 0; i < count * cells; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), 0, 0, 0}, {3, 4});
    maps.push_back(static_cast<T>(std::pow(uniform53(w.c0, w.c1), 6)));
  }
  if (count > 5) {  // no mass, one cell, negative, NaN, infinite
    std::fill_n(maps.begin(), cells, T(0));
    std::fill_n(maps.begin() + cells, cells, T(0));
    maps[static_cast<std::size_t>(cells)] = T(1);
    maps[static_cast<std::size_t>(2 * cells)] = T(-0.5);
    maps[static_cast<std::size_t>(3 * cells)] = std::numeric_limits<T>::quiet_NaN();
    maps[static_cast<std::size_t>(4 * cells)] = std::numeric_limits<T>::infinity();
  }
  return maps;
}

template <class T>
void test_type(std::int64_t count, std::int64_t cells) {
  INFO(count << " maps of " << cells << " cells, " << sizeof(T) << " bytes each");
  const std::vector<T> maps = make_maps<T>(count, cells);
  const std::vector<double> regions = make_maps<double>(count, cells);
  std::vector<double> entropy(static_cast<std::size_t>(count)), one = entropy, all = entropy;
  const Maps<T> host{maps.data(), count, cells};
  spatial_entropy(Device::cpu, host, entropy);
  relevance_mass<T>(Device::cpu, host, {regions.data(), 1, cells}, one);
  relevance_mass<T>(Device::cpu, host, {regions.data(), count, cells}, all);

  DeviceArray<T> device_maps(maps);
  DeviceArray<double> device_regions(regions);
  const Maps<T> there{device_maps.get(), count, cells};
  std::vector<double> first;
  in_every_order([&] {
    DeviceArray<double> nats(entropy.size()), mass(entropy.size()), masses(entropy.size());
    spatial_entropy(Device::cuda, there, nats.span());
    const std::vector<double> got = nats.read();
    compare("spatial_entropy", got, entropy);
    if (first.empty()) first = got;
    CHECK(std::memcmp(first.data(), got.data(), got.size() * sizeof(double)) == 0);
    relevance_mass<T>(Device::cuda, there, {device_regions.get(), 1, cells}, mass.span());
    compare("relevance_mass, one region", mass.read(), one);
    relevance_mass<T>(Device::cuda, there, {device_regions.get(), count, cells}, masses.span());
    compare("relevance_mass, a region per map", masses.read(), all);
  });
}

}  // namespace

TEST_CASE("entropy and mass on the device are those of the CPU, with the same bits every time",
          "[kernels][cuda]") {
  for (const std::int64_t cells : {1, 31, 32, 33, 576, 4097}) {
    for (const std::int64_t count : {1, 7, 64}) {
      test_type<float>(count, cells);
      test_type<double>(count, cells);
    }
  }
}
