#include "stages/probes/stress_features.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/spatial_entropy.hpp"

namespace vrp {
namespace {

/// Differences below this share of the values are rounding, not variance.
constexpr double kSame = 1e-12;

constexpr double kLargest = 1e38;

bool constant(double low, double high) {
  return high - low <= kSame * std::max(std::abs(low), std::abs(high));
}

}  // namespace

StressRow stress_features(const Maps<double>& maps, std::span<const double> shares, Grid grid) {
  require_maps("stress_features", maps);
  require_grid("stress_features", grid, maps.cells);
  require_size("stress_features", "number of shares", static_cast<std::int64_t>(shares.size()),
               maps.count);
  const auto layers = static_cast<double>(maps.count);
  std::vector<double> nats(static_cast<std::size_t>(maps.count));
  spatial_entropy(Device::cpu, maps, nats);
  double strength = 0, entropy = 0, variance = 0;
  for (std::size_t l = 0; l < nats.size(); ++l) {
    strength += shares[l] / layers;
    entropy += nats[l] / layers;
  }
  for (const double h : nats) variance += (h - entropy) * (h - entropy) / layers;

  const double* p = maps.row(maps.count - 1);
  double concentration = 0, spatial = 0, row = 0, column = 0;
  for (std::int64_t s = 0; s < maps.cells; ++s) {
    concentration += p[s] * p[s];
    spatial -= p[s] * std::log(p[s] + 1e-12);
    row += p[s] * static_cast<double>(s / grid.cols);
    column += p[s] * static_cast<double>(s % grid.cols);
  }
  const double middle_row = (grid.rows - 1) / 2.0, middle_column = (grid.cols - 1) / 2.0;
  const double corner = std::hypot(middle_row, middle_column);
  const double distance = std::hypot(row - middle_row, column - middle_column);
  return {strength,
          entropy,
          variance,
          concentration,
          corner > 0 ? distance / corner : 0,
          spatial,
          entropy / (strength + 1e-9),
          strength / (variance + 1e-9),
          std::log(1 + entropy),
          std::log(1 + strength),
          strength * entropy};
}

StressColumns::StressColumns(std::span<const StressRow> rows, std::span<const std::size_t> train,
                             int degree)
    : columns_(degree == 1 ? kStressFeatures : kStressColumns) {
  const auto n = static_cast<double>(train.size());
  for (std::size_t f = 0; f < kStressFeatures; ++f) {
    double low = std::numeric_limits<double>::infinity(), high = -low, variance = 0;
    for (const std::size_t i : train) {
      low = std::min(low, rows[i][f]);
      high = std::max(high, rows[i][f]);
      mean_[f] += rows[i][f] / n;
    }
    for (const std::size_t i : train)
      variance += (rows[i][f] - mean_[f]) * (rows[i][f] - mean_[f]) / n;
    sd_[f] = constant(low, high) ? 0 : std::sqrt(variance);
  }
  std::array<double, kStressColumns> low, high;
  low.fill(std::numeric_limits<double>::infinity());
  high.fill(-std::numeric_limits<double>::infinity());
  for (const std::size_t i : train) {
    const auto values = expand(rows[i]);
    for (std::size_t c = 0; c < kStressColumns; ++c) {
      low[c] = std::min(low[c], values[c]);
      high[c] = std::max(high[c], values[c]);
    }
  }
  for (std::size_t c = 0; c < columns_; ++c) {
    if (!train.empty() && !constant(low[c], high[c])) kept_.push_back(c);
  }
}

std::array<double, kStressColumns> StressColumns::expand(const StressRow& row) const {
  std::array<double, kStressColumns> out{};
  for (std::size_t f = 0; f < kStressFeatures; ++f)
    out[f] = sd_[f] > 0 ? (row[f] - mean_[f]) / sd_[f] : 0;
  std::size_t c = kStressFeatures;
  for (std::size_t i = 0; i < kStressFeatures; ++i) {
    for (std::size_t j = i; j < kStressFeatures; ++j) out[c++] = out[i] * out[j];
  }
  return out;
}

std::vector<float> StressColumns::matrix(std::span<const StressRow> rows,
                                         std::span<const std::size_t> index) const {
  std::vector<float> out;
  out.reserve(index.size() * kept_.size());
  for (const std::size_t i : index) {
    const auto values = expand(rows[i]);
    // An item far outside the training part stays finite; trees see only the order of values.
    for (const std::size_t c : kept_)
      out.push_back(static_cast<float>(std::clamp(values[c], -kLargest, kLargest)));
  }
  return out;
}

}  // namespace vrp
