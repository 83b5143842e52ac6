// Risk-coverage curves, calibration bins, precision at each level of agreement.
#include <algorithm>
#include <cmath>

#include "pipeline/stats/calibration.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/risk_coverage.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/statistics.hpp"

namespace vrp {
namespace {

/// Errors grow linearly inside a block of ties, so risk at coverage c lies between two points.
double risk_at(const std::vector<stats::RiskPoint>& points, double coverage) {
  double before_coverage = 0, before_errors = 0;
  for (const stats::RiskPoint& point : points) {
    const double errors = point.coverage * point.risk;
    if (coverage <= point.coverage) {
      const double part = (coverage - before_coverage) / (point.coverage - before_coverage);
      return (before_errors + part * (errors - before_errors)) / coverage;
    }
    before_coverage = point.coverage;
    before_errors = errors;
  }
  return points.back().risk;
}

}  // namespace

std::vector<CurveRow> curve_rows(const CellColumns& cell, const ReduceParams& params) {
  std::vector<CurveRow> rows;
  const std::vector<std::int8_t> labels = primary_labels(cell);
  for (const SignalColumn& signal : cell.signals) {
    if (signal.orientation == 0 || !signal.control.empty() || signal.needs_reference) continue;
    const stats::RiskCoverage curve = stats::risk_coverage(oriented(signal), labels);
    if (curve.points.empty()) continue;
    const std::int64_t points = std::min<std::int64_t>(params.curve_points, curve.n);
    for (std::int64_t k = 1; k <= points; ++k) {
      CurveRow row{cell.model, cell.benchmark, signal.name, curve.n, 0, 0};
      row.coverage = static_cast<double>(k) / static_cast<double>(points);
      row.risk = risk_at(curve.points, row.coverage);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<BinRow> reliability_rows(const CellColumns& cell, const ReduceParams& params) {
  std::vector<BinRow> rows;
  const std::vector<std::int8_t> labels = primary_labels(cell);
  for (const SignalColumn& signal : cell.signals) {
    if (!signal.is_confidence()) continue;
    const stats::Calibration result = stats::calibration(signal.value, labels, params.ece_bins);
    if (!result.ece.defined()) continue;
    for (const stats::ReliabilityBin& bin : result.bins) {
      BinRow row{cell.model, cell.benchmark, signal.name, bin.low, bin.high, bin.n};
      if (bin.n > 0) {
        row.correct = std::llround(bin.accuracy * static_cast<double>(bin.n));
        row.confidence = bin.confidence;
        const stats::Estimate accuracy = stats::wilson(row.correct, bin.n, params.level);
        row.accuracy = accuracy.value.value_or(kUndefined);
        row.low = accuracy.low.value_or(kUndefined);
        row.high = accuracy.high.value_or(kUndefined);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<AgreementRow> agreement_rows(const CellColumns& cell, const ReduceParams& params) {
  std::vector<AgreementRow> rows;
  const SignalColumn* s_sc = cell.signal("s_sc");
  if (!s_sc || cell.paths < 1) return rows;
  const std::vector<std::int8_t> labels = primary_labels(cell);
  StatRow counts;
  count_rows(cell, s_sc->value, labels, counts);
  std::int64_t at_a_level = 0;
  for (const stats::LevelRow& level :
       stats::precision_by_level(s_sc->value, labels, static_cast<int>(cell.paths), params.level)) {
    AgreementRow row;
    row.model = cell.model;
    row.benchmark = cell.benchmark;
    row.label = cell.labels.empty() ? "" : cell.labels.front().scorer;
    row.level = level.signal_level;
    row.n = level.precision.n;
    row.invalid = counts.invalid;
    row.precision = level.precision.value.value_or(kUndefined);
    row.correct = row.n ? std::llround(row.precision * static_cast<double>(row.n)) : 0;
    row.low = level.precision.low.value_or(kUndefined);
    row.high = level.precision.high.value_or(kUndefined);
    if (row.n == 0) row.note = "no item at this level";
    at_a_level += row.n;
    rows.push_back(std::move(row));
  }
  for (AgreementRow& row : rows) row.between = counts.n - at_a_level;
  return rows;
}

}  // namespace vrp
