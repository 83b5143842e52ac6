#include "stages/reduce/means_bootstrap.hpp"

#include <cmath>

#include "pipeline/stats/bootstrap.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {
namespace {

/// What a unit gives to a column's mean; units without a defined row are not listed.
struct Share {
  std::uint32_t unit;
  double sum, rows;
};

std::vector<Share> shares_of(std::span<const double> x, const stats::ResampleUnits& units) {
  std::vector<double> sum(units.count), rows(units.count);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) continue;
    sum[units.unit_of_row[i]] += x[i];
    rows[units.unit_of_row[i]] += 1;
  }
  std::vector<Share> out;
  for (std::uint32_t u = 0; u < units.count; ++u)
    if (rows[u] > 0) out.push_back({u, sum[u], rows[u]});
  return out;
}

}  // namespace

double mean_of(std::span<const double> x) {
  double sum = 0, rows = 0;
  for (const double value : x) {
    if (std::isnan(value)) continue;
    sum += value;
    rows += 1;
  }
  return rows > 0 ? sum / rows : kUndefined;
}

std::int64_t count_defined(std::span<const double> x) {
  std::int64_t n = 0;
  for (const double value : x) n += !std::isnan(value);
  return n;
}

std::vector<double> difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] - b[i];
  return out;
}

MeansBootstrap::MeansBootstrap(const std::vector<std::string>& groups, bool by_group,
                               const ReduceParams& params, const Draws& draws, std::string purpose)
    : units_(by_group ? stats::group_units(stats::number_texts(groups))
                      : stats::item_units(groups.size())),
      params_(params),
      draws_(draws),
      purpose_(std::move(purpose)) {}

std::vector<std::vector<double>> MeansBootstrap::replicates(
    const std::string& what, const std::vector<std::vector<double>>& columns) const {
  std::vector<std::vector<Share>> shares;
  for (const auto& column : columns) shares.push_back(shares_of(column, units_));
  const PhiloxKey key = stats::bootstrap_key(draws_.seed(), purpose_ + "/" + units_.name);
  const auto make = [&](stats::ReplicateRange range) {
    Draws::Replicates out(columns.size());
    std::vector<std::uint32_t> weight(units_.count);
    for (std::int64_t b = range.first; b < range.first + range.count; ++b) {
      if (units_.count > 0) stats::draw_multiplicities(key, b, weight);
      for (std::size_t c = 0; c < columns.size(); ++c) {
        double sum = 0, rows = 0;
        for (const Share& share : shares[c]) {
          sum += weight[share.unit] * share.sum;
          rows += weight[share.unit] * share.rows;
        }
        out[c].push_back(rows > 0 ? sum / rows : kUndefined);
      }
    }
    return out;
  };
  return draws_.get(purpose_ + "/" + what, params_.replicates, make);
}

MeanLimits MeansBootstrap::limits(std::span<const double> replicates) const {
  const stats::Interval interval =
      stats::percentile_interval(replicates, units_.name, params_.level);
  return {interval.low.value_or(kUndefined), interval.high.value_or(kUndefined)};
}

}  // namespace vrp
