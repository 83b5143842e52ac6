#pragma once
// The label audit of a cell: the same stored answers under every scorer.
#include <cstdint>
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows_label.hpp"

namespace vrp {

/// Flag of a scorer whose accuracy on a balanced yes/no set (yes share of the references within
/// kBalanced of one half) has a Wilson interval below 0.5: the answers were not read rightly.
constexpr const char* kExtractionFailure = "extraction_failure";
constexpr double kBalanced = 0.1;

/// Figures of every scorer, the primary one first.
std::vector<ScorerRow> scorer_rows(const CellColumns& cell, const ReduceParams& params);

/// Agreement of every pair of scorers.
std::vector<ScorerPairRow> scorer_pair_rows(const CellColumns& cell, const ReduceParams& params);

/// AUROC of every signal under every scorer. `format`: out-of-fold scores of the answers' form, one
/// column [N] for each scorer (format_confound.hpp); empty = no comparison.
std::vector<LabelSignalRow> label_signal_rows(const CellColumns& cell,
                                              const std::vector<std::vector<double>>& format,
                                              const ReduceParams& params);

/// The labels item by item, so that those of all scorers are kept side by side; N rows in the order
/// of the keys:
///   labels/key, labels/answer   text [item]
///   label/<scorer>          int32 [item]  1 correct, 0 incorrect, -1 no label; attributes version,
///                           primary = "1" on one
///   label_invalid/<scorer>  uint8 [item]
///   label_score/<scorer>    float64 [item]  NaN = no label
///   label_parsed/<scorer>   text [item]
void add_item_labels(const CellColumns& cell, Record& record);

/// Everything above and the format probe, as frames of `record`.
void add_label_audit(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                     Record& record);

}  // namespace vrp
