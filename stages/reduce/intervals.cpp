#include "stages/reduce/intervals.hpp"

#include <utility>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

void set_limits(const stats::Interval& interval, double& low, double& high) {
  low = interval.low.value_or(kUndefined);
  high = interval.high.value_or(kUndefined);
}

bool listed(const std::string& flags, const std::string& name) {
  return ("," + flags + ",").find("," + name + ",") != std::string::npos;
}

void note_interval(StatRow& row, const stats::Interval& interval) {
  row.interval = interval.method;
  row.replicates = interval.replicates;
  row.skipped = interval.skipped;
  add_flags(row, interval.flags);
  if (!interval.defined() && row.note.empty())
    row.note = "interval: " + (interval.flags.any() ? stats::flag_reason(interval.flags)
                                                    : std::string("not defined"));
}

}  // namespace

stats::Replicates signal_replicates(const stats::Analysis& analysis, const std::string& purpose,
                                    std::int64_t replicates, const Draws& draws) {
  const std::size_t signals = analysis.columns().signals.size();
  const auto flat = draws.get(purpose, replicates, [&](stats::ReplicateRange range) {
    const stats::Replicates made = analysis.replicates(range);
    Draws::Replicates out;
    for (const auto* unit : {&made.items, &made.groups})
      for (const stats::SignalReplicates& signal : *unit)
        for (const auto* values : {&signal.auroc, &signal.within, &signal.r})
          if (!values->empty() || range.count == 0) out.push_back(*values);
    return out;
  });
  stats::Replicates out;
  const bool typed = !analysis.columns().type.empty();
  std::size_t next = 0;
  const auto take = [&](std::vector<stats::SignalReplicates>& unit) {
    for (std::size_t s = 0; s < signals; ++s) {
      stats::SignalReplicates& signal = unit.emplace_back();
      signal.auroc = flat.at(next++);
      if (typed) signal.within = flat.at(next++);
      signal.r = flat.at(next++);
    }
  };
  take(out.items);
  if (analysis.groups() > 0) take(out.groups);
  return out;
}

void add_flags(StatRow& row, stats::Flags flags) {
  for (const std::string& name : stats::flag_names(flags))
    if (!listed(row.flags, name)) row.flags += (row.flags.empty() ? "" : ",") + name;
}

void set_estimate(StatRow& row, const stats::Estimate& estimate) {
  row.estimate = estimate.value.value_or(kUndefined);
  row.p = estimate.p.value_or(kUndefined);
  add_flags(row, estimate.flags);
  if (!estimate.defined()) {
    row.note = estimate.reason();
    if (row.note.empty()) row.note = "not defined";
  }
}

void set_intervals(StatRow& row, const stats::Intervals& intervals, bool groups) {
  set_limits(intervals.item_bca, row.low_item_bca, row.high_item_bca);
  const stats::Interval& percentile =
      groups ? intervals.group_percentile : intervals.item_percentile;
  const stats::Interval& bca = groups ? intervals.group_bca : intervals.item_bca;
  set_limits(percentile, row.low, row.high);
  set_limits(bca, row.low_bca, row.high_bca);
  add_flags(row, bca.flags);
  note_interval(row, percentile);
}

void mirror(StatRow& row) {
  row.estimate = 1 - row.estimate;
  const auto turn = [](double& low, double& high) {
    const double old_low = low;
    low = 1 - high;
    high = 1 - old_low;
  };
  turn(row.low, row.high);
  turn(row.low_bca, row.high_bca);
  turn(row.low_item_bca, row.high_item_bca);
}

void set_bootstrap(StatRow& row, const stats::WeightedStatistic& statistic,
                   const stats::ResampleUnits& units, const ReduceParams& params,
                   const Draws& draws, const std::string& purpose) {
  const PhiloxKey key = stats::bootstrap_key(draws.seed(), purpose);
  const std::vector<double> replicates =
      draws
          .get(purpose, params.replicates,
               [&](stats::ReplicateRange range) -> Draws::Replicates {
                 return {stats::replicate_statistic(statistic, units, key, range)};
               })
          .front();
  if (draws.only_block()) return;
  const std::vector<double> jackknife = stats::jackknife_statistic(statistic, units);
  const stats::Interval percentile =
      stats::percentile_interval(replicates, units.name, params.level);
  const stats::Interval bca =
      stats::bca_interval(replicates, row.estimate, jackknife, units.name, params.level);
  set_limits(percentile, row.low, row.high);
  set_limits(bca, row.low_bca, row.high_bca);
  if (units.count > stats::kJackknifeUnits)
    row.method += concat("; BCa limits: acceleration from leaving out ", stats::kJackknifeBlocks,
                         " blocks of ", units.name, " in turn");
  add_flags(row, bca.flags);
  note_interval(row, percentile);
}

}  // namespace vrp
