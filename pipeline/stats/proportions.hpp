#pragma once
// Shares of correct items: intervals, paired comparison of two conditions, power.
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"

namespace vrp::stats {

/// successes / n with Wilson's score interval (no continuity correction). n = 0: undefined.
Estimate wilson(std::int64_t successes, std::int64_t n, double level = kLevel);

/// Accuracy of a label column with Wilson's interval; rows without a label count as invalid.
Estimate accuracy(Labels y, double level = kLevel);

/// Two conditions on the same items. Shares are fractions, differences percentage points.
struct PairedComparison {
  std::int64_t n = 0, invalid = 0;           ///< rows with both labels; rows without
  std::int64_t only_a = 0;                   ///< b of McNemar: a correct, b not
  std::int64_t only_b = 0;                   ///< c of McNemar: b correct, a not
  Estimate difference_pp;                    ///< 100 (mean a - mean b); p = exact McNemar
  Interval interval_items, interval_groups;  ///< bootstrap in pp, BCa; groups only when given
};
/// difference_pp's low, high are those over groups where a group has more than one row, else those
/// over items. n = 0: undefined (empty).
PairedComparison compare_paired(Labels a, Labels b, Groups group, const BootstrapOptions& options);

/// Exact McNemar: min(1, 2 BinCDF(min(b,c); b+c, 1/2)); b + c = 0: 1.
double mcnemar_exact_p(std::int64_t b, std::int64_t c);

/// Mean of a column (NaN leaves) with its bootstrap interval; closed-form replicates, O(B U).
Estimate mean_bootstrap(Values x, Groups group, const BootstrapOptions& options);
/// mean(a - b) over rows where both are defined, the same way.
Estimate mean_difference_bootstrap(Values a, Values b, Groups group,
                                   const BootstrapOptions& options);

/// Smallest difference of paired proportions (a fraction) that a two-sided McNemar test at `alpha`
/// finds with `power` on n items of which the share `discordant` differs between the conditions:
/// (z_{alpha/2} sqrt(p) + z_power sqrt(p - d^2))^2 = n d^2, normal approximation (Connor 1987).
/// Absent when no difference <= discordant reaches the power.
std::optional<double> minimum_detectable_difference(std::int64_t n, double discordant,
                                                    double alpha = 0.05, double power = 0.8);

/// Correct / items with signal = level (within 1e-9), Wilson interval; none: undefined (empty).
Estimate precision_at(Values signal, Labels y, double level_of_signal, double level = kLevel);

struct LevelRow {
  double signal_level = 0;
  Estimate precision;  ///< n = items at this level
};
/// Levels 1/K, 2/K .. 1 of the self-consistency score. Rows at no level (K' < K) are in no row of
/// the table; sum of n tells.
std::vector<LevelRow> precision_by_level(Values signal, Labels y, int samples,
                                         double level = kLevel);

}  // namespace vrp::stats
