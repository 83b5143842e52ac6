#pragma once
// Rows of metrics into the arrays of record.hpp.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"
#include "stages/metrics/item_relevance.hpp"
#include "stages/metrics/params.hpp"
#include "stages/metrics/structural.hpp"

namespace vrp {

struct ItemMetrics {
  std::string key, reason;
  int status = 0;
  std::vector<std::string> flags;
  Structural structural;
  ItemRelevance relevance;
};

Record assemble(const std::vector<ItemMetrics>& rows, std::int64_t layers,
                const MetricsParams& params);

}  // namespace vrp
