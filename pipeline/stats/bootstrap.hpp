#pragma once
// Intervals from replicates, and the bootstrap of any statistic that takes row weights. AUROC and R
// of many signals have their own fast path in signal_bootstrap.hpp.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"
#include "pipeline/stats/resample.hpp"

namespace vrp::stats {

/// Quantile of sorted values by linear interpolation between order statistics, position
/// q*(n-1) (numpy's default). q in [0,1], n >= 1.
double sorted_quantile(std::span<const double> sorted, double q);

/// Quantiles (1-level)/2 and (1+level)/2 of the replicates. NaN replicates = undefined: left out,
/// counted, flagged over 1 %. `over` = "items" or "groups" ends the method's name.
Interval percentile_interval(std::span<const double> replicates, std::string_view over,
                             double level = kLevel);

/// Bias-corrected and accelerated. z0 = Phi^-1((#{t<t0} + 0.5 #{t=t0})/B); a = sum d^3 /
/// (6 (sum d^2)^1.5) with d = mean(jack) - jack; ends at Phi(z0 + (z0+z)/(1 - a(z0+z))).
/// `jackknife`: the statistic with one unit left out at a time. z0 infinite, sum d^2 = 0, an
/// undefined (NaN) jackknife value or a denominator <= 0: the percentile interval, flag
/// percentile_fallback.
Interval bca_interval(std::span<const double> replicates, double observed,
                      std::span<const double> jackknife, std::string_view over,
                      double level = kLevel);

/// A statistic of weighted rows: weight w = the row counts w times. NaN = undefined.
using WeightedStatistic = std::function<double(std::span<const std::uint32_t> row_weights)>;

/// The statistic on replicates of a range, [range.count]; NaN where undefined.
std::vector<double> replicate_statistic(const WeightedStatistic& statistic,
                                        const ResampleUnits& units, PhiloxKey key,
                                        ReplicateRange range);
/// Units that are left out one at a time; of more than these, blocks of units.
constexpr std::uint32_t kJackknifeUnits = 4000;
constexpr std::uint32_t kJackknifeBlocks = 2000;

/// The statistic with each unit left out in turn, [U]; of more than kJackknifeUnits units, with
/// each of kJackknifeBlocks blocks of units left out (unit u is in block u mod kJackknifeBlocks, so
/// that units beside each other are in different ones), [kJackknifeBlocks]. The acceleration of
/// bca_interval stays the same: sums of squares and of cubes of independent units' influences are
/// in expectation those of their blocks' sums; the blocks add noise of sqrt(15)/(6 * 2000) =
/// 0.0003.
std::vector<double> jackknife_statistic(const WeightedStatistic& statistic,
                                        const ResampleUnits& units);

struct BootstrapOptions {
  std::int64_t replicates = kReplicates;
  double level = kLevel;
  std::uint64_t seed = 0;
  std::string_view purpose = "bootstrap";
  bool bca = true;  ///< false: percentile
};
/// Observed value (all weights 1) with its interval; n = rows. O(B N) plus O(U N) for BCa.
Estimate bootstrap_ci(const WeightedStatistic& statistic, const ResampleUnits& units,
                      const BootstrapOptions& options);

/// p = (1 + #{|t*| >= |t|}) / (1 + B) over the defined permutation replicates t*; `null` is
/// subtracted from both first (0.5 for AUROC). Absent when `observed` is NaN or none is defined.
std::optional<double> permutation_p(double observed, std::span<const double> permuted,
                                    double null = 0.0);

}  // namespace vrp::stats
