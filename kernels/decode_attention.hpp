#pragma once
// Attention of one new token in each of K answers to one prompt, on caches that lie row by row: the
// prompt's keys and values are there once for all, each answer has its own besides, and one softmax
// runs over both. (shared_attention.hpp is the same for the CPU's packed caches.)
#include <cstdint>

#include "kernels/maps.hpp"
#include "kernels/stored_types.hpp"

namespace vrp {

/// Sizes: K paths, H heads in groups of H / G per key head (G key heads; H / G = 1: every head has
/// its own, G = 1: all share one), d of a head (a multiple of 16 up to 256), P prompt positions.
/// T: float, HalfFloat or BrainFloat. Arrays begin at multiples of 16 bytes and live on the device.
template <class T>
struct DecodeAttention {
  std::int64_t paths = 0, heads = 0, kv_heads = 0, width = 0, prompt = 0;
  std::int64_t prompt_capacity = 0;     ///< rows of a key head in the prompt's arrays, >= P
  std::int64_t own_capacity = 0;        ///< the same of a slot in the answers' arrays, >= 1
  const T* query = nullptr;             ///< [K, H, d], rotated
  const T* prompt_key = nullptr;        ///< [G, prompt_capacity, d]
  const T* prompt_value = nullptr;      ///< the same
  const T* own_key = nullptr;           ///< [slots, G, own_capacity, d]
  const T* own_value = nullptr;         ///< the same
  const std::int32_t* own = nullptr;    ///< [K] own positions of each path, 0 .. own_capacity
  const std::int32_t* slots = nullptr;  ///< [K] which slot is whose; null = path k has slot k
  float scale = 0;                      ///< of the scores, 1 / sqrt(d) as a rule
  T* out = nullptr;                     ///< [K, H, d]
  float* workspace = nullptr;  ///< decode_attention_workspace() floats; not needed on the CPU

  /// Rows of the softmax (over all P + own positions) at some prompt positions, for some paths.
  std::int64_t wanted_paths = 0, columns = 0;
  const std::int32_t* wanted = nullptr;  ///< [wanted_paths] paths, 0 .. K - 1
  const std::int32_t* column = nullptr;  ///< [columns] prompt positions, 0 .. P - 1
  float* weights = nullptr;              ///< [wanted_paths, H, columns]

  void* stream = nullptr;  ///< CUDA's; the call does not wait for it
};

std::int64_t decode_attention_workspace(std::int64_t paths, std::int64_t heads, std::int64_t width,
                                        std::int64_t prompt, std::int64_t own_capacity);

/// A path without any position (P = 0, own 0) gives NaN. What lies in own, slots, wanted and column
/// is the caller's promise; the sizes are checked: throws std::invalid_argument, and
/// std::runtime_error with CUDA's text. Scores, softmax and sums are fp32 on the device, fp64 in
/// the specification. For scores up to about 30 and values of size 1 outputs agree within 1e-5 plus
/// the rounding to T, weights within 1e-5 of their size. A path's result has the same bits every
/// time, whatever other paths, slots, capacities and wanted rows there are.
template <class T>
void decode_attention(Device device, const DecodeAttention<T>& what);

template <class T>
void decode_attention_cpu(const DecodeAttention<T>& what);
#ifdef VRP_CUDA
template <class T>
void decode_attention_cuda(const DecodeAttention<T>& what);
#endif

}  // namespace vrp
