#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/statistics.hpp"

namespace vrp {

std::vector<ScorerRow> scorer_rows(const CellColumns& cell, const ReduceParams& params) {
  std::vector<ScorerRow> rows;
  for (const LabelColumn& label : cell.labels) {
    const LabelColumn& primary = cell.labels.front();
    ScorerRow row;
    row.model = cell.model;
    row.benchmark = cell.benchmark;
    row.scorer = label.scorer;
    row.primary = label.primary;
    row.items = static_cast<std::int64_t>(cell.size());
    for (std::size_t i = 0; i < cell.size(); ++i) {
      if (label.y[i] < 0) continue;
      ++row.n;
      row.correct += label.y[i];
      row.unparsed += label.unparsed[i] != 0;
      if (primary.y[i] < 0) continue;
      ++row.both;
      row.only_primary += primary.y[i] == 1 && label.y[i] == 0;
      row.only_this += primary.y[i] == 0 && label.y[i] == 1;
    }
    row.invalid = row.items - row.n;
    const stats::Estimate accuracy = stats::wilson(row.correct, row.n, params.level);
    row.accuracy = accuracy.value.value_or(kUndefined);
    row.low = accuracy.low.value_or(kUndefined);
    row.high = accuracy.high.value_or(kUndefined);
    if (!label.primary && row.both > 0)
      row.p = stats::mcnemar_exact_p(row.only_primary, row.only_this);
    if (row.n == 0) row.note = "no item has a label under this scorer";
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace vrp
