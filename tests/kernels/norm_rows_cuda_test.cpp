// Norms and rotary embedding on the device against their specifications.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/norm_rows.hpp"
#include "kernels/rotary.hpp"
#include "kernels/row_ops.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"
#include "tests/kernels/stored_values.hpp"

using namespace vrp;

namespace {

enum class Norm { rms, rms_plus_one, layer, layer_without_bias };

template <class T>
void apply(Device device, Norm norm, NormRows<T> what) {
  what.weight_plus_one = norm == Norm::rms_plus_one;
  if (norm != Norm::layer) what.bias = nullptr;
  if (norm == Norm::rms || norm == Norm::rms_plus_one) {
    rms_norm(device, what);
  } else {
    layer_norm(device, what);
  }
}

template <class T>
void test_norm(Norm norm, std::int64_t rows, std::int64_t cols, double size) {
  INFO(stored_name<T>() << ", norm " << static_cast<int>(norm) << ", " << rows << " rows of "
                        << cols << " within " << size);
  const std::vector<T> x = stored_noise<T>(1, rows * cols, size), w = stored_noise<T>(2, cols),
                       b = stored_noise<T>(3, cols);
  std::vector<T> want(x.size());
  NormRows<T> what{x.data(), want.data(), w.data(), b.data(), rows, cols, 1e-6};
  apply(Device::cpu, norm, what);
  const DeviceArray<T> dw(w), db(b);
  std::vector<T> first;
  in_every_order(
      [&] {
        DeviceArray<T> dx(x);  // in place
        apply(Device::cuda, norm,
              NormRows<T>{dx.get(), dx.get(), dw.get(), db.get(), rows, cols, 1e-6});
        const std::vector<T> got = dx.read();
        for (std::size_t i = 0; i < got.size(); ++i) {
          const double value = load(want[i]), bound = std::max(1.0, std::abs(value));
          if (!(std::abs(load(got[i]) - value) <= bound * (1e-5 + 2 * stored_rounding<T>()))) {
            FAIL_CHECK("number " << i << ": device " << load(got[i]) << ", specification "
                                 << value);
          }
        }
        if (first.empty()) first = got;
        CHECK(std::memcmp(first.data(), got.data(), got.size() * sizeof(T)) == 0);
      },
      4);
}

/// Rows in 16 bits, weights in fp32 that 16 bits do not hold.
template <class T>
void test_wide_weight(bool plus_one) {
  const std::int64_t rows = 5, cols = 300;
  INFO(stored_name<T>() << ", 1 + w: " << plus_one);
  const std::vector<T> x = stored_noise<T>(1, rows * cols, 3);
  std::vector<float> w = stored_noise<float>(2, cols);
  for (float& value : w) value = plus_one ? value * 1e-3f : 1 + value * 1e-3f;
  std::vector<T> want(x.size());
  NormRows<T, float> what{x.data(), want.data(), w.data(), nullptr, rows, cols, 1e-6, plus_one};
  rms_norm(Device::cpu, what);
  const DeviceArray<T> dx(x);
  const DeviceArray<float> dw(w);
  DeviceArray<T> out(x.size());
  rms_norm(Device::cuda,
           NormRows<T, float>{dx.get(), out.get(), dw.get(), nullptr, rows, cols, 1e-6, plus_one});
  const std::vector<T> got = out.read();
  for (std::int64_t r = 0; r < rows; ++r) {
    double squares = 0;
    for (std::int64_t i = 0; i < cols; ++i) {
      squares += double{load(x[static_cast<std::size_t>(r * cols + i)])} *
                 load(x[static_cast<std::size_t>(r * cols + i)]);
    }
    const double norm = std::sqrt(squares / static_cast<double>(cols) + 1e-6);
    for (std::int64_t i = 0; i < cols; ++i) {
      const auto at = static_cast<std::size_t>(r * cols + i);
      const double factor = (plus_one ? 1.0 : 0.0) + w[static_cast<std::size_t>(i)];
      // One rounding of the exact product: a weight rounded first would be off by two.
      const double value = load(x[at]) / norm * factor;
      CHECK(std::abs(load(want[at]) - value) <=
            std::abs(value) * (1e-6 + stored_rounding<T>()) + 1e-6);
      CHECK(std::abs(load(got[at]) - load(want[at])) <=
            std::max(1.0, std::abs(value)) * (1e-5 + 2 * stored_rounding<T>()));
    }
  }
}

template <class T>
void test_rotary(std::int64_t rows, std::int64_t heads, std::int64_t width, bool same) {
  INFO(stored_name<T>() << ": " << rows << " rows, " << heads << " heads of " << width);
  const std::int64_t stride = heads * width + 6;
  std::vector<T> want = stored_noise<T>(1, rows * stride);
  const std::vector<T> x = want;
  std::vector<float> cos, sin;
  for (const float angle : stored_noise<float>(2, (same ? 1 : rows) * width / 2, 1000)) {
    cos.push_back(std::cos(angle));
    sin.push_back(std::sin(angle));
  }
  rotary(Device::cpu,
         RotaryRows<T>{want.data(), rows, heads, width, stride, cos.data(), sin.data(), same});
  if constexpr (std::is_same_v<T, float>) {
    std::vector<float> rows_of_model = x;
    rotate_rows(rows_of_model.data(), rows, stride, heads, width, cos.data(), sin.data(), same);
    CHECK(std::memcmp(rows_of_model.data(), want.data(), want.size() * 4) == 0);
  }
  const DeviceArray<float> dcos(cos), dsin(sin);
  in_every_order(
      [&] {
        DeviceArray<T> dx(x);
        rotary(Device::cuda,
               RotaryRows<T>{dx.get(), rows, heads, width, stride, dcos.get(), dsin.get(), same});
        const std::vector<T> got = dx.read();
        CHECK(std::memcmp(got.data(), want.data(), got.size() * sizeof(T)) == 0);
      },
      3);
}

template <class T>
void test_type() {
  for (const Norm norm : {Norm::rms, Norm::rms_plus_one, Norm::layer, Norm::layer_without_bias}) {
    test_norm<T>(norm, 3, 1, 2);
    test_norm<T>(norm, 11, 255, 2);
    test_norm<T>(norm, 2, 3584, 30);
    test_norm<T>(norm, 1, 513, 0.01);
  }
  test_rotary<T>(5, 3, 80, false);
  test_rotary<T>(2, 1, 2, true);
  test_rotary<T>(3, 4, 128, true);
}

}  // namespace

