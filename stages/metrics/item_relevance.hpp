#pragma once
// Relevance-aware metrics of one item, with its two controls (methods 5).
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/relevance.hpp"
#include "stages/metrics/captured.hpp"
#include "stages/metrics/controls.hpp"
#include "stages/metrics/params.hpp"
#include "stages/metrics/structural.hpp"

namespace vrp {

/// One region's metrics; every field NaN when not defined.
struct RegionMetrics : Relevance {
  double count_match = kNotDefined;  ///< -|C_in - reference|, counting sets only
};
RegionMetrics undefined_region();

struct ItemRelevance {
  bool defined = false;
  std::string reason = "no attention map";
  RegionMetrics own = undefined_region(), other = undefined_region(), square = undefined_region();
  std::string donor;               ///< key of the item that lent `other` its region
  std::vector<double> mass_layer;  ///< b(l), [L]
  double peak_layer = kNotDefined;
  std::vector<float> null_lift;  ///< [B]
};

/// What all items of a unit share.
struct RelevanceContext {
  const ItemTable& items;
  const MetricsParams& params;
  Donors& donors;
  const std::vector<std::uint32_t>& permutations;  ///< of region_permutations
};

/// Metrics of row `row`. `maps` may be without mass (mean empty): then only the area is defined.
ItemRelevance item_relevance(const RelevanceContext& context, std::size_t row, const ItemMaps& maps,
                             const Placement& placement);

}  // namespace vrp
