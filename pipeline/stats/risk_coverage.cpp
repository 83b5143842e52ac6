#include "pipeline/stats/risk_coverage.hpp"

#include <algorithm>
#include <numeric>

namespace vrp::stats {
namespace {

// Sum of errors(k)/k over k in (k0, k1], errors growing linearly from `errors` by `rate` a step.
double risk_sum(std::int64_t k0, std::int64_t k1, double errors, double rate) {
  double sum = 0;
  for (std::int64_t k = k0 + 1; k <= k1; ++k) {
    sum += (errors + rate * static_cast<double>(k - k0)) / static_cast<double>(k);
  }
  return sum;
}

}  // namespace

RiskCoverage risk_coverage(Values signal, Labels y) {
  const UsedRows used = used_rows(signal, y);
  RiskCoverage out;
  out.n = used.size();
  out.invalid = used.invalid;
  if (out.n == 0) {
    out.flags |= Flag::empty;
    return out;
  }
  std::vector<std::size_t> order(used.x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return used.x[a] > used.x[b]; });
  const double n = static_cast<double>(out.n);
  double sum = 0, errors = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    double block_errors = 0;
    for (; j < order.size() && used.x[order[j]] == used.x[order[i]]; ++j) {
      block_errors += used.y[order[j]] == 0 ? 1 : 0;
    }
    sum += risk_sum(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j), errors,
                    block_errors / static_cast<double>(j - i));
    errors += block_errors;
    const double covered = static_cast<double>(j);
    out.points.push_back({used.x[order[i]], covered / n, errors / covered});
    i = j;
  }
  if (out.points.size() == 1) out.flags |= Flag::constant;
  out.aurc = sum / n;
  out.oracle_aurc = risk_sum(used.positives, out.n, 0, 1) / n;
  out.excess = *out.aurc - *out.oracle_aurc;
  for (std::size_t k = 0; k < kRisks.size(); ++k) {
    double best = 0;
    for (const RiskPoint& point : out.points) {
      if (point.risk <= kRisks[k]) best = std::max(best, point.coverage);
    }
    out.coverage_at[k] = best;
  }
  return out;
}

}  // namespace vrp::stats
