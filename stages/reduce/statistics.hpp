#pragma once
// The parts of a cell's result, each a pure function of its columns.
#include <cstdint>
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"
#include "stages/reduce/rows_difference.hpp"

namespace vrp {

struct CellStatistics {
  /// Every statistic of every signal (and the accuracy) under the primary scorer; S_SC also against
  /// the label of the majority answer.
  std::vector<StatRow> rows;
  std::vector<DifferenceRow> differences;  ///< declared pairs of signals (differences.hpp)
};

/// Bootstrap draws are keyed by (seed, model, benchmark).
CellStatistics cell_statistics(const CellColumns& cell, const ReduceParams& params,
                               const Draws& draws);

/// Class balance: all items first, then each question type when `by_type`.
std::vector<BalanceRow> balance_rows(const CellColumns& cell, const ReduceParams& params,
                                     bool by_type);

/// Precision at each level of agreement of the sampled answers; none when nothing was sampled.
std::vector<AgreementRow> agreement_rows(const CellColumns& cell, const ReduceParams& params);

/// Risk at equally spaced coverages for every signal with a declared orientation.
std::vector<CurveRow> curve_rows(const CellColumns& cell, const ReduceParams& params);

/// Bins of every probability-like signal.
std::vector<BinRow> reliability_rows(const CellColumns& cell, const ReduceParams& params);

/// Everything above as one record.
Record statistics_record(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                         bool by_type);

}  // namespace vrp
