#include "pipeline/stats/auroc.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/rank_plan.hpp"

namespace vrp::stats {
namespace {

// Used rows with the rank plan that has one entry per used row.
struct Ranked {
  UsedRows used;
  RankPlan plan;
  std::vector<double> twice_wins;  // per used row: twice its pairs won (or lost) against the others
  double positives() const { return static_cast<double>(used.positives); }
  double negatives() const { return static_cast<double>(used.size() - used.positives); }
};

Ranked rank(const UsedRows& used) {
  Ranked out{used, {}, {}};
  const std::vector<std::uint32_t> no_units(used.x.size(), 0);
  out.plan = make_rank_plan(used.x, used.y, {}, no_units);
  const std::vector<std::uint64_t> placements = twice_placements(out.plan);
  out.twice_wins.resize(used.x.size());
  for (std::size_t k = 0; k < placements.size(); ++k) {
    out.twice_wins[static_cast<std::size_t>(out.plan.entry[k])] =
        static_cast<double>(placements[k]);
  }
  return out;
}

// n, flags and value; true when there is something to test.
bool start(const Ranked& ranked, Estimate& out) {
  const UsedRows& used = ranked.used;
  out.n = used.size();
  out.invalid = used.invalid;
  if (out.n == 0) {
    out.flags |= Flag::empty;
  } else if (used.positives == 0 || used.positives == out.n) {
    out.flags |= Flag::single_class;
  } else {
    out.value = rank_sum(ranked.plan).auroc();
    if (!ranked.plan.varies) out.flags |= Flag::constant;
  }
  return out.value && !out.flags.any();
}

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
  out.p = two_sided_normal_p((*out.value - null) / error);
  out.low = std::max(low, *out.value - half);
  out.high = std::min(high, *out.value + half);
}

bool enough(const Ranked& ranked, Estimate& out) {
  if (ranked.positives() >= 2 && ranked.negatives() >= 2) return true;
  out.flags |= Flag::too_few;
  return false;
}

}  // namespace

Estimate auroc(Values x, Labels y, double level) {
  const Ranked ranked = rank(used_rows(x, y));
  Estimate out;
  out.method = "DeLong";
  if (!start(ranked, out) || !enough(ranked, out)) return out;
  const double variance =
      delong_variance(ranked.used, ranked.twice_wins, ranked.positives(), ranked.negatives());
  test_normal(0.5, variance, level, 0, 1, out);
  return out;
}

Estimate auroc_mann_whitney(Values x, Labels y, bool continuity) {
  const Ranked ranked = rank(used_rows(x, y));
  Estimate out;
  out.method = "Mann-Whitney";
  if (!start(ranked, out)) return out;
  const double n1 = ranked.positives(), n0 = ranked.negatives(), n = n1 + n0;
  std::vector<double> sorted = ranked.used.x;
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
  std::vector<double> first(a.begin(), a.end());
  std::vector<double> second(b.begin(), b.end());
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
    if (std::isnan(first[i]) || std::isnan(second[i])) first[i] = second[i] = kNaN;
  }
  const Ranked of_a = rank(used_rows(first, y)), of_b = rank(used_rows(second, y));
  Estimate out, other;
  out.method = "paired DeLong";
  start(of_a, out);
  start(of_b, other);
  out.flags |= other.flags;
  if (!out.value || !other.value) {
    out.value.reset();
    return out;
  }
  *out.value -= *other.value;
  if (!enough(of_a, out)) return out;
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
