#pragma once
// Shares of items with Wilson's interval: probes as classifiers, and the qualitative shares of A.6.
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// Statistic "probe_accuracy" of every out-of-fold score of a probe: share of items whose label is
/// the class that the score says (probability >= 0.5, logit >= 0), and "probe_balanced_accuracy",
/// the mean of the recalls of both classes (no interval).
std::vector<StatRow> probe_accuracy_rows(const CellColumns& cell, const ReduceParams& params,
                                         const Draws& draws);

/// Statistics of H_s: "focused_share_of_wrong", the share of wrong answers whose H_s lies below the
/// 15th percentile of the set, and "diffuse_share_of_correct", the share of correct answers with
/// H_s above 4.5 nats (paper, A.6; 4.5 nats mean something for 576 image tokens only).
std::vector<StatRow> qualitative_rows(const CellColumns& cell, const ReduceParams& params,
                                      const Draws& draws);

}  // namespace vrp
