// Power and permutation test of paired comparisons.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "pipeline/base/rng.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/effects.hpp"

namespace vrp {
namespace {

constexpr double kAlpha = 0.05, kPower = 0.8;

/// Smallest share of pairs that must flip, all in one direction: p with
/// (z_a + z_b sqrt(1 - p))^2 = n p; 1 when there is none below.
double one_way_share(std::int64_t n) {
  const double a = stats::normal_quantile(1 - kAlpha / 2), b = stats::normal_quantile(kPower);
  double low = 0, high = 1;
  for (int step = 0; step < 100; ++step) {
    const double p = 0.5 * (low + high), need = a + b * std::sqrt(1 - p);
    (static_cast<double>(n) * p < need * need ? low : high) = p;
  }
  return high;
}

}  // namespace

double minimum_detectable_pp(std::int64_t n, double discordant, bool& one_way) {
  one_way = false;
  if (n <= 0) return kUndefined;
  const auto found = stats::minimum_detectable_difference(n, discordant, kAlpha, kPower);
  if (found) return 100 * *found;
  one_way = true;
  return 100 * one_way_share(n);
}

std::optional<double> exchange_p(const std::vector<double>& target,
                                 const std::vector<std::vector<double>>& others, int permutations,
                                 const Draws& draws, const std::string& purpose,
                                 const std::vector<std::int32_t>& group) {
  // By group: what its items add to the sum when condition k is the target of all of them (value k
  // minus the mean of the others, k = 0: the target); NaN where one of them lacks condition k.
  std::map<std::size_t, std::vector<double>> of_group;
  double n = 0, observed = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    std::vector<double> values = {target[i]};
    for (const auto& other : others) values.push_back(other[i]);
    double sum = 0, defined = 0;
    for (const double value : values)
      if (!std::isnan(value)) sum += value, defined += 1;
    if (std::isnan(target[i]) || defined < 2) continue;
    auto& contrast = of_group[group.empty() ? i : static_cast<std::size_t>(group[i])];
    contrast.resize(values.size());
    for (std::size_t k = 0; k < values.size(); ++k)
      contrast[k] += values[k] - (sum - values[k]) / (defined - 1);
    n += 1;
    observed += values[0] - (sum - values[0]) / (defined - 1);
  }
  if (n == 0) return std::nullopt;
  struct Unit {
    std::vector<double> contrast;
  };
  std::vector<Unit> varied;  // where every condition agrees, 0 is added to every permutation
  double fixed = 0;
  for (const auto& [unit, all] : of_group) {
    Unit kept;
    bool differ = false;
    for (const double value : all) {
      if (!std::isnan(value)) kept.contrast.push_back(value);
      differ = differ || (!std::isnan(value) && value != all.front());
    }
    if (differ)
      varied.push_back(std::move(kept));
    else
      fixed += all.front();
  }
  const Rng rng(draws.seed(), purpose);
  const auto permuted = draws.get(purpose, permutations, [&](stats::ReplicateRange range) {
    Draws::Replicates out(1);
    for (std::int64_t b = range.first; b < range.first + range.count; ++b) {
      double sum = fixed;
      for (std::size_t i = 0; i < varied.size(); ++i) {
        const auto& contrast = varied[i].contrast;
        sum += contrast[rng.below(contrast.size(), i, static_cast<std::uint64_t>(b))];
      }
      out.front().push_back(sum / n);
    }
    return out;
  });
  // Sums of equal terms in another order may differ in the last bits: such a draw is a tie.
  const double slack = 1e-12 * static_cast<double>(varied.size() + 1);
  const double at_least = std::max(0.0, std::abs(observed / n) - slack);
  return stats::permutation_p(at_least, permuted.front());
}

double sign_flip_p(const std::vector<std::int64_t>& sums) {
  std::map<std::int64_t, std::int64_t> sizes;  // groups by |sum|
  std::int64_t observed = 0;
  for (const std::int64_t sum : sums) {
    observed += sum;
    if (sum != 0) ++sizes[std::abs(sum)];
  }
  if (observed == 0) return 1;
  // chance[t]: that the groups taken so far with a positive sign add up to t; they are then
  // 2 t - total. Groups of one size come together, as a binomial number of positive signs.
  std::vector<double> chance = {1};
  std::int64_t total = 0;
  for (const auto& [size, count] : sizes) {
    const auto step = static_cast<std::size_t>(size);
    std::vector<double> next(chance.size() + step * static_cast<std::size_t>(count));
    for (std::int64_t k = 0; k <= count; ++k) {
      const double weight = std::exp(std::lgamma(static_cast<double>(count) + 1) -
                                     std::lgamma(static_cast<double>(k) + 1) -
                                     std::lgamma(static_cast<double>(count - k) + 1) -
                                     static_cast<double>(count) * std::log(2.0));
      if (weight == 0) continue;
      const std::size_t shift = step * static_cast<std::size_t>(k);
      for (std::size_t t = 0; t < chance.size(); ++t) next[t + shift] += weight * chance[t];
    }
    chance = std::move(next);
    total += size * count;
  }
  // Two equal tails, since signs are symmetric: positive sums of at most (total - |observed|) / 2.
  double tail = 0;
  const std::int64_t last = (total - std::abs(observed)) / 2;
  for (std::int64_t t = 0; t <= last; ++t) tail += chance[static_cast<std::size_t>(t)];
  return std::min(1.0, 2 * tail);
}

}  // namespace vrp
