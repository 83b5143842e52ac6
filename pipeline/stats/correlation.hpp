#pragma once
// Point-biserial correlation R of a signal with correctness, its tests and its pooled forms.
#include <span>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"

namespace vrp::stats {

/// R = Pearson correlation of x and y in {0,1}. p: two-sided t-test, t = R sqrt((n-2)/(1-R^2)) with
/// n-2 degrees of freedom (n >= 3). Interval: Fisher, tanh(atanh R +- z/sqrt(n-3)) (n >= 4,
/// |R| < 1). Undefined: single class, constant signal, n < 2, an infinite value (out_of_range).
/// method "t-test; Fisher". Source: methods 10.
Estimate point_biserial(Values x, Labels y, double level = kLevel);

/// Pearson correlation of two numeric columns over the rows where both are finite; same p and
/// interval as `point_biserial`.
Estimate pearson(Values x, Values y, double level = kLevel);

/// tanh(atanh r +- z/sqrt(n-3)); absent when n < 4 or |r| >= 1. method "Fisher".
Interval fisher_interval(double r, std::int64_t n, double level = kLevel);

/// Pooled over strata (models): mean of the strata's Fisher z weighted by n-3, turned back by tanh.
/// Interval z +- q/sqrt(sum(n-3)), p two-sided normal. n and invalid are summed over the strata
/// used. Strata without a value, with n < 4 or |R| = 1 are left out and flagged (skipped_strata).
Estimate stratified_r(std::span<const Estimate> strata, double level = kLevel);

/// Two one-sided tests that |R| < bound: p = the larger of the one-sided normal p of
/// atanh R > atanh(-bound) and atanh R < atanh(bound), standard error 1/sqrt(n-3). A small p says
/// "equivalent to zero". value = R; low, high = the 1 - 2*alpha interval (90 % for alpha = 0.05).
Estimate equivalence_r(const Estimate& r, double bound = 0.1, double alpha = 0.05);

}  // namespace vrp::stats
