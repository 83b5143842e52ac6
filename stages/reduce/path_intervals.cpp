#include "stages/reduce/path_intervals.hpp"

#include <cmath>

#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/path_bootstrap.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/means_bootstrap.hpp"

namespace vrp {
namespace {

constexpr const char* kSignal = "s_sc";

/// Redrawn paths give one number, the centre of the replicates; its error of 1/sqrt(2000) of their
/// spread is below what 10,000 replicates leave in a limit.
constexpr std::int64_t kRedrawn = 2000;

struct Hierarchical {
  stats::PathReplicates drawn, redrawn;
  stats::PathStatistics observed;
};

/// Rows without a label of `labels` enter nothing. In a block: no more than the block's replicates.
Hierarchical draw_paths(const CellColumns& cell, const std::vector<std::int8_t>& labels,
                        const stats::ResampleUnits& units, const std::string& purpose,
                        const ReduceParams& params, const Draws& draws) {
  const stats::PathBootstrap bootstrap(cell.sampled, labels, units);
  const PhiloxKey key = stats::bootstrap_key(draws.seed(), purpose + "/" + units.name);
  const auto made = draws.get(purpose, params.replicates, [&](stats::ReplicateRange range) {
    const stats::PathReplicates drawn = bootstrap.replicate(key, range);
    return Draws::Replicates{drawn.r, drawn.auroc, drawn.mean_score};
  });
  Hierarchical out;
  if (draws.only_block()) return out;
  out.drawn.r = made[0];
  out.drawn.auroc = made[1];
  out.drawn.mean_score = made[2];
  out.redrawn = bootstrap.redraw_paths(key, {0, kRedrawn});
  out.observed = bootstrap.observed();
  return out;
}

void set(StatRow& row, const stats::Interval& interval) {
  row.low_hier = interval.low.value_or(kUndefined);
  row.high_hier = interval.high.value_or(kUndefined);
  row.interval_hier = interval.defined() ? interval.method : "none: not defined";
}

bool of_signal(const StatRow& row) {
  return row.signal == kSignal && !row.label.starts_with("majority:");
}

void say_none(std::vector<StatRow>& rows, const std::string& why) {
  for (StatRow& row : rows)
    if (of_signal(row) && (row.statistic == "r" || row.statistic == "auroc" ||
                           row.statistic == "mean" || row.statistic == "precision_at_sc1"))
      row.interval_hier = "none: " + why;
}

}  // namespace

void add_path_intervals(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                        std::vector<StatRow>& rows) {
  const SignalColumn* s_sc = cell.signal(kSignal);
  if (!s_sc) return;
  if (cell.sampled.answer_class.empty()) return say_none(rows, cell.no_paths);
  const std::vector<std::int8_t> labels = primary_labels(cell);
  std::vector<std::int8_t> answered(cell.size(), std::int8_t{1});
  for (std::size_t i = 0; i < cell.size(); ++i)
    if (cell.failed[i]) answered[i] = stats::kNoLabel;
  const bool groups = draws_groups(cell, answered, params);
  const stats::ResampleUnits units =
      groups ? stats::group_units(stats::number_texts(cell.group)) : stats::item_units(cell.size());
  const std::string purpose = cell.model + "/" + cell.benchmark + "/paths";
  const Hierarchical labelled =
      draw_paths(cell, labels, units, purpose + " of labelled items", params, draws);
  // The mean is of every item with an answer, also of those without a label.
  bool same = true;
  for (std::size_t i = 0; i < cell.size(); ++i)
    same = same && (std::isnan(s_sc->value[i]) || labels[i] != stats::kNoLabel);
  const Hierarchical all =
      same ? labelled : draw_paths(cell, answered, units, purpose + " of all items", params, draws);
  std::vector<double> right_at_one(cell.size(), kUndefined);
  for (std::size_t i = 0; i < cell.size(); ++i)
    if (labels[i] != stats::kNoLabel && s_sc->value[i] >= 1 - 1e-9) right_at_one[i] = labels[i];
  const MeansBootstrap means(cell.group, groups, params, draws, purpose + "/precision");
  const auto precision = means.replicates("precision", {right_at_one});
  if (draws.only_block()) return;
  for (StatRow& row : rows) {
    if (!of_signal(row)) continue;
    const auto centred = [&](const std::vector<double>& drawn, const std::vector<double>& redrawn,
                             double observed) {
      set(row, stats::hierarchical_interval(drawn, redrawn, observed, units.name, params.level));
    };
    if (row.statistic == "r")
      centred(labelled.drawn.r, labelled.redrawn.r, labelled.observed.r);
    else if (row.statistic == "auroc")
      centred(labelled.drawn.auroc, labelled.redrawn.auroc, labelled.observed.auroc);
    else if (row.statistic == "mean")
      centred(all.drawn.mean_score, all.redrawn.mean_score, all.observed.mean_score);
    else if (row.statistic == "precision_at_sc1")
      set(row, stats::percentile_interval(precision.front(), units.name, params.level));
  }
}

}  // namespace vrp
