#pragma once
// Area under the ROC curve: the share of (correct, incorrect) pairs in which the correct item has
// the higher signal, ties one half. 0.5 = no information, raw orientation (below 0.5 is possible).
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"

namespace vrp::stats {

/// AUROC with DeLong's variance: interval value +- z*se cut to [0, 1], p two-sided against 0.5.
/// Undefined for a single class. A constant signal: 0.5, flag constant, no p. Variance 0 (perfect
/// order): no p, no interval, flag zero_variance. One row in a class: no variance, flag too_few.
/// method "DeLong". Source: DeLong et al. 1988; midrank form of Sun and Xu 2014.
Estimate auroc(Values x, Labels y, double level = kLevel);

/// The same value with the tie-corrected normal p of the Mann-Whitney U (two-sided, continuity
/// correction of 1/2 as scipy's default); no interval. method "Mann-Whitney".
Estimate auroc_mann_whitney(Values x, Labels y, bool continuity = true);

/// AUROC(a) - AUROC(b) on the rows where both signals are defined, by paired DeLong: interval and
/// p against 0. Variance 0: value without p or interval (zero_variance). method "paired DeLong".
Estimate auroc_difference(Values a, Values b, Labels y, double level = kLevel);

/// AUROC over pairs of the same type only, pooled over types (weight = pairs).
struct TypedAuroc {
  Estimate estimate;       ///< value only; intervals by bootstrap (signal_bootstrap.hpp)
  std::int64_t pairs = 0;  ///< correct/incorrect pairs of one type
};
/// Rows with kNoType count as invalid. No pair at all: undefined, flag no_pairs. Every used value
/// equal within each type that has pairs: 0.5 with flag constant.
TypedAuroc auroc_within_type(Values x, Labels y, Types type);

/// Baseline `type_only`: each row's score is the mean label of the other rows of its type
/// (leave one out). NaN: no other labelled row of the type, no type, no label. [N]
std::vector<double> type_only_score(Labels y, Types type);

/// Midranks of x, 1 .. n, ties share their mean rank. x must not hold NaN.
std::vector<double> midranks(std::span<const double> x);

}  // namespace vrp::stats
