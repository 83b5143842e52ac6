#pragma once
// Is an item's attention fit to be measured? A map that is not is refused, never repaired.
#include <cstdint>
#include <span>
#include <string>

#include "kernels/maps.hpp"

namespace vrp {

enum class AttentionFault {
  none,
  token_count,  ///< columns of the map differ from the image tokens among the input ids
  non_finite,   ///< NaN or infinity in a map or a mass
  negative,     ///< a weight below 0
  row_mass,     ///< mass of a layer outside [0, 1], or different from the sum of its map
  zero_mass,    ///< no layer looks at the image at all
  constant,     ///< every layer's map is flat: degenerate, e.g. a backend that returns no weights
};

struct AttentionVerdict {
  AttentionFault fault = AttentionFault::none;
  std::string
      reason;  ///< "" when fit; else which layer and cell, what was found, what was expected
  bool ok() const { return fault == AttentionFault::none; }
};

/// Checks the maps of one item.
///   maps      float32 [L, S]  m(l): weights over all keys, averaged, at the image columns
///   shares    float64 [L]     their mass per layer, in [0, 1]
///   expected  number of image-token ids in the input
/// Masses may leave [0, 1], and differ from the sum of their map, by `slack` (fp32 softmax, sums of
/// S terms). Flat means a spread of at most 1e-6 of the largest value, in every layer; a grid of
/// one cell is never flat. The first fault in the order of AttentionFault is reported. Throws
/// std::invalid_argument when `shares` is not of length L or slack < 0.
AttentionVerdict attention_guard(const Maps<float>& maps, std::span<const double> shares,
                                 std::int64_t expected, double slack = 1e-3);

}  // namespace vrp
