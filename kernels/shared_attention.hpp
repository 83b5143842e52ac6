#pragma once
// Attention of one new token in each of K answers to one prompt: the prompt's keys and values are
// there once for all, each answer has its own besides, and one softmax runs over both.
#include <cstdint>

#include "kernels/panel_product.hpp"

namespace vrp {

/// Sizes: K paths, H heads in groups of H / G per key head (G key heads), width d of a head, P
/// prompt positions, n own positions of each answer, the new one included.
struct SharedAttention {
  std::int64_t paths = 0, heads = 0, kv_heads = 0, width = 0, prompt = 0, own = 0;
  const float* query = nullptr;         ///< [K, H, d], rotated
  const float* prompt_key = nullptr;    ///< by key head: packed panels of [P, d]
  const float* prompt_value = nullptr;  ///< [G, P, value_width(d)], rows padded
  const float* own_key = nullptr;       ///< [slots, G, capacity, d]
  const float* own_value = nullptr;     ///< the same
  std::int64_t capacity = 0;
  const std::int64_t* slots = nullptr;  ///< [K] which slot is whose; null = path k has slot k
  float* out = nullptr;                 ///< [K, H * d]
  float* weights = nullptr;             ///< softmax of path 0 [H, P + n], or null
};

/// Values are read in whole panels: d rounded up to a multiple of 32 floats per position.
std::int64_t value_width(std::int64_t width);

/// Key heads begin .. end - 1; threads share the work by key heads. A path's result has the same
/// bits whatever other paths there are.
void shared_attention(const SharedAttention& what, std::int64_t begin, std::int64_t end);

}  // namespace vrp
