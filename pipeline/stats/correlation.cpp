#include "pipeline/stats/correlation.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/normal.hpp"

namespace vrp::stats {
namespace {

// x - mean(x), after scaling by a power of two so that neither sums nor squares overflow.
std::vector<double> centred(std::span<const double> x) {
  double largest = 0;
  for (double v : x) largest = std::max(largest, std::abs(v));
  const int exponent = largest > 0 ? std::ilogb(largest) : 0;
  std::vector<double> out(x.size());
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += out[i] = std::ldexp(x[i], -exponent);
  const double mean = sum / static_cast<double>(x.size());
  for (double& v : out) v -= mean;
  return out;
}

bool is_constant(std::span<const double> x) {
  return std::all_of(x.begin(), x.end(), [&](double v) { return v == x.front(); });
}

// Fills value, p and interval of `out` for finite, non-constant x and y of n >= 2 rows.
void correlate(std::span<const double> x, std::span<const double> y, double level, Estimate& out) {
  const std::vector<double> dx = centred(x), dy = centred(y);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < dx.size(); ++i) {
    xx += dx[i] * dx[i];
    yy += dy[i] * dy[i];
    xy += dx[i] * dy[i];
  }
  const double r = std::clamp(xy / (std::sqrt(xx) * std::sqrt(yy)), -1.0, 1.0);
  if (std::isnan(r)) {  // differences below the smallest double
    out.flags |= Flag::constant;
    return;
  }
  out.value = r;
  if (out.n >= 3) out.p = correlation_p(r, out.n);
  const Interval fisher = fisher_interval(r, out.n, level);
  out.low = fisher.low;
  out.high = fisher.high;
}

Estimate correlation_of(std::span<const double> x, std::span<const double> y,
                        std::int64_t invalid) {
  Estimate out;
  out.n = static_cast<std::int64_t>(x.size());
  out.invalid = invalid;
  out.method = "t-test; Fisher";
  const auto infinite = [](double v) { return std::isinf(v); };
  if (out.n == 0) out.flags |= Flag::empty;
  if (out.n == 1) out.flags |= Flag::too_few;
  if (out.n > 0 && is_constant(x)) out.flags |= Flag::constant;
  if (std::any_of(x.begin(), x.end(), infinite) || std::any_of(y.begin(), y.end(), infinite)) {
    out.flags |= Flag::out_of_range;
  }
  return out;
}

}  // namespace

Interval fisher_interval(double r, std::int64_t n, double level) {
  Interval out;
  out.method = "Fisher";
  if (n < 4) out.flags |= Flag::too_few;
  if (!(std::abs(r) < 1)) out.flags |= Flag::zero_variance;
  if (out.flags.any()) return out;
  const double half = critical_z(level) / std::sqrt(static_cast<double>(n - 3));
  out.low = std::tanh(std::atanh(r) - half);
  out.high = std::tanh(std::atanh(r) + half);
  return out;
}

Estimate point_biserial(Values x, Labels y, double level) {
  const UsedRows used = used_rows(x, y);
  const std::vector<double> label(used.y.begin(), used.y.end());
  Estimate out = correlation_of(used.x, label, used.invalid);
  if (out.n > 0 && (used.positives == 0 || used.positives == out.n)) {
    out.flags |= Flag::single_class;
  }
  if (!out.flags.any()) correlate(used.x, label, level, out);
  return out;
}

Estimate pearson(Values x, Values y, double level) {
  if (x.size() != y.size()) {
    throw Error(ExitCode::internal,
                concat("statistics: columns of ", x.size(), " and ", y.size(), " rows"));
  }
  std::vector<double> a, b;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    a.push_back(x[i]);
    b.push_back(y[i]);
  }
  Estimate out = correlation_of(a, b, static_cast<std::int64_t>(x.size() - a.size()));
  if (!b.empty() && is_constant(b)) out.flags |= Flag::constant;
  if (!out.flags.any()) correlate(a, b, level, out);
  return out;
}

Estimate stratified_r(std::span<const Estimate> strata, double level) {
  Estimate out;
  out.method = "Fisher z over strata";
  double weight = 0, sum = 0;
  for (const Estimate& stratum : strata) {
    out.invalid += stratum.invalid;
    if (!stratum.value || stratum.n < 4 || std::abs(*stratum.value) >= 1) {
      out.flags |= Flag::skipped_strata;
      continue;
    }
    const double w = static_cast<double>(stratum.n - 3);
    out.n += stratum.n;
    weight += w;
    sum += w * std::atanh(*stratum.value);
  }
  if (weight == 0) {
    out.flags |= Flag::empty;
    return out;
  }
  const double z = sum / weight, error = 1 / std::sqrt(weight), half = critical_z(level) * error;
  out.value = std::tanh(z);
  out.low = std::tanh(z - half);
  out.high = std::tanh(z + half);
  out.p = two_sided_normal_p(z / error);
  return out;
}

Estimate equivalence_r(const Estimate& r, double bound, double alpha) {
  Estimate out;
  out.n = r.n;
  out.invalid = r.invalid;
  out.flags = r.flags;
  out.method = concat("TOST |R| < ", bound);
  if (!r.value) return out;
  out.value = r.value;
  const Interval interval = fisher_interval(*r.value, r.n, 1 - 2 * alpha);
  out.flags |= interval.flags;
  if (!interval.defined()) return out;
  const double root = std::sqrt(static_cast<double>(r.n - 3));
  const double z = std::atanh(*r.value), limit = std::atanh(bound);
  const double p_above = normal_cdf(-(z + limit) * root);  // against R <= -bound
  const double p_below = normal_cdf((z - limit) * root);   // against R >= bound
  out.p = std::max(p_above, p_below);
  out.low = interval.low;
  out.high = interval.high;
  return out;
}

}  // namespace vrp::stats
