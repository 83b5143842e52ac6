// Means and paired differences: their replicates need one sum and one count per unit.
#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/proportions.hpp"

namespace vrp::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double ratio(double sum, double rows) { return rows > 0 ? sum / rows : kNaN; }

// Mean of the values that are not NaN, and its interval over `units`.
Interval mean_interval(Values x, double mean, const ResampleUnits& units,
                       const BootstrapOptions& options) {
  std::vector<double> sum(units.count), rows(units.count);
  double all_sum = 0, all_rows = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) continue;
    sum[units.unit_of_row[i]] += x[i];
    rows[units.unit_of_row[i]] += 1;
  }
  for (std::size_t u = 0; u < units.count; ++u) {
    all_sum += sum[u];
    all_rows += rows[u];
  }
  const PhiloxKey key = bootstrap_key(options.seed, concat(options.purpose, "/", units.name));
  std::vector<std::uint32_t> weight(units.count);
  std::vector<double> replicates;
  for (std::int64_t b = 0; b < options.replicates; ++b) {
    draw_multiplicities(key, b, weight);
    double s = 0, n = 0;
    for (std::size_t u = 0; u < units.count; ++u) {
      s += weight[u] * sum[u];
      n += weight[u] * rows[u];
    }
    replicates.push_back(ratio(s, n));
  }
  if (!options.bca) return percentile_interval(replicates, units.name, options.level);
  std::vector<double> jackknife;
  for (std::size_t u = 0; u < units.count; ++u) {
    if (rows[u] > 0) jackknife.push_back(ratio(all_sum - sum[u], all_rows - rows[u]));
  }
  return bca_interval(replicates, mean, jackknife, units.name, options.level);
}

bool has_clusters(Groups group) {
  std::vector<std::int32_t> sorted(group.begin(), group.end());
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
}

void check_rows(std::size_t expected, std::size_t b, Groups group) {
  if (b != expected || (!group.empty() && group.size() != expected)) {
    throw Error(ExitCode::internal, concat("statistics: columns of ", expected, ", ", b, " and ",
                                           group.size(), " rows"));
  }
}

// The mean over rows that are not NaN; false when there is none.
bool set_mean(Values x, Estimate& out) {
  double sum = 0;
  for (const double v : x) {
    if (std::isnan(v)) {
      ++out.invalid;
    } else {
      ++out.n;
      sum += v;
    }
  }
  if (out.n == 0) {
    out.flags |= Flag::empty;
    return false;
  }
  out.value = sum / static_cast<double>(out.n);
  return true;
}

void take(const Interval& interval, Estimate& out) {
  out.low = interval.low;
  out.high = interval.high;
  out.method = interval.method;
  out.flags |= interval.flags;
}

}  // namespace

Estimate mean_bootstrap(Values x, Groups group, const BootstrapOptions& options) {
  check_rows(x.size(), x.size(), group);
  Estimate out;
  if (!set_mean(x, out)) return out;
  const ResampleUnits units = has_clusters(group) ? group_units(group) : item_units(x.size());
  take(mean_interval(x, *out.value, units, options), out);
  return out;
}

Estimate mean_difference_bootstrap(Values a, Values b, Groups group,
                                   const BootstrapOptions& options) {
  check_rows(a.size(), b.size(), group);
  std::vector<double> difference(a.begin(), a.end());
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= b[i];
  return mean_bootstrap(difference, group, options);
}

PairedComparison compare_paired(Labels a, Labels b, Groups group, const BootstrapOptions& options) {
  check_rows(a.size(), b.size(), group);
  PairedComparison out;
  std::vector<double> difference(a.size(), kNaN);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == kNoLabel || b[i] == kNoLabel) continue;
    difference[i] = 100.0 * (a[i] - b[i]);
    out.only_a += a[i] == 1 && b[i] == 0 ? 1 : 0;
    out.only_b += a[i] == 0 && b[i] == 1 ? 1 : 0;
  }
  Estimate& pp = out.difference_pp;
  const bool defined = set_mean(difference, pp);
  out.n = pp.n;
  out.invalid = pp.invalid;
  if (!defined) {
    out.interval_items.flags |= Flag::empty;
    out.interval_groups.flags |= Flag::empty;
    return out;
  }
  out.interval_items = mean_interval(difference, *pp.value, item_units(a.size()), options);
  const bool clusters = has_clusters(group);
  if (group.empty()) {
    out.interval_groups.flags |= Flag::not_given;
  } else {
    out.interval_groups = mean_interval(difference, *pp.value, group_units(group), options);
  }
  take(clusters ? out.interval_groups : out.interval_items, pp);
  pp.method = concat(pp.method, "; exact McNemar");
  pp.p = mcnemar_exact_p(out.only_a, out.only_b);
  return out;
}

}  // namespace vrp::stats
