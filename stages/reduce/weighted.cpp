#include "stages/reduce/weighted.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stages/reduce/rows.hpp"

namespace vrp {

WeightedAurc::WeightedAurc(std::span<const double> x, std::span<const std::int8_t> y,
                           std::size_t max_weight_sum)
    : order_(x.size()), block_end_(x.size()), y_(y.begin(), y.end()) {
  std::iota(order_.begin(), order_.end(), 0u);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return x[a] > x[b]; });
  for (std::size_t i = 0; i < order_.size(); ++i)
    block_end_[i] = i + 1 == order_.size() || x[order_[i]] != x[order_[i + 1]];
  harmonic_.resize(max_weight_sum + 1);
  for (std::size_t k = 1; k < harmonic_.size(); ++k)
    harmonic_[k] = harmonic_[k - 1] + 1.0 / static_cast<double>(k);
}

double WeightedAurc::operator()(std::span<const std::uint32_t> weights) const {
  double sum = 0;
  std::uint64_t before = 0, errors_before = 0, block = 0, block_errors = 0;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const std::uint32_t row = order_[i];
    block += weights[row];
    block_errors += y_[row] == 0 ? weights[row] : 0;
    if (!block_end_[i] || block == 0) continue;
    // errors(k) = errors_before + slope * (k - before), summed as errors(k) / k over the block.
    const double slope = static_cast<double>(block_errors) / static_cast<double>(block);
    const double intercept =
        static_cast<double>(errors_before) - slope * static_cast<double>(before);
    sum += intercept * (harmonic_[before + block] - harmonic_[before]) +
           static_cast<double>(block_errors);
    before += block;
    errors_before += block_errors;
    block = block_errors = 0;
  }
  return before == 0 ? kUndefined : sum / static_cast<double>(before);
}

WeightedEce::WeightedEce(std::span<const double> x, std::span<const std::int8_t> y, int bins)
    : bin_(x.size()), gap_(x.size()), bins_(static_cast<std::size_t>(bins)) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double place = std::floor(x[i] * static_cast<double>(bins));
    bin_[i] = static_cast<std::uint32_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)));
    gap_[i] = static_cast<double>(y[i]) - x[i];
  }
}

double WeightedEce::operator()(std::span<const std::uint32_t> weights) const {
  std::vector<double> gap(bins_);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < bin_.size(); ++i) {
    gap[bin_[i]] += static_cast<double>(weights[i]) * gap_[i];
    total += weights[i];
  }
  double sum = 0;
  for (const double value : gap) sum += std::abs(value);
  return total == 0 ? kUndefined : sum / static_cast<double>(total);
}

WeightedBrier::WeightedBrier(std::span<const double> x, std::span<const std::int8_t> y)
    : square_(x.size()) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double gap = x[i] - static_cast<double>(y[i]);
    square_[i] = gap * gap;
  }
}

double WeightedBrier::operator()(std::span<const std::uint32_t> weights) const {
  double sum = 0;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < square_.size(); ++i) {
    sum += static_cast<double>(weights[i]) * square_[i];
    total += weights[i];
  }
  return total == 0 ? kUndefined : sum / static_cast<double>(total);
}

}  // namespace vrp
