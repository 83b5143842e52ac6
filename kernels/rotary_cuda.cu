// One thread per pair of numbers.
#include "kernels/rotary.hpp"
#include "kernels/stored_cuda.cuh"

namespace vrp {
namespace {

constexpr unsigned kThreads = 256;

template <class T>
__global__ void __launch_bounds__(kThreads) rotary_kernel(RotaryRows<T> what) {
  const long long half = what.width / 2;
  const long long pair = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
  if (pair >= what.rows * what.heads * half) return;
  const long long i = pair % half, head = pair / half % what.heads, row = pair / half / what.heads;
  T* at = what.x + row * what.stride + head * what.width + i;
  const long long angle = what.same_angles ? i : row * half + i;
  const float a = load_device(at[0]), b = load_device(at[half]);
  const float cos = what.cos[angle], sin = what.sin[angle];
  at[0] = store_device<T>(__fsub_rn(__fmul_rn(a, cos), __fmul_rn(b, sin)));
  at[half] = store_device<T>(__fadd_rn(__fmul_rn(b, cos), __fmul_rn(a, sin)));
}

}  // namespace

template <class T>
void rotary_cuda(const RotaryRows<T>& what) {
  const std::int64_t pairs = what.rows * what.heads * (what.width / 2);
  launch("rotary", rotary_kernel<T>, static_cast<unsigned>((pairs + kThreads - 1) / kThreads),
         kThreads, 0, static_cast<cudaStream_t>(what.stream), what);
}

template void rotary_cuda(const RotaryRows<float>&);
template void rotary_cuda(const RotaryRows<HalfFloat>&);
template void rotary_cuda(const RotaryRows<BrainFloat>&);

}  // namespace vrp
