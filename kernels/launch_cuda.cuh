#pragma once
// How the CUDA twins start a kernel and take dynamic shared memory: plain calls where CUDA has
// syntax of its own, so that a C++ compiler reads the twins too (tests/cuda_emulation).
#include <cuda_runtime.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace vrp {

constexpr unsigned kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

/// Throws std::runtime_error: the kernel's name and CUDA's text.
inline void cuda_check(cudaError_t code, const char* kernel) {
  if (code == cudaSuccess) return;
  const std::string text = std::string(kernel) + ": " + cudaGetErrorString(code);
  cudaGetLastError();  // reported here: the next kernel is not to be blamed for it
  throw std::runtime_error(text);
}

/// kernel<<<grid, block, shared_bytes, stream>>>(arguments...), with the opt-in that more than 48
/// KiB of dynamic shared memory need. Does not wait, and may be called while the stream is captured
/// (neither call is one that CUDA prohibits there), best after a first run: CUDA loads a kernel
/// when it is first used. Throws std::runtime_error with `name` when the launch is refused.
template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), dim3 grid, dim3 block,
            std::size_t shared_bytes, cudaStream_t stream, Arguments&&... arguments) {
  if (shared_bytes > 48 * 1024) {
    cuda_check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    static_cast<int>(shared_bytes)),
               name);
  }
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  cuda_check(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...), name);
}

/// After a launch: waits, and throws std::runtime_error naming the kernel on any failure.
inline void finish_kernel(const char* kernel) {
  cuda_check(cudaGetLastError(), kernel);
  cuda_check(cudaDeviceSynchronize(), kernel);
}

#ifdef VRP_CUDA_EMULATED
namespace emulation {
void* dynamic_shared_memory();
}
#endif

/// The block's dynamic shared memory, 16-byte aligned, as long as the launch asked for.
template <class T>
__device__ inline T* dynamic_shared() {
#ifdef VRP_CUDA_EMULATED
  return static_cast<T*>(emulation::dynamic_shared_memory());
#else
  extern __shared__ __align__(16) unsigned char vrp_dynamic_shared[];
  return reinterpret_cast<T*>(vrp_dynamic_shared);
#endif
}

}  // namespace vrp
