#include "pipeline/stats/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/normal.hpp"

namespace vrp::stats {
namespace {

// The defined replicates, sorted; counts and flags go to `out`.
std::vector<double> defined_sorted(std::span<const double> replicates, Interval& out) {
  std::vector<double> sorted;
  sorted.reserve(replicates.size());
  for (const double t : replicates) {
    if (!std::isnan(t)) sorted.push_back(t);
  }
  std::sort(sorted.begin(), sorted.end());
  out.replicates = static_cast<std::int64_t>(sorted.size());
  out.skipped = static_cast<std::int64_t>(replicates.size() - sorted.size());
  if (out.skipped * 100 > static_cast<std::int64_t>(replicates.size())) {
    out.flags |= Flag::skipped_replicates;
  }
  if (sorted.empty()) out.flags |= Flag::empty;
  return sorted;
}

void set_quantiles(std::span<const double> sorted, double low, double high, Interval& out) {
  out.low = sorted_quantile(sorted, low);
  out.high = sorted_quantile(sorted, high);
}

// Acceleration; absent when the jackknife has no spread beyond rounding, or a value is missing.
std::optional<double> acceleration(std::span<const double> jackknife) {
  double mean = 0, largest = 0;
  for (const double t : jackknife) {
    mean += t;
    largest = std::max(largest, std::abs(t));
  }
  mean /= static_cast<double>(jackknife.size());
  if (jackknife.empty() || std::isnan(mean)) return std::nullopt;
  double squares = 0, cubes = 0, widest = 0;
  for (const double t : jackknife) {
    const double d = mean - t;
    squares += d * d;
    cubes += d * d * d;
    widest = std::max(widest, std::abs(d));
  }
  if (widest <= 8 * std::numeric_limits<double>::epsilon() * largest) return std::nullopt;
  return cubes / (6 * std::pow(squares, 1.5));
}

}  // namespace

double sorted_quantile(std::span<const double> sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  if (part == 0 || sorted[below] == sorted[above]) return sorted[below];
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

Interval percentile_interval(std::span<const double> replicates, std::string_view over,
                             double level) {
  Interval out;
  out.method = concat("percentile over ", over);
  const std::vector<double> sorted = defined_sorted(replicates, out);
  if (!sorted.empty()) set_quantiles(sorted, (1 - level) / 2, (1 + level) / 2, out);
  return out;
}

Interval bca_interval(std::span<const double> replicates, double observed,
                      std::span<const double> jackknife, std::string_view over, double level) {
  Interval out;
  out.method = concat("BCa over ", over);
  const std::vector<double> sorted = defined_sorted(replicates, out);
  if (sorted.empty()) return out;
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), observed);
  const double below = static_cast<double>(first - sorted.begin());
  const double equal = static_cast<double>(last - first);
  const double z0 = normal_quantile((below + 0.5 * equal) / static_cast<double>(sorted.size()));
  const std::optional<double> a = acceleration(jackknife);
  if (std::isfinite(z0) && a) {
    const double z = critical_z(level);
    const double low = 1 - *a * (z0 - z), high = 1 - *a * (z0 + z);
    if (low > 0 && high > 0) {
      set_quantiles(sorted, normal_cdf(z0 + (z0 - z) / low), normal_cdf(z0 + (z0 + z) / high), out);
      return out;
    }
  }
  out.method = concat("percentile over ", over);
  out.flags |= Flag::percentile_fallback;
  set_quantiles(sorted, (1 - level) / 2, (1 + level) / 2, out);
  return out;
}

std::vector<double> replicate_statistic(const WeightedStatistic& statistic,
                                        const ResampleUnits& units, PhiloxKey key,
                                        ReplicateRange range) {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(range.count));
  for (std::int64_t b = range.first; b < range.first + range.count; ++b) {
    out.push_back(statistic(row_weights(key, b, units)));
  }
  return out;
}

std::vector<double> jackknife_statistic(const WeightedStatistic& statistic,
                                        const ResampleUnits& units) {
  const bool blocks = units.count > kJackknifeUnits;
  const std::uint32_t parts = blocks ? kJackknifeBlocks : units.count;
  std::vector<double> out;
  std::vector<std::uint32_t> weights(units.unit_of_row.size());
  for (std::uint32_t left_out = 0; left_out < parts; ++left_out) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::uint32_t unit = units.unit_of_row[i];
      weights[i] = (blocks ? unit % kJackknifeBlocks : unit) == left_out ? 0 : 1;
    }
    out.push_back(statistic(weights));
  }
  return out;
}

Estimate bootstrap_ci(const WeightedStatistic& statistic, const ResampleUnits& units,
                      const BootstrapOptions& options) {
  Estimate out;
  out.n = static_cast<std::int64_t>(units.unit_of_row.size());
  if (out.n == 0) {
    out.flags |= Flag::empty;
    return out;
  }
  const double observed = statistic(std::vector<std::uint32_t>(units.unit_of_row.size(), 1));
  if (std::isnan(observed)) {
    out.flags |= Flag::too_few;
    return out;
  }
  out.value = observed;
  const PhiloxKey key = bootstrap_key(options.seed, concat(options.purpose, "/", units.name));
  const std::vector<double> replicates =
      replicate_statistic(statistic, units, key, {0, options.replicates});
  const Interval interval =
      options.bca ? bca_interval(replicates, observed, jackknife_statistic(statistic, units),
                                 units.name, options.level)
                  : percentile_interval(replicates, units.name, options.level);
  out.low = interval.low;
  out.high = interval.high;
  out.method = interval.method;
  if (options.bca && units.count > kJackknifeUnits)
    out.method += concat(", acceleration from ", kJackknifeBlocks, " blocks");
  out.flags |= interval.flags;
  return out;
}

std::optional<double> permutation_p(double observed, std::span<const double> permuted,
                                    double null) {
  if (std::isnan(observed)) return std::nullopt;
  std::int64_t defined = 0, as_far = 0;
  for (const double t : permuted) {
    if (std::isnan(t)) continue;
    ++defined;
    as_far += std::abs(t - null) >= std::abs(observed - null) ? 1 : 0;
  }
  if (defined == 0) return std::nullopt;
  return static_cast<double>(1 + as_far) / static_cast<double>(1 + defined);
}

}  // namespace vrp::stats
