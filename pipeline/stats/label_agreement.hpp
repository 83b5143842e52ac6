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
  /// Cohen's kappa (po - pe) / (1 - pe). Undefined (single_class) when both columns have one and
  /// the same class only: chance agreement is 1. Interval kappa +- z se cut to [-1, 1] with the
  /// large-sample variance of Fleiss, Cohen and Everitt; with groups the same influence values
  /// summed by group, factor G/(G-1), t with G-1 df. Columns that never differ have no variance
  /// (zero_variance), one group is too_few: no interval. No p. Source: Fleiss, Cohen and Everitt
  /// 1969, Psychological Bulletin 72:323.
  Estimate kappa;
  double p = 1;  ///< exact McNemar: do the two rules call equally many answers correct?
};
/// `group`: rows of a group go together in the variance of kappa; empty = every row by itself.
LabelAgreement compare_labels(Labels a, Labels b, double level = kLevel, Groups group = {});

}  // namespace vrp::stats
