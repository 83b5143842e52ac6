#include "stages/reduce/selective.hpp"

#include <algorithm>
#include <array>

#include "pipeline/stats/calibration.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/risk_coverage.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/intervals.hpp"
#include "stages/reduce/weighted.hpp"

namespace vrp {
namespace {

/// The rows that a statistic uses, and what the bootstrap draws on them.
struct UsedCell {
  stats::UsedRows rows;
  stats::ResampleUnits units;
  std::size_t max_weight_sum = 0;  ///< rows of the largest possible replicate
};

UsedCell used_cell(const CellColumns& cell, const std::vector<double>& values,
                   const std::vector<std::int8_t>& labels, const ReduceParams& params) {
  UsedCell used;
  used.rows = stats::used_rows(values, labels);
  const auto n = static_cast<std::size_t>(used.rows.size());
  if (!draws_groups(cell, labels, params)) {
    used.units = stats::item_units(n);
    used.max_weight_sum = n;
    return used;
  }
  std::vector<std::string> names;
  for (const std::int32_t row : used.rows.row)
    names.push_back(cell.group[static_cast<std::size_t>(row)]);
  used.units = stats::group_units(stats::number_texts(names));
  std::vector<std::size_t> sizes(used.units.count);
  for (const std::uint32_t unit : used.units.unit_of_row) ++sizes[unit];
  if (!sizes.empty())
    used.max_weight_sum = *std::max_element(sizes.begin(), sizes.end()) * used.units.count;
  return used;
}

std::string purpose(const CellColumns& cell, const StatRow& row) {
  return cell.model + "/" + cell.benchmark + "/" + row.signal + "/" + row.statistic;
}

void set_value(StatRow& row, const std::optional<double>& value, stats::Flags flags) {
  stats::Estimate estimate;
  estimate.value = value;
  estimate.flags = flags;
  set_estimate(row, estimate);
}

}  // namespace

std::vector<StatRow> selective_rows(const CellColumns& cell, const ReduceParams& params,
                                    const Draws& draws) {
  std::vector<StatRow> rows;
  const std::vector<std::int8_t> labels = primary_labels(cell);
  for (const SignalColumn& signal : cell.signals) {
    if (signal.orientation == 0 || !signal.control.empty() || signal.needs_reference) continue;
    const std::vector<double> values = oriented(signal);
    const stats::RiskCoverage curve = stats::risk_coverage(values, labels);
    const auto blank = [&](const char* statistic) {
      StatRow row = blank_row(cell, &signal, statistic, draws);
      count_rows(cell, values, labels, row);
      return row;
    };
    StatRow aurc = blank("aurc");
    set_value(aurc, curve.aurc, curve.flags);
    aurc.method = "mean risk over coverages k/n, best items first, ties as one block";
    if (curve.aurc) {
      const UsedCell used = used_cell(cell, values, labels, params);
      set_bootstrap(aurc, WeightedAurc(used.rows.x, used.rows.y, used.max_weight_sum), used.units,
                    params, draws, purpose(cell, aurc));
    }
    rows.push_back(std::move(aurc));
    StatRow excess = blank("aurc_excess");
    set_value(excess, curve.excess, curve.flags);
    excess.method = "aurc minus that of the order with every correct item first";
    rows.push_back(std::move(excess));
    constexpr std::array<const char*, 3> kNames = {"coverage_at_risk_5", "coverage_at_risk_10",
                                                   "coverage_at_risk_20"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      StatRow row = blank(kNames[i]);
      set_value(row, curve.coverage_at[i], curve.flags);
      row.method = "largest coverage at a threshold with at most this share of errors; 0 = none";
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<StatRow> calibration_rows(const CellColumns& cell, const ReduceParams& params,
                                      const Draws& draws) {
  std::vector<StatRow> rows;
  const std::vector<std::int8_t> labels = primary_labels(cell);
  for (const SignalColumn& signal : cell.signals) {
    if (!signal.is_confidence()) continue;
    const stats::Calibration result = stats::calibration(signal.value, labels, params.ece_bins);
    const UsedCell used = used_cell(cell, signal.value, labels, params);
    StatRow ece = blank_row(cell, &signal, "ece", draws);
    count_rows(cell, signal.value, labels, ece);
    StatRow brier = ece;
    brier.statistic = "brier";
    set_estimate(ece, result.ece);
    set_estimate(brier, result.brier);
    ece.method = std::to_string(params.ece_bins) + " equal-width bins";
    brier.method = "mean squared difference from the label";
    if (result.ece.defined())
      set_bootstrap(ece, WeightedEce(used.rows.x, used.rows.y, params.ece_bins), used.units, params,
                    draws, purpose(cell, ece));
    if (result.brier.defined())
      set_bootstrap(brier, WeightedBrier(used.rows.x, used.rows.y), used.units, params, draws,
                    purpose(cell, brier));
    rows.push_back(std::move(ece));
    rows.push_back(std::move(brier));
  }
  return rows;
}

StatRow precision_at_full_agreement(const CellColumns& cell, const SignalColumn& s_sc,
                                    const ReduceParams& params, const Draws& draws) {
  StatRow row = blank_row(cell, &s_sc, "precision_at_sc1", draws);
  const std::vector<std::int8_t> labels = primary_labels(cell);
  std::vector<double> at_full = s_sc.value;
  for (double& value : at_full)
    if (!(value >= 1 - 1e-9)) value = kUndefined;
  StatRow all = row;
  count_rows(cell, s_sc.value, labels, all);
  count_rows(cell, at_full, labels, row);
  row.invalid = all.invalid;
  row.undefined = all.undefined;
  const stats::Estimate precision = stats::precision_at(s_sc.value, labels, 1.0, params.level);
  set_estimate(row, precision);
  row.low = precision.low.value_or(kUndefined);
  row.high = precision.high.value_or(kUndefined);
  row.interval = "Wilson";
  row.method = "correct / items whose sampled answers all agree; n counts these items";
  if (precision.n == 0) row.note = "no item with S_SC = 1";
  return row;
}

}  // namespace vrp
