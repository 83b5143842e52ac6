#pragma once
// Means of many columns of one cell on the same bootstrap resamples, so that differences and ratios
// of means get their intervals from the same draws.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/stats/resample.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"

namespace vrp {

/// Mean over the values that are not NaN; NaN without any.
double mean_of(std::span<const double> x);
std::int64_t count_defined(std::span<const double> x);

struct MeanLimits {
  double low, high;  ///< percentile limits; NaN when most resamples have no value
};

/// Replicates of the means of columns [N] (NaN leaves its column's mean only).
class MeansBootstrap {
 public:
  /// `groups`: group of each item; draws groups when `by_group`, items otherwise. Draws are keyed
  /// by (seed, purpose).
  MeansBootstrap(const std::vector<std::string>& groups, bool by_group, const ReduceParams& params,
                 const Draws& draws, std::string purpose);

  /// One vector of params.replicates means for each column; NaN = no row was drawn. `what` names
  /// the columns among those of this bootstrap. While a block is made: of its range only.
  std::vector<std::vector<double>> replicates(
      const std::string& what, const std::vector<std::vector<double>>& columns) const;

  /// MeanLimits of a function of means, from its replicates.
  MeanLimits limits(std::span<const double> replicates) const;

  std::string name() const { return "percentile over " + units_.name; }

 private:
  stats::ResampleUnits units_;
  ReduceParams params_;
  Draws draws_;
  std::string purpose_;
};

/// a - b, element by element.
std::vector<double> difference(std::span<const double> a, std::span<const double> b);

}  // namespace vrp
