#include <cstring>
#include <utility>

#include "tests/cuda_emulation/include/cuda_runtime.h"
#include "tests/cuda_emulation/memory.hpp"

namespace {

using namespace vrp::emulation;

std::string last_text = "no error";
cudaError_t last_code = cudaSuccess;

cudaError_t check_range(const char* call, const void* pointer, std::size_t bytes, bool device) {
  const bool right = device ? is_device(pointer, bytes) : !touches_device(pointer, bytes);
  if (right) return cudaSuccess;
  return remember(cudaErrorInvalidValue,
                  std::string(call) + ": " + std::to_string(bytes) + " bytes " +
                      (device ? "do not lie in one allocation" : "of the host lie on the device"));
}

}  // namespace

cudaError_t vrp::emulation::remember(cudaError_t code, const std::string& text) {
  last_text = text;
  last_code = code;
  return code;
}

const char* cudaGetErrorString(cudaError_t code) {
  return code == cudaSuccess ? "no error" : last_text.c_str();
}
cudaError_t cudaGetLastError() { return std::exchange(last_code, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_code; }

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 4;  // multiprocessors: few, so that a loop over the grid's size takes several turns
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** pointer, std::size_t bytes) {
  *pointer = allocate(bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* pointer) {
  if (release(pointer)) return cudaSuccess;
  return remember(cudaErrorInvalidValue, "cudaFree: not the begin of an allocation");
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return cudaSuccess;
  bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (kind == cudaMemcpyDefault) {
    to_device = touches_device(to, bytes);
    from_device = touches_device(from, bytes);
  }
  cudaError_t code = check_range("cudaMemcpy, target", to, bytes, to_device);
  if (code == cudaSuccess) code = check_range("cudaMemcpy, source", from, bytes, from_device);
  if (code != cudaSuccess) return code;
  const DeviceMemoryOpen open;
  std::memmove(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t) {
  return cudaMemcpy(to, from, bytes, kind);
}

cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  const cudaError_t code = check_range("cudaMemset", to, bytes, true);
  if (code != cudaSuccess) return code;
  const DeviceMemoryOpen open;
  std::memset(to, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t) {
  return cudaMemset(to, value, bytes);
}

cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  *stream = nullptr;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
