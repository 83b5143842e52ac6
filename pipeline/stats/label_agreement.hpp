#pragma once
// How far two rules that label the same answers agree.
#include <cstdint>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"

namespace vrp::stats {

/// Counts over the rows that both columns label.
struct LabelAgreement {
  std::int64_t n = 0, invalid = 0;  ///< rows labelled by both; the others
  std::int64_t both_correct = 0, only_a = 0, only_b = 0, both_incorrect = 0;
  Estimate equal;  ///< share of equal labels, Wilson's interval
  /// Cohen's kappa (po - pe) / (1 - pe), value only. Undefined (single_class) when both columns
  /// have one and the same class only: chance agreement is 1.
  Estimate kappa;
  double p = 1;  ///< exact McNemar: do the two rules call equally many answers correct?
};
LabelAgreement compare_labels(Labels a, Labels b, double level = kLevel);

}  // namespace vrp::stats
