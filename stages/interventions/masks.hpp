#pragma once
// Which cells of an item's picture a mask hides (methods, section 12.1).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/maps.hpp"
#include "pipeline/base/rng.hpp"
#include "stages/interventions/plan.hpp"

namespace vrp {

/// What is known of one item.
struct MaskItem {
  Grid grid;
  std::vector<double> scores;        ///< [S], or empty: no attention map
  std::vector<std::uint8_t> region;  ///< [S], 1 = in the region's mask g, or empty: no region
  double share = 0.30;               ///< of the cells; n = floor(share * S)
  std::uint64_t seed = 0;            ///< draws are keyed by (seed, model, item)
  std::string model, key;
};

/// Cells of a mask condition, ascending; nothing where it is not defined for the item (no map for
/// high and low, no region, n = 0, too few cells outside of the region).
///   high, low   the n cells of largest, smallest score, the lower index on ties
///   random      n cells without replacement
///   block       n cells of a random rectangle in reading order; its sides differ by at most a
///               factor of two where the grid has room; its last row may be shorter
///   region      the cells of g
///   outside     as many cells without replacement of those not in g
std::optional<std::vector<std::int64_t>> mask_of(const PlannedCondition& condition,
                                                 const MaskItem& item);

/// `count` of the numbers 0 .. size - 1 without replacement, in the order of the draw; the first
/// ones are the same for any count.
std::vector<std::int64_t> draw_without_replacement(const Rng& rng, std::uint64_t draw,
                                                   std::int64_t size, std::int64_t count);

}  // namespace vrp
