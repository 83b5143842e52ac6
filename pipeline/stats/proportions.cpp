#include "pipeline/stats/proportions.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/normal.hpp"

namespace vrp::stats {

Estimate wilson(std::int64_t successes, std::int64_t n, double level) {
  Estimate out;
  out.n = n;
  out.method = "Wilson";
  if (n == 0) {
    out.flags |= Flag::empty;
    return out;
  }
  const double count = static_cast<double>(n), z = critical_z(level), z2 = z * z;
  const double share = static_cast<double>(successes) / count;
  const double centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const double half =
      z / (1 + z2 / count) * std::sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  out.value = share;
  // At the ends the interval reaches the end itself; say so without rounding noise.
  out.low = successes == 0 ? 0.0 : std::max(0.0, centre - half);
  out.high = successes == n ? 1.0 : std::min(1.0, centre + half);
  return out;
}

Estimate accuracy(Labels y, double level) {
  std::int64_t n = 0, correct = 0;
  for (const std::int8_t label : y) {
    if (label == kNoLabel) continue;
    ++n;
    correct += label;
  }
  Estimate out = wilson(correct, n, level);
  out.invalid = static_cast<std::int64_t>(y.size()) - n;
  return out;
}

double mcnemar_exact_p(std::int64_t b, std::int64_t c) {
  if (b + c == 0) return 1;
  const boost::math::binomial_distribution<double> half(static_cast<double>(b + c), 0.5);
  return std::min(1.0, 2 * boost::math::cdf(half, static_cast<double>(std::min(b, c))));
}

std::optional<double> minimum_detectable_difference(std::int64_t n, double discordant, double alpha,
                                                    double power) {
  const double z_alpha = normal_quantile(1 - alpha / 2), z_power = normal_quantile(power);
  // Rises with d, so there is one crossing at most.
  const auto excess = [&](double d) {
    const double need =
        z_alpha * std::sqrt(discordant) + z_power * std::sqrt(std::max(0.0, discordant - d * d));
    return d * std::sqrt(static_cast<double>(n)) - need;
  };
  if (n <= 0 || !(discordant > 0) || discordant > 1 || excess(discordant) < 0) return std::nullopt;
  double low = 0, high = discordant;
  for (int step = 0; step < 200 && low < high; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (excess(middle) < 0 ? low : high) = middle;
  }
  return high;
}

Estimate precision_at(Values signal, Labels y, double level_of_signal, double level) {
  const UsedRows used = used_rows(signal, y);
  std::int64_t n = 0, correct = 0;
  for (std::size_t i = 0; i < used.x.size(); ++i) {
    if (!(std::abs(used.x[i] - level_of_signal) <= 1e-9)) continue;
    ++n;
    correct += used.y[i];
  }
  Estimate out = wilson(correct, n, level);
  out.invalid = used.invalid;
  return out;
}

std::vector<LevelRow> precision_by_level(Values signal, Labels y, int samples, double level) {
  std::vector<LevelRow> rows;
  for (int k = 1; k <= samples; ++k) {
    const double at = static_cast<double>(k) / samples;
    rows.push_back({at, precision_at(signal, y, at, level)});
  }
  return rows;
}

}  // namespace vrp::stats
