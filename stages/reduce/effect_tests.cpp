// Power and permutation test of paired comparisons.
#include <cmath>

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
                                 const Draws& draws, const std::string& purpose) {
  struct Item {
    std::vector<double> contrast;  ///< value k minus the mean of the others, k = 0: the target
  };
  std::vector<Item> varied;  // items on which every condition agrees add 0 to every permutation
  double n = 0, observed = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    std::vector<double> values;
    if (!std::isnan(target[i])) values.push_back(target[i]);
    for (const auto& other : others)
      if (!std::isnan(other[i])) values.push_back(other[i]);
    if (std::isnan(target[i]) || values.size() < 2) continue;
    double sum = 0;
    for (const double value : values) sum += value;
    Item item;
    bool differ = false;
    for (const double value : values) {
      const double rest = static_cast<double>(values.size() - 1);
      item.contrast.push_back(value - (sum - value) / rest);
      differ = differ || value != values.front();
    }
    n += 1;
    observed += item.contrast.front();
    if (differ) varied.push_back(std::move(item));
  }
  if (n == 0) return std::nullopt;
  const Rng rng(draws.seed(), purpose);
  const auto permuted = draws.get(purpose, permutations, [&](stats::ReplicateRange range) {
    Draws::Replicates out(1);
    for (std::int64_t b = range.first; b < range.first + range.count; ++b) {
      double sum = 0;
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

}  // namespace vrp
