#pragma once
// Columns of a cell in the form that the statistics library takes.
#include "pipeline/stats/columns.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// Labels of the primary scorer (all kNoLabel when the set has none).
std::vector<std::int8_t> primary_labels(const CellColumns& cell);
std::vector<std::int8_t> narrow_labels(const std::vector<int>& y);

/// The signal with its declared orientation applied: larger = more likely right.
std::vector<double> oriented(const SignalColumn& signal);

/// Fills n, correct, invalid (failed + unlabelled + undefined) and groups of a row for the items
/// on which `values` (empty = no signal needed) and `labels` are both defined.
void count_rows(const CellColumns& cell, const std::vector<double>& values,
                const std::vector<std::int8_t>& labels, StatRow& row);

/// Flag of every statistic of a signal that was computed with the right answer. Such a signal
/// cannot predict anything before the answer is known: no family of tests, no selective prediction.
constexpr const char* kNeedsReference = "needs_reference";
bool has_flag(const StatRow& row, std::string_view flag);

/// A row with names, label and seed filled in.
StatRow blank_row(const CellColumns& cell, const SignalColumn* signal, const char* statistic,
                  const Draws& draws);

/// True when the bootstrap is to draw groups: resample = "group", or "auto" and some group has more
/// than one labelled item.
bool draws_groups(const CellColumns& cell, const std::vector<std::int8_t>& labels,
                  const ReduceParams& params);

}  // namespace vrp
