// The specification: plain loops, fp64.
#include <cmath>

#include "kernels/norm_rows.hpp"

namespace vrp {

template <class T, class W>
void rms_norm_cpu(const NormRows<T, W>& what) {
  for (std::int64_t r = 0; r < what.rows; ++r) {
    const T* x = what.x + r * what.cols;
    double squares = 0;
    for (std::int64_t i = 0; i < what.cols; ++i) squares += double{load(x[i])} * load(x[i]);
    const double norm = std::sqrt(squares / static_cast<double>(what.cols) + what.eps);
    for (std::int64_t i = 0; i < what.cols; ++i) {
      const double factor = (what.weight_plus_one ? 1.0 : 0.0) + load(what.weight[i]);
      what.out[r * what.cols + i] = store<T>(static_cast<float>(load(x[i]) / norm * factor));
    }
  }
}

template <class T>
void layer_norm_cpu(const NormRows<T>& what) {
  for (std::int64_t r = 0; r < what.rows; ++r) {
    const T* x = what.x + r * what.cols;
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < what.cols; ++i) sum += load(x[i]);
    const double mean = sum / static_cast<double>(what.cols);
    for (std::int64_t i = 0; i < what.cols; ++i) {
      squares += (load(x[i]) - mean) * (load(x[i]) - mean);
    }
    const double norm = std::sqrt(squares / static_cast<double>(what.cols) + what.eps);
    for (std::int64_t i = 0; i < what.cols; ++i) {
      const double bias = what.bias ? double{load(what.bias[i])} : 0.0;
      what.out[r * what.cols + i] =
          store<T>(static_cast<float>((load(x[i]) - mean) / norm * load(what.weight[i]) + bias));
    }
  }
}

template void rms_norm_cpu(const NormRows<float>&);
template void rms_norm_cpu(const NormRows<HalfFloat>&);
template void rms_norm_cpu(const NormRows<BrainFloat>&);
template void rms_norm_cpu(const NormRows<HalfFloat, float>&);
template void rms_norm_cpu(const NormRows<BrainFloat, float>&);
template void layer_norm_cpu(const NormRows<float>&);
template void layer_norm_cpu(const NormRows<HalfFloat>&);
template void layer_norm_cpu(const NormRows<BrainFloat>&);

}  // namespace vrp
