#pragma once
// The keys and values of a step to their places in the answers' store.
#include <cstdint>

#include "kernels/maps.hpp"
#include "kernels/stored_types.hpp"

namespace vrp {

/// R rows of G heads of d numbers, inside a wider array (the projection's [R, all heads, d]), to a
/// store as decode_attention reads it. T: float, HalfFloat or BrainFloat. Arrays live on the device
/// and begin, like the rows, at multiples of 4 numbers.
template <class T>
struct AppendRows {
  const T* key = nullptr;                       ///< row r from key + r * stride on: [G, d]
  const T* value = nullptr;                     ///< the same
  std::int64_t rows = 0, heads = 0, width = 0;  ///< R, G, d (a multiple of 4)
  std::int64_t stride = 0;                      ///< >= G * d, a multiple of 4
  T* key_store = nullptr;                       ///< [slots, G, capacity, d]
  T* value_store = nullptr;                     ///< the same
  std::int64_t capacity = 0;                    ///< entries of a slot, >= 1
  const std::int32_t* at = nullptr;             ///< [R] entries, counted from `first`
  std::int64_t first = 0;  ///< 1: at[r] is the length with the new entry, as decode_attention's own
  const std::int32_t* slots = nullptr;  ///< [R] distinct slots; null = row r has slot r
  void* stream = nullptr;               ///< CUDA's; the call does not wait for it
};

/// store[slots[r], :, at[r] - first, :] = row r. A row whose entry is not one of 0 .. capacity - 1
/// is not written, so that an answer that has ended can stay in its batch. On the device the call
/// only launches a kernel, which reads `at` and `slots` when it runs. Throws std::invalid_argument
/// for sizes that do not fit, std::runtime_error with CUDA's text.
template <class T>
void append_rows(Device device, const AppendRows<T>& what);

template <class T>
void append_rows_cpu(const AppendRows<T>& what);
#ifdef VRP_CUDA
template <class T>
void append_rows_cuda(const AppendRows<T>& what);
#endif

}  // namespace vrp
