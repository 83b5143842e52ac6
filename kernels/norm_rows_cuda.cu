// One block per row; threads stride over the columns in a fixed order. In layer norm the squares
// are of differences from the mean, so that nothing cancels.
#include "kernels/block_total_cuda.cuh"
#include "kernels/norm_rows.hpp"

namespace vrp {
namespace {

template <class T, class W>
__global__ void __launch_bounds__(kBlockThreads) rms_kernel(NormRows<T, W> what) {
  __shared__ float scratch[kBlockWarps];
  const T* x = what.x + blockIdx.x * what.cols;
  T* out = what.out + blockIdx.x * what.cols;
  float squares = 0;
  for (long long i = threadIdx.x; i < what.cols; i += kBlockThreads) {
    const float value = load_device(x[i]);
    squares = fmaf(value, value, squares);
  }
  squares = block_total(squares, scratch);
  const float norm = sqrtf(squares / static_cast<float>(what.cols) + static_cast<float>(what.eps));
  const float one = what.weight_plus_one ? 1.0f : 0.0f;
  for (long long i = threadIdx.x; i < what.cols; i += kBlockThreads) {
    out[i] = store_device<T>(load_device(x[i]) / norm * (one + load_device(what.weight[i])));
  }
}

template <class T>
__global__ void __launch_bounds__(kBlockThreads) layer_kernel(NormRows<T> what) {
  __shared__ float scratch[kBlockWarps];
  const T* x = what.x + blockIdx.x * what.cols;
  T* out = what.out + blockIdx.x * what.cols;
  const float count = static_cast<float>(what.cols);
  float sum = 0, squares = 0;
  for (long long i = threadIdx.x; i < what.cols; i += kBlockThreads) sum += load_device(x[i]);
  const float mean = block_total(sum, scratch) / count;
  for (long long i = threadIdx.x; i < what.cols; i += kBlockThreads) {
    const float value = load_device(x[i]) - mean;
    squares = fmaf(value, value, squares);
  }
  squares = block_total(squares, scratch);
  const float norm = sqrtf(squares / count + static_cast<float>(what.eps));
  for (long long i = threadIdx.x; i < what.cols; i += kBlockThreads) {
    const float bias = what.bias ? load_device(what.bias[i]) : 0.0f;
    const float unit = (load_device(x[i]) - mean) / norm;
    out[i] = store_device<T>(fmaf(unit, load_device(what.weight[i]), bias));
  }
}

template <class T, class W>
void run(const char* name, void (*kernel)(NormRows<T, W>), const NormRows<T, W>& what) {
  if (what.rows == 0) return;
  launch(name, kernel, static_cast<unsigned>(what.rows), kBlockThreads, 0,
         static_cast<cudaStream_t>(what.stream), what);
}

}  // namespace

template <class T, class W>
void rms_norm_cuda(const NormRows<T, W>& what) {
  run("rms_norm", rms_kernel<T, W>, what);
}

template <class T>
void layer_norm_cuda(const NormRows<T>& what) {
  run<T, T>("layer_norm", layer_kernel<T>, what);
}

template void rms_norm_cuda(const NormRows<float>&);
template void rms_norm_cuda(const NormRows<HalfFloat>&);
template void rms_norm_cuda(const NormRows<BrainFloat>&);
template void rms_norm_cuda(const NormRows<HalfFloat, float>&);
template void rms_norm_cuda(const NormRows<BrainFloat, float>&);
template void layer_norm_cuda(const NormRows<float>&);
template void layer_norm_cuda(const NormRows<HalfFloat>&);
template void layer_norm_cuda(const NormRows<BrainFloat>&);

}  // namespace vrp
