#pragma once
// The gate of a gated MLP on rows, in any stored type.
#include <cstdint>

#include "kernels/maps.hpp"
#include "kernels/stored_types.hpp"

namespace vrp {

enum class Gate {
  silu,       ///< x / (1 + exp(-x))
  gelu_tanh,  ///< x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
};

/// M rows, contiguous, on the device. T: float, HalfFloat or BrainFloat.
template <class T>
struct GatedRows {
  const T* x = nullptr;              ///< [M, 2 w]: gates, then what they let through
  T* out = nullptr;                  ///< [M, w], apart from x
  std::int64_t rows = 0, width = 0;  ///< M, w
  Gate gate = Gate::silu;
  void* stream = nullptr;  ///< CUDA's; the call does not wait for it
};

/// out[r, i] = gate(x[r, i]) x[r, w + i], in fp32 on the device and fp64 in the specification,
/// rounded to T once. For gates g and values v they agree within 1e-6 (1 + |g|) |v| plus that
/// rounding. A number depends on its own two alone; the same bits every time. Throws
/// std::invalid_argument for sizes that do not fit, std::runtime_error with CUDA's text. Sources:
/// Shazeer, "GLU variants improve transformer", 2020; Hendrycks and Gimpel, "Gaussian error linear
/// units", 2016.
template <class T>
void gated_rows(Device device, const GatedRows<T>& what);

template <class T>
void gated_rows_cpu(const GatedRows<T>& what);
#ifdef VRP_CUDA
template <class T>
void gated_rows_cuda(const GatedRows<T>& what);
#endif

}  // namespace vrp
