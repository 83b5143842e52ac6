#pragma once
// Selective prediction: answer only the items with the highest signal; risk = error among them.
#include <array>
#include <cstdint>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"

namespace vrp::stats {

/// A point where a threshold can be put: after a whole block of tied items.
struct RiskPoint {
  double threshold = 0;  ///< signal value; items with signal >= threshold are covered
  double coverage = 0;   ///< covered / n, in (0, 1]
  double risk = 0;       ///< incorrect / covered
};

struct RiskCoverage {
  std::int64_t n = 0, invalid = 0;
  Flags flags;                        ///< empty: nothing below is defined; constant: one block
  std::vector<RiskPoint> points;      ///< signal descending
  std::optional<double> aurc;         ///< mean of risk over coverages k/n, k = 1..n
  std::optional<double> oracle_aurc;  ///< the same when every correct item comes first
  std::optional<double> excess;       ///< aurc - oracle_aurc
  /// Largest coverage at a threshold with risk <= 5, 10, 20 %; 0 when there is none.
  std::array<std::optional<double>, 3> coverage_at;
};
constexpr std::array<double, 3> kRisks = {0.05, 0.10, 0.20};

/// Highest signal first (give -signal where low is good). Ties enter as one block: inside a block
/// the number of errors grows linearly with k, its expectation over the orders of the tied items.
RiskCoverage risk_coverage(Values signal, Labels y);

}  // namespace vrp::stats
