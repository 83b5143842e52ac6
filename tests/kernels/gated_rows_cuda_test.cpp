// Gates of an MLP on the device against their specification.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/gated_rows.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"
#include "tests/kernels/stored_values.hpp"

using namespace vrp;

namespace {

template <class T>
std::vector<T> on_cpu(Gate gate, const std::vector<T>& x, std::int64_t rows, std::int64_t width) {
  std::vector<T> out(static_cast<std::size_t>(rows * width));
  gated_rows(Device::cpu, GatedRows<T>{x.data(), out.data(), rows, width, gate});
  return out;
}

/// `shift` numbers before the rows, so that they begin where no four numbers do.
template <class T>
std::vector<T> on_device(Gate gate, const std::vector<T>& x, std::int64_t rows, std::int64_t width,
                         int shift) {
  std::vector<T> shifted(static_cast<std::size_t>(shift));
  shifted.insert(shifted.end(), x.begin(), x.end());
  const DeviceArray<T> from(shifted);
  DeviceArray<T> out(static_cast<std::size_t>(rows * width));
  gated_rows(Device::cuda, GatedRows<T>{from.get() + shift, out.get(), rows, width, gate});
  return out.read();
}

template <class T>
void test(Gate gate, std::int64_t rows, std::int64_t width, double size) {
  INFO(stored_name<T>() << ", gate " << static_cast<int>(gate) << ", " << rows << " rows of "
                        << width << " within " << size);
  const std::vector<T> x = stored_noise<T>(1, 2 * rows * width, size);
  const std::vector<T> want = on_cpu(gate, x, rows, width);
  std::vector<T> first;
  in_every_order(
      [&] {
        for (const int shift : {0, 1}) {
          const std::vector<T> got = on_device(gate, x, rows, width, shift);
          for (std::size_t i = 0; i < got.size(); ++i) {
            const auto w = static_cast<std::size_t>(width);
            const std::size_t at = i / w * 2 * w + i % w;
            const double g = load(x[at]), v = load(x[at + w]), value = load(want[i]);
            const double bound =
                1e-6 * (1 + std::abs(g)) * std::abs(v) + 2 * stored_rounding<T>() * std::abs(value);
            if (!(std::abs(load(got[i]) - value) <= bound + 0x1p-24)) {  // half's smallest number
              FAIL_CHECK("gate " << g << " of " << v << ": device " << load(got[i])
                                 << ", specification " << value);
            }
          }
          if (first.empty()) first = got;
          CHECK(std::memcmp(first.data(), got.data(), got.size() * sizeof(T)) == 0);
        }
      },
      3);
}

}  // namespace

TEST_CASE("gates on the device are the specification's, wherever rows begin", "[kernels][cuda]") {
  for (const Gate gate : {Gate::silu, Gate::gelu_tanh}) {
    for (const double size : {0.01, 3.0, 100.0}) {
      test<float>(gate, 3, 257, size);
      test<HalfFloat>(gate, 2, 64, size);
      test<BrainFloat>(gate, 5, 1100, size);
    }
    test<float>(gate, 1, 1, 2);
  }
}

TEST_CASE("gates have the values of their formulas, far from zero too", "[kernels][cuda]") {
  // Values of torch.nn.functional: silu and gelu(approximate="tanh") in fp64.
  constexpr float kHuge = 1e20f;
  const std::vector<float> gates = {0, 1, -1, 3, kHuge, -kHuge};
  const std::vector<double> silu = {
      0, 0.7310585786300049, -0.2689414213699951, 2.8577223804672998, kHuge, 0};
  const std::vector<double> gelu = {
      0, 0.8411919906082768, -0.1588080093917232, 2.996362607918227, kHuge, 0};
  std::vector<float> x = gates;
  x.insert(x.end(), gates.size(), 2.0f);
  for (const Gate gate : {Gate::silu, Gate::gelu_tanh}) {
    const auto cpu = on_cpu(gate, x, 1, 6), device = on_device(gate, x, 1, 6, 0);
    for (std::size_t i = 0; i < gates.size(); ++i) {
      const double want = 2 * (gate == Gate::silu ? silu[i] : gelu[i]);
      CHECK(cpu[i] == Approx(want).epsilon(1e-6).margin(1e-12));
      CHECK(device[i] == Approx(want).epsilon(1e-6).margin(1e-12));
    }
  }
}

TEST_CASE("a gate that is no number gives NaN where it stands alone", "[kernels][cuda]") {
  std::vector<float> x(16, 1.0f);
  x[1] = std::numeric_limits<float>::quiet_NaN();
  x[8 + 4] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> got = on_device(Gate::silu, x, 2, 4, 0);
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(std::isnan(got[i]) == (i == 1 || i == 4));
  }
}

TEST_CASE("gates name what does not fit", "[kernels][cuda]") {
  float x[2] = {}, out[1] = {};
  using Catch::Contains;
  GatedRows<float> what{x, out, 1, 0, Gate::silu};
  CHECK_THROWS_WITH(gated_rows(Device::cpu, what), Contains("width of a row is 0"));
  what.width = 1;
  what.rows = -1;
  CHECK_THROWS_WITH(gated_rows(Device::cpu, what), Contains("number of rows is -1"));
  what.rows = 1;
  what.gate = static_cast<Gate>(7);
  CHECK_THROWS_WITH(gated_rows(Device::cpu, what), Contains("gate is 7"));
  what.gate = Gate::silu;
  what.out = nullptr;
  CHECK_THROWS_WITH(gated_rows(Device::cpu, what), Contains("an array is 0"));
}
