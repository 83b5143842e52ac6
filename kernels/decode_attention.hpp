#pragma once
// Attention of one new token in each of K answers to one or several prompts, on caches that lie row
// by row: a prompt's keys and values are there once for all of its answers, each answer has its own
// besides, and one softmax runs over both. (shared_attention.hpp is the same for the CPU's packed
// caches.)
#include <cstdint>

#include "kernels/maps.hpp"
#include "kernels/stored_types.hpp"

namespace vrp {

/// They travel in a kernel's parameters.
inline constexpr int kMostPrompts = 32;

/// Keys and values [G, capacity, d] of P = `length` positions.
template <class T>
struct DecodePrompt {
  const T* key = nullptr;
  const T* value = nullptr;
  std::int64_t length = 0, capacity = 0;
};

/// Sizes: K paths, H heads in groups of H / G per key head (G key heads; H / G = 1: every head has
/// its own, G = 1: all share one), d of a head (a multiple of 16 up to 256). T: float, HalfFloat or
/// BrainFloat. Arrays begin at multiples of 16 bytes and live on the device.
template <class T>
struct DecodeAttention {
  std::int64_t paths = 0, heads = 0, kv_heads = 0, width = 0;
  /// Path k answers prompt k / (K / prompt_count); K is a multiple of their number.
  DecodePrompt<T> prompts[kMostPrompts];
  std::int64_t prompt_count = 1;
  std::int64_t own_capacity = 0;        ///< rows of a key head in a slot of the answers, >= 1
  std::int64_t query_stride = 0;        ///< of a path's queries, a multiple of 4; 0 = H * d
  const T* query = nullptr;             ///< [K, H, d], rotated
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
  const std::int32_t* column = nullptr;  ///< [wanted_paths, columns] positions, 0 .. P - 1, of the
                                         ///< path's prompt; a shorter list is filled up with any
  float* weights = nullptr;              ///< [wanted_paths, H, columns]

  void* stream = nullptr;  ///< CUDA's; the call does not wait for it
};

/// `longest`: the most positions of a prompt.
std::int64_t decode_attention_workspace(std::int64_t paths, std::int64_t heads, std::int64_t width,
                                        std::int64_t longest, std::int64_t own_capacity);

/// A path without any position (P = 0, own 0) gives NaN. What lies in own, slots, wanted and column
/// is the caller's promise; the sizes are checked: throws std::invalid_argument, and
/// std::runtime_error with CUDA's text. Scores, softmax and sums are fp32 on the device, fp64 in
/// the specification. For scores up to about 30 and values of size 1 outputs agree within 1e-5 plus
/// the rounding to T, weights within 1e-5 of their size. A path's result has the same bits every
/// time, whatever other paths, prompts, slots, capacities and wanted rows there are.
///
/// On the device the call only launches kernels, so that a stream may be captured meanwhile; a
/// replay reads own, slots, wanted and column as they are then, and the prompts as they were.
template <class T>
void decode_attention(Device device, const DecodeAttention<T>& what);

template <class T>
void decode_attention_cpu(const DecodeAttention<T>& what);
#ifdef VRP_CUDA
template <class T>
void decode_attention_cuda(const DecodeAttention<T>& what);
#endif

}  // namespace vrp
