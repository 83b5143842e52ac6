// One thread per four numbers where rows allow it, else per number.
#include "kernels/gated_rows.hpp"
#include "kernels/stored_cuda.cuh"

namespace vrp {
namespace {

constexpr unsigned kThreads = 256;

/// Each step rounded by itself, so that both kernels give the same bits.
__device__ inline float gated(Gate gate, float x, float value) {
  if (gate == Gate::silu) return __fmul_rn(__fdiv_rn(x, __fadd_rn(1.0f, expf(-x))), value);
  const float cube = __fmul_rn(__fmul_rn(x, x), x);
  const float inner = __fmul_rn(0.79788456080286536f, fmaf(0.044715f, cube, x));  // sqrt(2 / pi)
  return __fmul_rn(__fmul_rn(__fmul_rn(0.5f, x), __fadd_rn(1.0f, tanhf(inner))), value);
}

template <class T>
__global__ void __launch_bounds__(kThreads) gated_four_kernel(GatedRows<T> what) {
  const long long fours = what.width / 4;
  const long long n = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
  if (n >= what.rows * fours) return;
  const T* gates = what.x + n / fours * 2 * what.width + n % fours * 4;
  const float4 x = load_four(gates), v = load_four(gates + what.width);
  const Four<T> out{
      {store_device<T>(gated(what.gate, x.x, v.x)), store_device<T>(gated(what.gate, x.y, v.y)),
       store_device<T>(gated(what.gate, x.z, v.z)), store_device<T>(gated(what.gate, x.w, v.w))}};
  *reinterpret_cast<Four<T>*>(what.out + 4 * n) = out;
}

template <class T>
__global__ void __launch_bounds__(kThreads) gated_kernel(GatedRows<T> what) {
  const long long n = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
  if (n >= what.rows * what.width) return;
  const T* gate = what.x + n / what.width * 2 * what.width + n % what.width;
  what.out[n] =
      store_device<T>(gated(what.gate, load_device(gate[0]), load_device(gate[what.width])));
}

template <class T>
bool in_fours(const T* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % sizeof(Four<T>) == 0;
}

}  // namespace

template <class T>
void gated_rows_cuda(const GatedRows<T>& what) {
  const bool fours = what.width % 4 == 0 && in_fours(what.x) && in_fours(what.out);
  const std::int64_t threads = what.rows * what.width / (fours ? 4 : 1);
  launch("gated_rows", fours ? gated_four_kernel<T> : gated_kernel<T>,
         static_cast<unsigned>((threads + kThreads - 1) / kThreads), kThreads, 0,
         static_cast<cudaStream_t>(what.stream), what);
}

template void gated_rows_cuda(const GatedRows<float>&);
template void gated_rows_cuda(const GatedRows<HalfFloat>&);
template void gated_rows_cuda(const GatedRows<BrainFloat>&);

}  // namespace vrp
