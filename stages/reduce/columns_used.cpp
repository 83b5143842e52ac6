#include "stages/reduce/columns_used.hpp"

#include <cmath>
#include <set>

#include "pipeline/base/text.hpp"

namespace vrp {

std::vector<std::int8_t> narrow_labels(const std::vector<int>& y) { return {y.begin(), y.end()}; }

std::vector<std::int8_t> primary_labels(const CellColumns& cell) {
  if (cell.labels.empty()) return std::vector<std::int8_t>(cell.size(), stats::kNoLabel);
  return narrow_labels(cell.labels.front().y);
}

std::vector<double> oriented(const SignalColumn& signal) {
  std::vector<double> out = signal.value;
  if (signal.orientation < 0)
    for (double& value : out) value = -value;
  return out;
}

bool has_flag(const StatRow& row, std::string_view flag) {
  for (const std::string& name : split(row.flags, ','))
    if (name == flag) return true;
  return false;
}

void count_rows(const CellColumns& cell, const std::vector<double>& values,
                const std::vector<std::int8_t>& labels, StatRow& row) {
  std::set<std::string_view> groups;
  row.n = row.correct = row.failed = row.unlabelled = row.undefined = 0;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (cell.failed[i]) {
      ++row.failed;
    } else if (labels[i] == stats::kNoLabel) {
      ++row.unlabelled;
    } else if (!values.empty() && std::isnan(values[i])) {
      ++row.undefined;
    } else {
      ++row.n;
      row.correct += labels[i];
      groups.insert(cell.group[i]);
    }
  }
  row.invalid = row.failed + row.unlabelled + row.undefined;
  row.groups = static_cast<std::int64_t>(groups.size());
}

StatRow blank_row(const CellColumns& cell, const SignalColumn* signal, const char* statistic,
                  const Draws& draws) {
  StatRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.statistic = statistic;
  row.label = cell.labels.empty() ? "" : cell.labels.front().scorer;
  row.seed = static_cast<std::int64_t>(draws.seed());
  if (signal) {
    row.signal = signal->name;
    row.path = signal->path;
    row.orientation = signal->orientation;
    if (signal->needs_reference) row.flags = kNeedsReference;
  }
  return row;
}

bool draws_groups(const CellColumns& cell, const std::vector<std::int8_t>& labels,
                  const ReduceParams& params) {
  if (params.resample != "auto") return params.resample == "group";
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < cell.size(); ++i)
    if (labels[i] != stats::kNoLabel && !seen.insert(cell.group[i]).second) return true;
  return false;
}

}  // namespace vrp
