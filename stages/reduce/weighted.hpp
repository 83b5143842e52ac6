#pragma once
// Statistics of rows with integer weights (weight w = the row is there w times), for the bootstrap.
// Each is prepared once and evaluated for every replicate without sorting again. NaN = undefined.
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/stats/columns.hpp"

namespace vrp {

/// Area under the risk-coverage curve: mean over k = 1..n of errors(k)/k, items in descending order
/// of the signal; inside a block of ties errors grow linearly. Source: methods, section 10.
class WeightedAurc {
 public:
  /// x without NaN, y in {0, 1}; `max_weight_sum` bounds the sum of weights of a later call.
  WeightedAurc(std::span<const double> x, std::span<const std::int8_t> y,
               std::size_t max_weight_sum);
  double operator()(std::span<const std::uint32_t> weights) const;

 private:
  std::vector<std::uint32_t> order_;     ///< rows, signal descending
  std::vector<std::uint8_t> block_end_;  ///< [n] 1 = the last row of a block of ties
  std::vector<std::int8_t> y_;
  std::vector<double> harmonic_;  ///< harmonic_[k] = sum over j = 1..k of 1/j
};

/// Expected calibration error over equal-width bins, the last one closed.
class WeightedEce {
 public:
  WeightedEce(std::span<const double> x, std::span<const std::int8_t> y, int bins);
  double operator()(std::span<const std::uint32_t> weights) const;

 private:
  std::vector<std::uint32_t> bin_;
  std::vector<double> gap_;  ///< y - x
  std::size_t bins_;
};

/// Mean squared difference of x and y.
class WeightedBrier {
 public:
  WeightedBrier(std::span<const double> x, std::span<const std::int8_t> y);
  double operator()(std::span<const std::uint32_t> weights) const;

 private:
  std::vector<double> square_;
};

}  // namespace vrp
