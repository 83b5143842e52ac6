#include "pipeline/devices.hpp"

#include "pipeline/base/error.hpp"

#ifdef VRP_CUDA
#include <cuda.h>
#include <cuda_runtime_api.h>

#include <array>
#include <cstdio>
#endif

namespace vrp {

#ifdef VRP_CUDA
namespace {

/// The driver's uuid, which is that of the instance for a MIG device, where the runtime's may be
/// that of the whole GPU.
cudaUUID_t uuid_of(int device, const cudaDeviceProp& properties) {
  constexpr unsigned kSince = 11040;  // CUDA 11.4: the version that knows MIG
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found{};
  cudaUUID_t uuid = properties.uuid;
  if (cudaGetDriverEntryPointByVersion("cuDeviceGetUuid", &entry, kSince, cudaEnableDefault,
                                       &found) == cudaSuccess &&
      found == cudaDriverEntryPointSuccess) {
    const auto get = reinterpret_cast<CUresult (*)(CUuuid*, CUdevice)>(entry);
    CUuuid ours{};
    if (get(&ours, device) == CUDA_SUCCESS) uuid = ours;
  }
  return uuid;
}

std::string text_of(const cudaUUID_t& uuid, bool instance) {
  std::string out = instance ? "MIG-" : "GPU-";
  for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(uuid.bytes[i])));
    out += hex.data();
  }
  return out;
}

}  // namespace

std::vector<Gpu> list_gpus(std::string& problem) {
  std::vector<Gpu> gpus;
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
    cudaGetLastError();  // it would be reported again by whoever asks next
    problem = concat("CUDA: ", cudaGetErrorString(error));
    return gpus;
  }
  if (count == 0) problem = "CUDA sees no device";
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    if (const cudaError_t error = cudaGetDeviceProperties(&properties, device);
        error != cudaSuccess) {
      cudaGetLastError();
      problem = concat("CUDA device ", device, ": ", cudaGetErrorString(error));
      return {};
    }
    const bool instance = std::string(properties.name).find(" MIG ") != std::string::npos;
    gpus.push_back({text_of(uuid_of(device, properties), instance), properties.name,
                    static_cast<std::int64_t>(properties.totalGlobalMem)});
  }
  return gpus;
}

void use_gpu(int number) {
  if (number < 0) return;
  if (const cudaError_t error = cudaSetDevice(number); error != cudaSuccess) {
    cudaGetLastError();
    fail("CUDA device ", number, " cannot be used: ", cudaGetErrorString(error));
  }
}

#else

std::vector<Gpu> list_gpus(std::string& problem) {
  problem = "this build is without CUDA";
  return {};
}

void use_gpu(int number) {
  if (number >= 0) fail_usage("device cuda:", number, " in a build without CUDA");
}

#endif

}  // namespace vrp
