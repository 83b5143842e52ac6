// What the emulator is for: kernels that are right give the same in every order of threads, and
// each kind of mistake is found.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/include/cuda_bf16.h"
#include "tests/cuda_emulation/include/cuda_fp16.h"
#include "tests/cuda_emulation/orders.hpp"
#include "tests/cuda_emulation/planted_errors.hpp"

using namespace vrp;

namespace {

std::vector<int> numbers(std::size_t count) {
  std::vector<int> values(count);
  std::iota(values.begin(), values.end(), 100);
  return values;
}

std::vector<int> run(const char* name, unsigned blocks = 1) {
  DeviceArray<int> in(numbers(std::size_t{blocks} * 96)), out(std::size_t{blocks} * 96);
  planted::run(name, in.get(), out.get(), blocks);
  return out.read();
}

/// The text of the error in the first order that shows one.
std::string error_of(const char* name, unsigned threads = 96) {
  for (std::uint64_t order = 0; order < 4; ++order) {
    emulation::set_order(order);
    try {
      DeviceArray<int> in(numbers(96)), out(std::size_t{96});
      planted::run(name, in.get(), out.get(), 1, threads);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  return "no error";
}

/// Different results over so many orders.
std::size_t results_of(const char* name, int orders) {
  std::set<std::vector<int>> found;
  in_every_order([&] { found.insert(run(name)); }, orders);
  return found.size();
}

}  // namespace

TEST_CASE("a kernel without mistakes gives the same in every order of threads", "[emulation]") {
  std::vector<int> want = numbers(5 * 96);
  for (int b = 0; b < 5; ++b) std::reverse(want.begin() + b * 96, want.begin() + (b + 1) * 96);
  in_every_order([&] { CHECK(run("reverse", 5) == want); }, 20);
  std::vector<int> rotated = numbers(96);
  std::rotate(rotated.begin(), rotated.begin() + 5, rotated.end());
  in_every_order([&] { CHECK(run("rotate_left") == rotated); }, 20);
}

TEST_CASE("a missing barrier shows: results differ between orders of threads", "[emulation]") {
  CHECK(results_of("reverse_without_barrier", 6) > 1);
  CHECK(results_of("rotate_without_barrier", 6) > 1);
  CHECK(results_of("in_step", 6) > 1);
}

TEST_CASE("a value that changes between its reading and an atomic operation shows", "[emulation]") {
  CHECK(results_of("lost_update", 6) > 1);
}

TEST_CASE("what a device answers with a hang or garbage is an error with the kernel's name",
          "[emulation]") {
  const auto has = [](const char* name, const char* text, unsigned threads = 96) {
    const std::string error = error_of(name, threads);
    INFO(error);
    CHECK(error.find(name) == 0);
    CHECK(error.find(text) != std::string::npos);
  };
  has("barrier_in_a_branch", "has ended");
  has("two_barriers", "waits at __syncthreads");
  has("lane_has_left", "has ended");
  has("lane_elsewhere", "waits at a shuffle");
  has("mask_without_caller", "its mask lacks itself");
  has("reads_outside_mask", "which its mask does not name");
  has("lane_has_left", "lanes that the block does not have", 40);
  has("reverse", "expected 1 .. 1024", 1025);
  has("writes_before", "just before or behind an allocation");
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("memory outside of an allocation and indices outside of an array are errors",
          "[emulation]") {
  const auto has = [](const char* name, const char* text) {
    const std::string error = error_of(name);
    INFO(error);
    CHECK(error.find(name) == 0);
    CHECK(error.find(text) != std::string::npos);
  };
  has("reads_behind", "of 384 bytes allocated");
  has("shared_index", "undefined behaviour");
  has("dynamic_index", "bytes of dynamic shared memory");
  has("misaligned", "undefined behaviour");
}
#endif

TEST_CASE("shared memory starts as garbage, not as zeros", "[emulation]") {
  CHECK(run("shared_not_set")[0] == 100);  // -1 + 101
}

TEST_CASE("copies know the device's memory from the host's", "[emulation]") {
  std::vector<int> host = numbers(96);
  DeviceArray<int> device(host);
  CHECK(cudaMemcpy(device.get() + 1, host.data(), 96 * sizeof(int), cudaMemcpyHostToDevice) ==
        cudaErrorInvalidValue);
  CHECK(cudaMemcpy(device.get(), host.data(), sizeof(int), cudaMemcpyDeviceToDevice) ==
        cudaErrorInvalidValue);
  CHECK(cudaMemcpy(device.get(), host.data(), sizeof(int), cudaMemcpyDeviceToHost) ==
        cudaErrorInvalidValue);
  CHECK(cudaFree(device.get() + 1) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(host.data(), device.get() + 90, 6 * sizeof(int), cudaMemcpyDeviceToHost) ==
        cudaSuccess);
  CHECK(host[0] == 190);
}

TEST_CASE("halves and bfloat16 convert as IEEE 754 says", "[emulation]") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float value = __half2float({static_cast<std::uint16_t>(bits)});
    if (std::isnan(value)) continue;
    if (__float2half(value).bits != bits) FAIL("half " << bits << " becomes " << value);
    const __nv_bfloat16 brain{static_cast<std::uint16_t>(bits)};
    const float wide = __bfloat162float(brain);
    if (!std::isnan(wide) && __float2bfloat16(wide).bits != bits) FAIL("bfloat16 " << bits);
  }
  CHECK(__float2half(1.0f + 0x1p-11f).bits == 0x3C00);             // tie, to even
  CHECK(__float2half(1.0f + 0x1p-11f + 0x1p-20f).bits == 0x3C01);  // just above
  CHECK(__float2half(1.0f + 3 * 0x1p-11f).bits == 0x3C02);         // tie, to even
  CHECK(__float2half(65519.0f).bits == 0x7BFF);
  CHECK(__float2half(65520.0f).bits == 0x7C00);
  CHECK(__float2half(0x1p-25f).bits == 0);
  CHECK(__float2half(0x1.8p-25f).bits == 1);
  CHECK(__float2bfloat16(1.0f + 0x1p-8f).bits == 0x3F80);
  CHECK(__float2bfloat16(1.0f + 3 * 0x1p-8f).bits == 0x3F82);
  CHECK(std::isnan(__half2float(__float2half(std::nanf("")))));
}
