#pragma once
// Means of signals over items, whatever their label.
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// Statistic "mean" of every signal, with its bootstrap interval. The mean lift also gets a
/// permutation p: the share of permutations of the regions over the items of the set whose mean
/// lift is at least as large (methods, sections 5 and 10).
std::vector<StatRow> mean_rows(const CellColumns& cell, const ReduceParams& params,
                               const Draws& draws);

/// Mean over the items where `lift` is defined of each permutation's lift, [permutations]; an
/// undefined permuted lift leaves its mean. NaN = none defined.
std::vector<double> permuted_mean_lift(const CellColumns& cell, const std::vector<double>& lift);

}  // namespace vrp
