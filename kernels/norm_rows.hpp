#pragma once
// Normalisation of rows, in any stored type.
#include <cstdint>

#include "kernels/maps.hpp"
#include "kernels/stored_types.hpp"

namespace vrp {

/// M rows of `cols` numbers, contiguous, on the device. T: float, HalfFloat or BrainFloat; `out`
/// may be `x`. W, the weight's type, is T or, in RMS norm, float (1 + w of Gemma in 16 bits would
/// lose what w says).
template <class T, class W = T>
struct NormRows {
  const T* x = nullptr;       ///< [M, cols]
  T* out = nullptr;           ///< [M, cols]
  const W* weight = nullptr;  ///< [cols]
  const T* bias = nullptr;    ///< [cols], layer norm only; null = none
  std::int64_t rows = 0, cols = 0;
  double eps = 0;                ///< >= 0
  bool weight_plus_one = false;  ///< RMS norm only: the factor is 1 + w (Gemma)
  void* stream = nullptr;        ///< CUDA's; the call does not wait for it
};

/// out = w x / sqrt(mean(x^2) + eps). Source: Zhang and Sennrich, "Root mean square layer
/// normalization", NeurIPS 2019.
template <class T, class W>
void rms_norm(Device device, const NormRows<T, W>& what);

/// out = w (x - mean) / sqrt(var + eps) + b, var = mean((x - mean)^2). Source: Ba, Kiros and
/// Hinton, "Layer normalization", 2016.
template <class T>
void layer_norm(Device device, const NormRows<T>& what);

// Sums are fp32 on the device, fp64 in the specification; the result is rounded to T once. They
// agree within 1e-5 of max(1, |out|) plus that rounding; a row has the same bits every time,
// whatever other rows there are. A row with a NaN or an infinity gives NaN. Throws
// std::invalid_argument for sizes that do not fit, std::runtime_error with CUDA's text.

template <class T, class W>
void rms_norm_cpu(const NormRows<T, W>& what);
template <class T>
void layer_norm_cpu(const NormRows<T>& what);
#ifdef VRP_CUDA
template <class T, class W>
void rms_norm_cuda(const NormRows<T, W>& what);
template <class T>
void layer_norm_cuda(const NormRows<T>& what);
#endif

}  // namespace vrp
