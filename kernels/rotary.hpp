#pragma once
// Rotary position embedding of heads, in any stored type.
#include <cstdint>

#include "kernels/maps.hpp"
#include "kernels/stored_types.hpp"

namespace vrp {

/// Row r starts at x + r * stride and holds `heads` heads of `width` numbers (queries beside keys
/// in one array are two calls, or one with the heads of both). On the device. T: float, HalfFloat
/// or BrainFloat.
template <class T>
struct RotaryRows {
  T* x = nullptr;
  std::int64_t rows = 0, heads = 0, width = 0;  ///< width even
  std::int64_t stride = 0;                      ///< >= heads * width
  const float* cos = nullptr;                   ///< [rows, width / 2], or [width / 2] for all rows
  const float* sin = nullptr;                   ///< the same; which angles is the caller's (M-RoPE)
  bool same_angles = false;                     ///< one row of angles for all
  void* stream = nullptr;                       ///< CUDA's; the call does not wait for it
};

/// In place, the rotate-half convention: (x[i], x[i + width / 2]) turned by angle i. Each product
/// and each sum is rounded to float, then the result to T: device, CPU and rotate_rows
/// (row_ops.hpp) give the same bits. Throws std::invalid_argument for sizes that do not fit,
/// std::runtime_error with CUDA's text. Source: Su et al., "RoFormer", 2021; convention of the
/// transformers library.
template <class T>
void rotary(Device device, const RotaryRows<T>& what);

template <class T>
void rotary_cpu(const RotaryRows<T>& what);
#ifdef VRP_CUDA
template <class T>
void rotary_cuda(const RotaryRows<T>& what);
#endif

}  // namespace vrp
