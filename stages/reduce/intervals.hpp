#pragma once
// From the statistics library's estimates to rows.
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/signal_summary.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// Appends to a comma-separated list of flags, each once.
void add_flags(StatRow& row, stats::Flags flags);

/// Estimate, p, flags and note of a row (n and invalid stay those counted from the columns).
/// Undefined estimates get the reason as note.
void set_estimate(StatRow& row, const stats::Estimate& estimate);

/// low, high: percentile over the unit that is resampled by default; BCa beside; BCa over items.
void set_intervals(StatRow& row, const stats::Intervals& intervals, bool groups);

/// Turns an AUROC row of the raw signal into that of the signal times -1: 1 - value, limits
/// swapped.
void mirror(StatRow& row);

/// Percentile and BCa of any weighted statistic, drawn over `units` with the key of `purpose`.
void set_bootstrap(StatRow& row, const stats::WeightedStatistic& statistic,
                   const stats::ResampleUnits& units, const ReduceParams& params,
                   const Draws& draws, const std::string& purpose);

/// Replicates of all signals of an analysis, under its purpose as name.
stats::Replicates signal_replicates(const stats::Analysis& analysis, const std::string& purpose,
                                    std::int64_t replicates, const Draws& draws);

}  // namespace vrp
