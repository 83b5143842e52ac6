#include "pipeline/stats/auroc.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/placements.hpp"
#include "pipeline/stats/rank_plan.hpp"

namespace vrp::stats {
namespace {

// Variance of the mean of `twice_wins / (2 others)` over the rows of one class, and likewise for
// the other: DeLong's S10/n1 + S01/n0. Integers inside, so that "no variance" is exactly 0.
double delong_variance(const UsedRows& used, std::span<const double> twice_wins, double n1,
                       double n0) {
  double sum[2] = {}, squares[2] = {};
  for (std::size_t i = 0; i < twice_wins.size(); ++i) sum[used.y[i]] += twice_wins[i];
  const double n[2] = {n0, n1};
  for (std::size_t i = 0; i < twice_wins.size(); ++i) {
    const int y = used.y[i];
    const double d = (n[y] * twice_wins[i] - sum[y]) / n[y];
    squares[y] += d * d;
  }
  const double s10 = squares[1] / (n1 - 1) / (4 * n0 * n0);
  const double s01 = squares[0] / (n0 - 1) / (4 * n1 * n1);
  return s10 / n1 + s01 / n0;
}

// Interval value +- z se within [low, high], p of value against `null`.
void test_normal(double null, double variance, double level, double low, double high,
                 Estimate& out) {
  if (!(variance > 0)) {
    out.flags |= Flag::zero_variance;
    return;
  }
  const double error = std::sqrt(variance), half = critical_z(level) * error;
  out.se = error;
  out.p = two_sided_normal_p((*out.value - null) / error);
  out.low = std::max(low, *out.value - half);
  out.high = std::min(high, *out.value + half);
}

bool enough(const Placements& rows, Estimate& out) {
  if (rows.positives() >= 2 && rows.negatives() >= 2) return true;
  out.flags |= Flag::too_few;
  return false;
}

}  // namespace

Estimate auroc(Values x, Labels y, double level) {
  const Placements rows = placements(x, y);
  Estimate out;
  out.method = "DeLong";
  if (!set_auroc(rows, out) || !enough(rows, out)) return out;
  const double variance =
      delong_variance(rows.used, rows.twice_wins, rows.positives(), rows.negatives());
  test_normal(0.5, variance, level, 0, 1, out);
  return out;
}

Estimate auroc_mann_whitney(Values x, Labels y, bool continuity) {
  const Placements rows = placements(x, y);
  Estimate out;
  out.method = "Mann-Whitney";
  if (!set_auroc(rows, out)) return out;
  const double n1 = rows.positives(), n0 = rows.negatives(), n = n1 + n0;
  std::vector<double> sorted = rows.used.x;
  std::sort(sorted.begin(), sorted.end());
  double ties = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t j = i;
    while (j < sorted.size() && sorted[j] == sorted[i]) ++j;
    const double t = static_cast<double>(j - i);
    ties += t * t * t - t;
    i = j;
  }
  const double variance = n1 * n0 / 12 * ((n + 1) - ties / (n * (n - 1)));
  const double distance = std::abs(*out.value * n1 * n0 - n1 * n0 / 2) - (continuity ? 0.5 : 0.0);
  out.p = std::min(1.0, 2 * normal_cdf(-distance / std::sqrt(variance)));
  return out;
}

Estimate auroc_difference(Values a, Values b, Labels y, double level) {
  const auto [of_a, of_b] = paired_placements(a, b, y);
  Estimate out;
  out.method = "paired DeLong";
  if (!set_auroc_difference(of_a, of_b, out) || !enough(of_a, out)) return out;
  std::vector<double> difference(of_a.twice_wins.size());
  for (std::size_t i = 0; i < difference.size(); ++i) {
    difference[i] = of_a.twice_wins[i] - of_b.twice_wins[i];
  }
  const double variance =
      delong_variance(of_a.used, difference, of_a.positives(), of_a.negatives());
  test_normal(0, variance, level, -1, 1, out);
  return out;
}

TypedAuroc auroc_within_type(Values x, Labels y, Types type) {
  TypedAuroc out;
  if (type.empty()) {
    out.estimate.flags |= x.empty() ? Flag::empty : Flag::not_given;
    return out;
  }
  const std::vector<std::uint32_t> no_units(x.size(), 0);
  const RankPlan plan = make_rank_plan(x, y, type, no_units);
  const RankSum sum = rank_sum(plan);
  out.pairs = static_cast<std::int64_t>(sum.pairs);
  out.estimate.n = plan.used;
  out.estimate.invalid = static_cast<std::int64_t>(x.size()) - plan.used;
  if (plan.used == 0) {
    out.estimate.flags |= Flag::empty;
  } else if (plan.positives == 0 || plan.positives == plan.used) {
    out.estimate.flags |= Flag::single_class;
  } else if (sum.pairs == 0) {
    out.estimate.flags |= Flag::no_pairs;
  } else {
    out.estimate.value = sum.auroc();
    if (!plan.varies) out.estimate.flags |= Flag::constant;
  }
  return out;
}

std::vector<double> type_only_score(Labels y, Types type) {
  std::vector<double> score(y.size(), std::numeric_limits<double>::quiet_NaN());
  std::int32_t types = 0;
  for (const std::int32_t t : type) types = std::max(types, t + 1);
  std::vector<double> rows(static_cast<std::size_t>(types)), correct(rows);
  const auto counts = [&](std::size_t i) { return y[i] != kNoLabel && type[i] != kNoType; };
  for (std::size_t i = 0; i < type.size(); ++i) {
    if (!counts(i)) continue;
    rows[static_cast<std::size_t>(type[i])] += 1;
    correct[static_cast<std::size_t>(type[i])] += y[i];
  }
  for (std::size_t i = 0; i < type.size(); ++i) {
    if (!counts(i)) continue;
    const std::size_t t = static_cast<std::size_t>(type[i]);
    if (rows[t] > 1) score[i] = (correct[t] - y[i]) / (rows[t] - 1);
  }
  return score;
}

std::vector<double> midranks(std::span<const double> x) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  std::vector<double> ranks(x.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && x[order[j]] == x[order[i]]) ++j;
    const double rank = 0.5 * static_cast<double>(i + 1 + j);
    for (std::size_t k = i; k < j; ++k) ranks[order[k]] = rank;
    i = j;
  }
  return ranks;
}

}  // namespace vrp::stats
