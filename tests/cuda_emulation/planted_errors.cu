// Kernels with one mistake each, of the kinds that a device answers with a hang or with garbage;
// the first ones are right.
#include "kernels/launch_cuda.cuh"
#include "tests/cuda_emulation/planted_errors.hpp"

namespace vrp::planted {
namespace {

constexpr unsigned kThreads = 96;

__global__ void reverse(const int* in, int* out) {
  __shared__ int tile[kThreads];
  tile[threadIdx.x] = in[blockIdx.x * kThreads + threadIdx.x];
  __syncthreads();
  out[blockIdx.x * kThreads + threadIdx.x] = tile[kThreads - 1 - threadIdx.x];
}

__global__ void reverse_without_barrier(const int* in, int* out) {
  __shared__ int tile[kThreads];
  tile[threadIdx.x] = in[blockIdx.x * kThreads + threadIdx.x];
  out[blockIdx.x * kThreads + threadIdx.x] = tile[kThreads - 1 - threadIdx.x];
}

/// Every thread reads its neighbour's number and then replaces its own, again and again.
template <bool kSecondBarrier>
__global__ void rotate_left(const int* in, int* out) {
  __shared__ int ring[kThreads];
  ring[threadIdx.x] = in[threadIdx.x];
  for (int turn = 0; turn < 5; ++turn) {
    __syncthreads();
    const int next = ring[(threadIdx.x + 1) % kThreads];
    if (kSecondBarrier) __syncthreads();
    ring[threadIdx.x] = next;
  }
  out[threadIdx.x] = ring[threadIdx.x];
}

__global__ void barrier_in_a_branch(const int*, int* out) {
  if (threadIdx.x < 64) __syncthreads();
  out[threadIdx.x] = 1;
}

__global__ void two_barriers(const int*, int* out) {
  if (threadIdx.x < 64) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

__global__ void lane_has_left(const int* in, int* out) {
  if (threadIdx.x % kWarp == 7) return;
  out[threadIdx.x] = __shfl_down_sync(kAllLanes, in[threadIdx.x], 1);
}

__global__ void lane_elsewhere(const int* in, int* out) {
  int value = in[threadIdx.x];
  if (threadIdx.x % 2 == 0) {
    value = __shfl_xor_sync(kAllLanes, value, 1);
  } else {
    value = __shfl_xor_sync(kAllLanes, value, 2);
  }
  out[threadIdx.x] = value;
}

__global__ void mask_without_caller(const int* in, int* out) {
  out[threadIdx.x] = __shfl_sync(0xffffu, in[threadIdx.x], 0);
}

__global__ void reads_outside_mask(const int* in, int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_down_sync(0xffffu, in[threadIdx.x], 4);
}

__global__ void reads_behind(const int* in, int* out) { out[threadIdx.x] = in[threadIdx.x + 8]; }

__global__ void writes_before(const int* in, int* out) { (out - 1)[threadIdx.x] = in[threadIdx.x]; }

__global__ void shared_index(const int* in, int* out) {
  __shared__ int tile[kThreads];
  tile[threadIdx.x + 1] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x];
}

__global__ void dynamic_index(const int* in, int* out) {
  int* tile = dynamic_shared<int>();
  tile[threadIdx.x + 4] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x];
}

__global__ void misaligned(const int* in, int* out) {
  const int4 four = *reinterpret_cast<const int4*>(in + 1);
  out[threadIdx.x] = four.x;
}

/// The sum of each warp, by lanes that take for granted that they go in step.
__global__ void in_step(const int* in, int* out) {
  __shared__ int tile[kThreads];
  tile[threadIdx.x] = in[threadIdx.x];
  for (unsigned distance = kWarp / 2; distance > 0; distance /= 2) {
    if (threadIdx.x % kWarp < distance) tile[threadIdx.x] += tile[threadIdx.x + distance];
  }
  out[threadIdx.x] = tile[threadIdx.x / kWarp * kWarp];
}

/// Numbers threads by a counter that another thread may have changed since it was read.
__global__ void lost_update(const int*, int* out) {
  __shared__ int counter;
  if (threadIdx.x == 0) counter = 0;
  __syncthreads();
  const volatile int* seen = &counter;
  out[threadIdx.x] = 0;
  const int number = *seen;
  atomicExch(&counter, number + 1);
  __syncthreads();
  if (threadIdx.x == 0) out[0] = counter;
}

__global__ void shared_not_set(const int* in, int* out) {
  __shared__ int sum;
  if (threadIdx.x == 1) sum += in[1];
  __syncthreads();
  out[threadIdx.x] = sum;
}

}  // namespace

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> all = {
      {"reverse", reverse},
      {"rotate_left", rotate_left<true>},
      {"reverse_without_barrier", reverse_without_barrier},
      {"rotate_without_barrier", rotate_left<false>},
      {"barrier_in_a_branch", barrier_in_a_branch},
      {"two_barriers", two_barriers},
      {"lane_has_left", lane_has_left},
      {"lane_elsewhere", lane_elsewhere},
      {"mask_without_caller", mask_without_caller},
      {"reads_outside_mask", reads_outside_mask},
      {"reads_behind", reads_behind},
      {"writes_before", writes_before},
      {"shared_index", shared_index},
      {"dynamic_index", dynamic_index},
      {"misaligned", misaligned},
      {"in_step", in_step},
      {"lost_update", lost_update},
      {"shared_not_set", shared_not_set},
  };
  return all;
}

void run(const char* name, const int* in, int* out, unsigned blocks, unsigned threads) {
  for (const Kernel& kernel : kernels()) {
    if (std::string(kernel.name) == name) {
      launch(name, kernel.function, blocks, threads, kThreads * sizeof(int), nullptr, in, out);
      return finish_kernel(name);
    }
  }
  throw std::logic_error(std::string("no kernel ") + name);
}

}  // namespace vrp::planted
