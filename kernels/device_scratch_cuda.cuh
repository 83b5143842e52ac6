#pragma once
// What a twin needs beside its arguments: device memory of its own, and a look for values that the
// contract refuses.
#include <cstddef>
#include <vector>

#include "kernels/launch_cuda.cuh"

namespace vrp {

/// Device memory that is freed with its owner. Throws std::runtime_error with CUDA's text.
template <class T>
class DeviceScratch {
 public:
  DeviceScratch(const char* kernel, std::size_t size) : kernel_(kernel), size_(size) {
    if (size > 0)
      cuda_check(cudaMalloc(reinterpret_cast<void**>(&data_), size * sizeof(T)), kernel);
  }
  DeviceScratch(const char* kernel, const std::vector<T>& values)
      : DeviceScratch(kernel, values.size()) {
    if (size_ == 0) return;
    cuda_check(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), kernel);
  }
  DeviceScratch(const DeviceScratch&) = delete;
  DeviceScratch& operator=(const DeviceScratch&) = delete;
  ~DeviceScratch() { cudaFree(data_); }

  T* get() { return data_; }
  void fill_bytes(int byte) { cuda_check(cudaMemset(data_, byte, size_ * sizeof(T)), kernel_); }

 private:
  const char* kernel_;
  std::size_t size_;
  T* data_ = nullptr;
};

/// One value of device memory, on the host.
template <class T>
T read_one(const char* kernel, const T* at) {
  T value{};
  cuda_check(cudaMemcpy(&value, at, sizeof(T), cudaMemcpyDeviceToHost), kernel);
  return value;
}

constexpr unsigned kSearchThreads = 256, kSearchBlocks = 1024;

template <class T, class Bad>
__global__ void first_bad_kernel(const T* values, unsigned long long count, Bad bad,
                                 unsigned long long* first) {
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * blockDim.x;
  for (unsigned long long i =
           static_cast<unsigned long long>(blockIdx.x) * blockDim.x + threadIdx.x;
       i < count; i += step) {
    if (bad(values[i])) atomicMin(first, i);
  }
}

/// Calls refuse(value) with the first of `count` values in device memory that is bad. Waits.
template <class T, class Bad, class Refuse>
void refuse_first_bad(const char* kernel, const T* values, long long count, Bad bad,
                      Refuse refuse) {
  if (count == 0) return;
  DeviceScratch<unsigned long long> first(kernel, 1);
  first.fill_bytes(0xFF);
  const auto total = static_cast<unsigned long long>(count);
  const unsigned long long blocks = (total + kSearchThreads - 1) / kSearchThreads;
  launch(kernel, first_bad_kernel<T, Bad>,
         static_cast<unsigned>(blocks < kSearchBlocks ? blocks : kSearchBlocks), kSearchThreads, 0,
         nullptr, values, total, bad, first.get());
  finish_kernel(kernel);
  const unsigned long long found = read_one(kernel, first.get());
  if (found < total) refuse(read_one(kernel, values + found));
}

}  // namespace vrp
