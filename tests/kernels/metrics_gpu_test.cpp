// The CUDA twins against the CPU specification. Without a device it says so and exits with 77,
// which ctest shows as skipped.
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "kernels/philox.hpp"
#include "kernels/relevance.hpp"
#include "kernels/spatial_entropy.hpp"

namespace {

using namespace vrp;

constexpr int kSkipped = 77;
constexpr double kTolerance = 1e-10;
int failures = 0;

template <class T>
class OnDevice {
 public:
  explicit OnDevice(const std::vector<T>& values) : size_(values.size()) {
    check(cudaMalloc(reinterpret_cast<void**>(&data_), size_ * sizeof(T)));
    check(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  ~OnDevice() { cudaFree(data_); }
  T* get() { return data_; }
  std::vector<T> read() const {
    std::vector<T> values(size_);
    check(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  static void check(cudaError_t code) {
    if (code != cudaSuccess) throw std::runtime_error(cudaGetErrorString(code));
  }
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

void compare(const char* what, std::int64_t cells, const std::vector<double>& got,
             const std::vector<double>& want) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i]) ? std::isnan(got[i]) : std::abs(got[i] - want[i]) <= kTolerance)
      continue;
    std::printf("%s, %lld cells, map %zu: device %.17g, CPU %.17g\n", what,
                static_cast<long long>(cells), i, got[i], want[i]);
    ++failures;
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
  const std::vector<T> maps = make_maps<T>(count, cells);
  const std::vector<double> region = make_maps<double>(1, cells);
  const std::vector<double> zero(static_cast<std::size_t>(count), -7.0);
  std::vector<double> want = zero;
  OnDevice<T> device_maps(maps);
  OnDevice<double> device_region(region);
  const Maps<T> host{maps.data(), count, cells}, there{device_maps.get(), count, cells};

  spatial_entropy(Device::cpu, host, want);
  std::vector<double> first;
  for (int repeat = 0; repeat < 3; ++repeat) {
    OnDevice<double> result(zero);
    spatial_entropy(Device::cuda, there, {result.get(), zero.size()});
    const std::vector<double> got = result.read();
    compare("spatial_entropy", cells, got, want);
    if (repeat == 0) first = got;
    if (std::memcmp(first.data(), got.data(), got.size() * sizeof(double)) != 0) {
      std::printf("spatial_entropy, %lld cells: repeat %d has other bits\n",
                  static_cast<long long>(cells), repeat);
      ++failures;
    }
  }

  relevance_mass<T>(Device::cpu, host, {region.data(), 1, cells}, want);
  OnDevice<double> result(zero);
  relevance_mass<T>(Device::cuda, there, {device_region.get(), 1, cells},
                    {result.get(), zero.size()});
  compare("relevance_mass", cells, result.read(), want);
}

}  // namespace

int main() {
  int devices = 0;
  const cudaError_t code = cudaGetDeviceCount(&devices);
  if (code != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device was found (%s)\n",
                code == cudaSuccess ? "0 devices" : cudaGetErrorString(code));
    return kSkipped;
  }
  try {
    for (const std::int64_t cells : {1, 31, 32, 33, 256, 576, 4097}) {
      for (const std::int64_t count : {1, 7, 64, 1000}) {
        test_type<float>(count, cells);
        test_type<double>(count, cells);
      }
    }
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
  std::printf("%d differences beyond %g\n", failures, kTolerance);
  return failures == 0 ? 0 : 1;
}
