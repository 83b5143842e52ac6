#include "pipeline/stats/clustered.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/placements.hpp"

namespace vrp::stats {
namespace {

// Groups of the used rows, 0 .. count-1.
struct UsedGroups {
  std::vector<std::int32_t> of_row;  // [n]
  std::size_t count = 0;
};

UsedGroups used_groups(const UsedRows& used, Groups group) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(used.row.size());
  for (const std::int32_t row : used.row) numbers.push_back(group[static_cast<std::size_t>(row)]);
  UsedGroups out{without_gaps(numbers), 0};
  for (const std::int32_t g : out.of_row) out.count = std::max(out.count, std::size_t(g) + 1);
  return out;
}

void check_groups(std::size_t rows, Groups group) {
  if (!group.empty() && group.size() != rows) {
    throw Error(ExitCode::internal,
                concat("statistics: ", rows, " labels, ", group.size(), " groups"));
  }
  const auto negative = std::find_if(group.begin(), group.end(), [](auto g) { return g < 0; });
  if (negative != group.end()) {
    throw Error(ExitCode::internal,
                concat("statistics: group of row ", negative - group.begin(), " is ", *negative));
  }
}

double factor(double groups) { return groups / (groups - 1); }

// Sums over one group of one class: rows, and their twice_wins.
struct ClassSum {
  double rows = 0, twice_wins = 0;
};

// Obuchowski's variance of sum(twice_wins of label 1) / (2 n1 n0). Absent: one class in one group.
std::optional<double> clustered_variance(const UsedRows& used, std::span<const double> twice_wins,
                                         const UsedGroups& groups) {
  std::vector<ClassSum> by_group[2];
  double total[2] = {}, n[2] = {};
  for (auto& sums : by_group) sums.resize(groups.count);
  for (std::size_t i = 0; i < twice_wins.size(); ++i) {
    const int y = used.y[i];
    ClassSum& sum = by_group[y][static_cast<std::size_t>(groups.of_row[i])];
    sum.rows += 1;
    sum.twice_wins += twice_wins[i];
    total[y] += twice_wins[i];
    n[y] += 1;
  }
  double squares[2] = {}, with_rows[2] = {}, product = 0;
  for (std::size_t g = 0; g < groups.count; ++g) {
    double deviation[2];  // of the group's mean placements from the AUROC, times rows/n
    for (const int y : {0, 1}) {
      const ClassSum& sum = by_group[y][g];
      // Whole numbers inside, so that "no variance" is exactly 0.
      const double scaled = n[y] * sum.twice_wins - sum.rows * total[y];
      deviation[y] = scaled / (2 * n[1 - y] * n[y] * n[y]);
      squares[y] += deviation[y] * deviation[y];
      with_rows[y] += sum.rows > 0 ? 1 : 0;
    }
    product += deviation[0] * deviation[1];
  }
  if (with_rows[0] < 2 || with_rows[1] < 2) return std::nullopt;
  return factor(with_rows[1]) * squares[1] + factor(with_rows[0]) * squares[0] +
         2 * factor(static_cast<double>(groups.count)) * product;
}

// The t of a distance from the null, its variance taken about the null.
double t_of(double distance, double se, double df) {
  return distance / std::sqrt(se * se + distance * distance / (df + 1));
}

// Half of the interval that holds what `t_of` does not reject at critical value c; infinite when
// nothing is.
double half_width(double level, double se, double df) {
  const double c = critical_t(level, df), rest = 1 - c * c / (df + 1);
  return rest > 0 ? c * se / std::sqrt(rest) : std::numeric_limits<double>::infinity();
}

// Interval and p of the value against `null`; flags when there is no variance.
void test_t(double null, const std::optional<double>& variance, std::size_t groups, double level,
            double lowest, double highest, Estimate& out) {
  if (!variance) out.flags |= Flag::too_few;
  if (variance && !(*variance > 0)) out.flags |= Flag::zero_variance;
  if (!variance || !(*variance > 0)) return;
  out.se = std::sqrt(*variance);
  out.df = static_cast<double>(groups - 1);
  const double half = half_width(level, *out.se, *out.df);
  out.p = two_sided_t_p(t_of(*out.value - null, *out.se, *out.df), *out.df);
  out.low = std::max(lowest, *out.value - half);
  out.high = std::min(highest, *out.value + half);
}

// Centred and divided by the 1/n standard deviation; sizes far from 1 scaled first.
std::vector<double> standardised(std::vector<double> x) {
  double largest = 0, mean = 0, squares = 0;
  for (const double v : x) largest = std::max(largest, std::abs(v));
  const int exponent = largest > 0 ? std::ilogb(largest) : 0;
  for (double& v : x) mean += v = std::ldexp(v, -exponent);
  mean /= static_cast<double>(x.size());
  for (double& v : x) squares += (v - mean) * (v - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(x.size()));
  for (double& v : x) v = (v - mean) / deviation;
  return x;
}

// Linearised variance of R from the influence values summed by group. Zero where the sums are
// rounding only.
double r_variance(const UsedRows& used, double r, const UsedGroups& groups) {
  const std::vector<double> zx = standardised(used.x);
  const std::vector<double> zy = standardised({used.y.begin(), used.y.end()});
  std::vector<double> sum(groups.count);
  for (std::size_t i = 0; i < zx.size(); ++i) {
    sum[static_cast<std::size_t>(groups.of_row[i])] +=
        zx[i] * zy[i] - r * (zx[i] * zx[i] + zy[i] * zy[i]) / 2;
  }
  double squares = 0;
  for (const double s : sum) squares += s * s;
  const double n = static_cast<double>(zx.size());
  const double se = std::sqrt(factor(static_cast<double>(groups.count)) * squares) / n;
  return se > 64 * std::numeric_limits<double>::epsilon() ? se * se : 0;
}

}  // namespace

