#include "stages/reduce/means.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/means_bootstrap.hpp"

namespace vrp {

std::vector<double> permuted_mean_lift(const CellColumns& cell, const std::vector<double>& lift) {
  const auto width = static_cast<std::size_t>(cell.permutations);
  std::vector<double> sum(width), count(width);
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (std::isnan(lift[i])) continue;
    for (std::size_t r = 0; r < width; ++r) {
      const float value = cell.null_lift[i * width + r];
      if (!std::isfinite(value)) continue;
      sum[r] += static_cast<double>(value);
      count[r] += 1;
    }
  }
  for (std::size_t r = 0; r < width; ++r) sum[r] = count[r] > 0 ? sum[r] / count[r] : kUndefined;
  return sum;
}

std::vector<StatRow> mean_rows(const CellColumns& cell, const ReduceParams& params,
                               const Draws& draws) {
  std::vector<StatRow> rows;
  // Every item that has an answer counts, so failed ones are the only items without a "label".
  std::vector<std::int8_t> answered(cell.size());
  for (std::size_t i = 0; i < cell.size(); ++i)
    answered[i] = cell.failed[i] ? stats::kNoLabel : std::int8_t{1};
  const bool groups = draws_groups(cell, answered, params);
  const MeansBootstrap bootstrap(cell.group, groups, params, draws,
                                 cell.model + "/" + cell.benchmark + "/means");
  std::vector<std::vector<double>> columns;
  for (const SignalColumn& signal : cell.signals) columns.push_back(signal.value);
  const auto replicates = bootstrap.replicates("signals", columns);
  for (std::size_t s = 0; s < cell.signals.size(); ++s) {
    const SignalColumn& signal = cell.signals[s];
    StatRow row = blank_row(cell, &signal, "mean", draws);
    row.label = "";
    count_rows(cell, signal.value, answered, row);
    row.correct = 0;
    row.estimate = mean_of(signal.value);
    if (std::isnan(row.estimate)) {
      row.note = stats::flag_reason(stats::Flag::empty);
    } else {
      const MeanLimits limits = bootstrap.limits(replicates[s]);
      row.low = limits.low;
      row.high = limits.high;
      row.interval = bootstrap.name();
      row.replicates = params.replicates;
    }
    row.method = "mean over items with an answer; " + signal.description;
    if (signal.name == "lift" && cell.permutations > 0 && std::isfinite(row.estimate)) {
      row.p = stats::permutation_p(row.estimate, permuted_mean_lift(cell, signal.value))
                  .value_or(kUndefined);
      row.test = concat("regions permuted over the items of the set, ", cell.permutations,
                        " permutations");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace vrp
