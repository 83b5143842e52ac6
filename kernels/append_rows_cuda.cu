// One thread per four numbers of a key and the four of its value.
#include "kernels/append_rows.hpp"
#include "kernels/stored_cuda.cuh"

namespace vrp {
namespace {

constexpr unsigned kThreads = 256;

template <class T>
__device__ void copy_four(const T* from, T* to) {
  *reinterpret_cast<Four<T>*>(to) = *reinterpret_cast<const Four<T>*>(from);
}

template <class T>
__global__ void __launch_bounds__(kThreads) append_kernel(AppendRows<T> what) {
  const long long fours = what.width / 4;
  const long long n = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
  if (n >= what.rows * what.heads * fours) return;
  const long long i = n % fours * 4, head = n / fours % what.heads, row = n / fours / what.heads;
  const long long entry = what.at[row] - what.first;
  if (entry < 0 || entry >= what.capacity) return;
  const long long slot = what.slots ? what.slots[row] : row;
  const long long from = row * what.stride + head * what.width + i;
  const long long to = ((slot * what.heads + head) * what.capacity + entry) * what.width + i;
  copy_four(what.key + from, what.key_store + to);
  copy_four(what.value + from, what.value_store + to);
}

}  // namespace

template <class T>
void append_rows_cuda(const AppendRows<T>& what) {
  const std::int64_t fours = what.rows * what.heads * (what.width / 4);
  launch("append_rows", append_kernel<T>, static_cast<unsigned>((fours + kThreads - 1) / kThreads),
         kThreads, 0, static_cast<cudaStream_t>(what.stream), what);
}

template void append_rows_cuda(const AppendRows<float>&);
template void append_rows_cuda(const AppendRows<HalfFloat>&);
template void append_rows_cuda(const AppendRows<BrainFloat>&);

}  // namespace vrp
