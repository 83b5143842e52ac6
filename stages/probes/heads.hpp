#pragma once
// Top-k heads (methods 6.1): do the heads that push the answer most look at fewer places when the
// answer is right?
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/stats/estimate.hpp"
#include "stages/probes/cell_items.hpp"
#include "stages/probes/folds.hpp"
#include "stages/probes/heads_gain.hpp"
#include "stages/probes/outcome.hpp"

namespace vrp {

/// The numbers of heads k of params.heads that a model of `count` heads has, ascending, and those
/// that are left out.
struct HeadCounts {
  std::vector<std::int64_t> used, too_many;
};
HeadCounts head_counts(const ProbesParams& params, std::int64_t count);

/// H_n of the mean map of the first k of the ranked heads, for each k ascending (at most the number
/// of ranked heads). `record` is a capture record with head maps, `item` one of its items; NaN
/// where the map has no mass.
std::vector<double> head_entropies(const Record& record, std::size_t item,
                                   const std::vector<std::int64_t>& ranked,
                                   const std::vector<std::int64_t>& ks);

/// Signals head_entropy_kK for each k: H_n of the mean map of the K heads of largest mean gain on
/// the training part, and head_entropy: the k of largest mean inner AUROC of -H_n (ties: smallest
/// k). Control r2 of each: squared point-biserial R of the out-of-fold signal; r2_max of
/// head_entropy: the largest of them over k. One pass over the records gathers gains and labels, a
/// second one reads the maps of the chosen heads, so that no more than a unit's maps are in memory.
/// Records without gains or maps: every column NaN, with a note that names the parameter of
/// capture.
ProbeOutcome fit_heads(const ProbeInput& input, const ProbesParams& params);

/// heads_form = authors: each item has its own top-k heads; map = sum of their maps weighted by
/// softmax of the gains over the k; minus its minimum, over its range, over its sum; signal =
/// entropy in bits / log2 cells, NaN for a map without range. R^2 against ln P(y_0), not
/// correctness; head_entropy is the k of largest R^2. The authors' maps of gains per position are
/// not captured: attention maps stand in for them.
ProbeOutcome fit_heads_authors(const ProbeInput& input, const ProbesParams& params);

/// What both forms give when the records have no use for heads.
ProbeOutcome undefined_heads(const ProbesParams& params, std::size_t items,
                             const std::string& note);

/// Squared R as the value of a control row; NaN with the reason where R is undefined.
void set_r2(ProbeControlRow& row, const stats::Estimate& r);

/// Column of the signal head_entropy_kK; k = 0: head_entropy.
ProbeColumn heads_column(std::int64_t k, std::size_t items);

}  // namespace vrp