Estimate auroc_clustered(Values x, Labels y, Groups group, double level) {
  check_groups(y.size(), group);
  const Placements rows = placements(x, y);
  Estimate out;
  out.method = "Obuchowski";
  const bool testable = set_auroc(rows, out);
  if (group.empty()) out.flags |= Flag::not_given;
  if (!testable || group.empty()) return out;
  const UsedGroups groups = used_groups(rows.used, group);
  test_t(0.5, clustered_variance(rows.used, rows.twice_wins, groups), groups.count, level, 0, 1,
         out);
  return out;
}

Estimate auroc_difference_clustered(Values a, Values b, Labels y, Groups group, double level) {
  check_groups(y.size(), group);
  const auto [of_a, of_b] = paired_placements(a, b, y);
  Estimate out;
  out.method = "paired Obuchowski";
  const bool testable = set_auroc_difference(of_a, of_b, out);
  if (group.empty()) out.flags |= Flag::not_given;
  if (!testable || group.empty()) return out;
  std::vector<double> difference(of_a.twice_wins.size());
  for (std::size_t i = 0; i < difference.size(); ++i) {
    difference[i] = of_a.twice_wins[i] - of_b.twice_wins[i];
  }
  const UsedGroups groups = used_groups(of_a.used, group);
  test_t(0, clustered_variance(of_a.used, difference, groups), groups.count, level, -1, 1, out);
  return out;
}

Estimate point_biserial_clustered(Values x, Labels y, Groups group, double level) {
  check_groups(y.size(), group);
  Estimate out = point_biserial(x, y, level);
  out.method = "cluster-robust; Fisher";
  out.p = out.low = out.high = out.se = out.df = std::nullopt;
  if (group.empty()) out.flags |= Flag::not_given;
  if (!out.value || group.empty()) return out;
  const UsedRows used = used_rows(x, y);
  const UsedGroups groups = used_groups(used, group);
  if (groups.count < 2) out.flags |= Flag::too_few;
  if (!(std::abs(*out.value) < 1)) out.flags |= Flag::zero_variance;
  if (out.flags.any()) return out;
  const double variance = r_variance(used, *out.value, groups);
  if (!(variance > 0)) {
    out.flags |= Flag::zero_variance;
    return out;
  }
  out.se = std::sqrt(variance);
  out.df = static_cast<double>(groups.count - 1);
  const double z = std::atanh(*out.value);
  const double error = *out.se / ((1 - *out.value) * (1 + *out.value));
  const double half = half_width(level, error, *out.df);
  out.p = two_sided_t_p(t_of(z, error, *out.df), *out.df);
  out.low = std::tanh(z - half);
  out.high = std::tanh(z + half);
  return out;
}

Estimate equivalence_r_clustered(const Estimate& r, double bound, double alpha) {
  Estimate out = r;
  out.method = concat("TOST |R| < ", bound, ", cluster-robust");
  out.p = out.low = out.high = std::nullopt;
  if (!r.value || !r.se || !r.df) return out;
  const double z = std::atanh(*r.value), limit = std::atanh(bound);
  const double error = *r.se / ((1 - *r.value) * (1 + *r.value));
  const double p_above = t_cdf(-t_of(z + limit, error, *r.df), *r.df);  // against R <= -bound
  const double p_below = t_cdf(t_of(z - limit, error, *r.df), *r.df);   // against R >= bound
  out.p = std::max(p_above, p_below);
  const double half = half_width(1 - 2 * alpha, error, *r.df);
  out.low = std::tanh(z - half);
  out.high = std::tanh(z + half);
  return out;
}

std::optional<double> minimum_detectable(double se, double alpha, double power) {
  const double effect = (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * se;
  if (!(se > 0) || !(effect > 0) || std::isinf(effect)) return std::nullopt;
  return effect;
}

}  // namespace vrp::stats
