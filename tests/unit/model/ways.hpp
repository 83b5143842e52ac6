#pragma once
// Where and with which kernels a test of the model runs.
#include <cstdlib>
#include <string>
#include <vector>

#include "pipeline/model/model.hpp"

namespace vrp::test {

/// VRP_TEST_DEVICE, as ModelOptions::device; cpu where it is not set. The `_gpu` tests set it.
inline std::string device_or_cpu() {
  const char* device = std::getenv("VRP_TEST_DEVICE");
  return device == nullptr || *device == 0 ? "cpu" : device;
}

/// What ModelOptions::kernels may be there: on the CPU the project's own, libtorch's and the way
/// that a GPU takes, which on a GPU is the project's own.
inline std::vector<std::string> kernels_of(const std::string& device) {
  if (device == "cpu") return {"auto", "aten", "device"};
  return {"auto", "aten"};
}

/// A model in fp32 there, with each of those kernels.
inline std::vector<ModelOptions> ways() {
  std::vector<ModelOptions> ways;
  const std::string device = device_or_cpu();
  for (const std::string& kernels : kernels_of(device)) {
    ways.push_back({device, "fp32", 1, kernels});
  }
  return ways;
}

}  // namespace vrp::test
