#pragma once
// The least that a model has to do: what the benchmarks hold measured times against.
#include "pipeline/model/model.hpp"

namespace vrp::speed {

struct DecoderSize {
  double heads, keys;  ///< width of all query heads, of all key heads
  double block;        ///< numbers of a block's matrices
  double head;         ///< of the unembedding
  explicit DecoderSize(const TextSpec& t)
      : heads(static_cast<double>(t.heads) * t.head_dim),
        keys(static_cast<double>(t.kv_heads) * t.head_dim),
        block(t.hidden * (2 * heads + 2 * keys) + 3.0 * t.hidden * t.intermediate),
        head(static_cast<double>(t.hidden) * t.vocab) {}
};

/// Bytes of weights that a step of one token reads: blocks and head.
inline double step_bytes(const TextSpec& t, double bytes_of_number) {
  const DecoderSize size(t);
  return bytes_of_number * (t.layers * size.block + size.head);
}

/// The least multiply-adds, each counted as two, from a picture and a prompt to the first token:
/// the last block needs keys and values of all positions and the rest of one. Norms and the like
/// are left out.
inline double prompt_flops(const ModelSpec& spec, const PreparedItem& item) {
  const TextSpec& t = spec.text;
  const VisionSpec& v = spec.vision;
  const DecoderSize size(t);
  const double rows = static_cast<double>(item.ids.size());
  const double seen = t.prefix_lm ? rows : rows / 2;  // keys of a query, on average
  const double text = (t.layers - 1) * (2 * rows * size.block + 4 * rows * seen * size.heads) +
                      4 * rows * t.hidden * size.keys + 2 * (size.block + size.head);
  const double cells = static_cast<double>(item.image_positions.size()) * v.merge * v.merge;
  const double tower = v.feature_layer < 0 ? v.layers + 1 + v.feature_layer : v.feature_layer;
  const double of_block = 4.0 * v.hidden * v.hidden + 2.0 * v.hidden * v.intermediate;
  return text + tower * (2 * cells * of_block + 4 * cells * cells * v.hidden);
}

}  // namespace vrp::speed
