#include "stages/reduce/means.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/intervals.hpp"

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
                               std::uint64_t seed) {
  std::vector<StatRow> rows;
  // Every item that has an answer counts, so failed ones are the only items without a "label".
  std::vector<std::int8_t> answered(cell.size());
  for (std::size_t i = 0; i < cell.size(); ++i)
    answered[i] = cell.failed[i] ? stats::kNoLabel : std::int8_t{1};
  const bool groups = draws_groups(cell, answered, params);
  for (const SignalColumn& signal : cell.signals) {
    StatRow row = blank_row(cell, &signal, "mean", seed);
    row.label = "";
    count_rows(cell, signal.value, answered, row);
    row.correct = 0;
    stats::BootstrapOptions options;
    options.replicates = params.replicates;
    options.level = params.level;
    options.seed = seed;
    const std::string purpose = cell.model + "/" + cell.benchmark + "/" + signal.name + "/mean";
    options.purpose = purpose;
    options.bca = false;
    const std::vector<std::int32_t> group =
        groups ? stats::number_texts(cell.group) : std::vector<std::int32_t>();
    const stats::Estimate mean = stats::mean_bootstrap(signal.value, group, options);
    set_estimate(row, mean);
    row.low = mean.low.value_or(kUndefined);
    row.high = mean.high.value_or(kUndefined);
    row.interval = groups ? "percentile over groups" : "percentile over items";
    row.replicates = params.replicates;
    row.method = "mean over items with an answer; " + signal.description;
    if (signal.name == "lift" && cell.permutations > 0 && mean.defined()) {
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