TEST_CASE("norms of rows on the device are the specification's; rotation has its bits",
          "[kernels][cuda]") {
  test_type<float>();
  test_type<HalfFloat>();
  test_type<BrainFloat>();
}

TEST_CASE("rows in 16 bits meet an RMS norm's weight in fp32 before they are rounded",
          "[kernels][cuda]") {
  for (const bool plus_one : {false, true}) {
    test_wide_weight<HalfFloat>(plus_one);
    test_wide_weight<BrainFloat>(plus_one);
    test_wide_weight<float>(plus_one);
  }
}

TEST_CASE("a norm far from zero does not cancel", "[kernels][cuda]") {
  std::vector<float> x(1000), want(1000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 10000.0f + static_cast<float>(i % 7);
  const std::vector<float> w(1000, 1.0f);
  layer_norm(Device::cpu, NormRows<float>{x.data(), want.data(), w.data(), nullptr, 1, 1000, 1e-5});
  DeviceArray<float> dx(x), dw(w);
  layer_norm(Device::cuda, NormRows<float>{dx.get(), dx.get(), dw.get(), nullptr, 1, 1000, 1e-5});
  const std::vector<float> got = dx.read();
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!(std::abs(got[i] - want[i]) <= 1e-3)) FAIL(i << ": " << got[i] << ", not " << want[i]);
  }
}

TEST_CASE("a row with a NaN gives NaN and leaves its neighbours", "[kernels][cuda]") {
  std::vector<float> x = stored_noise<float>(1, 600);
  x[250] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> w = stored_noise<float>(2, 300);
  DeviceArray<float> dx(x), dw(w);
  rms_norm(Device::cuda, NormRows<float>{dx.get(), dx.get(), dw.get(), nullptr, 2, 300, 1e-5});
  const std::vector<float> got = dx.read();
  CHECK(std::isnan(got[0]));
  CHECK(std::isnan(got[299]));
  CHECK(std::isfinite(got[300]));
}

TEST_CASE("norms and rotation name what does not fit", "[kernels][cuda]") {
  float x[4] = {};
  using Catch::Contains;
  NormRows<float> norm{x, x, x, nullptr, 1, 0, 1e-5};
  CHECK_THROWS_WITH(rms_norm(Device::cpu, norm), Contains("length of a row is 0"));
  norm.cols = 4;
  norm.eps = -1;
  CHECK_THROWS_WITH(layer_norm(Device::cpu, norm), Contains("epsilon is -1"));
  norm.eps = 0;
  norm.bias = x;
  CHECK_THROWS_WITH(rms_norm(Device::cpu, norm), Contains("bias"));
  norm.weight_plus_one = true;
  CHECK_THROWS_WITH(layer_norm(Device::cpu, norm), Contains("weight_plus_one"));
  RotaryRows<float> rows{x, 1, 1, 3, 4, x, x, false};
  CHECK_THROWS_WITH(rotary(Device::cpu, rows), Contains("width of a head is 3"));
  rows.width = 4;
  rows.stride = 3;
  CHECK_THROWS_WITH(rotary(Device::cpu, rows), Contains("distance of rows is 3"));
}
