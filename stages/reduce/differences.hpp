#pragma once
// Which signal tells right from wrong better: paired differences of AUROC on the same items.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/stats/signal_summary.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows_difference.hpp"

namespace vrp {

/// Pairs (a, b) that are compared wherever a cell has both, fixed before labels are read: every
/// primary signal against S_SC and against output confidence, the hidden probe against the fusion
/// probe, the top-2 margin against output confidence. Each pair once.
const std::vector<std::pair<std::string, std::string>>& declared_differences();

/// One table of signals against one label column.
struct ComparedSignals {
  const CellColumns& cell;
  const std::vector<SignalColumn>& signals;  ///< in the order of the analysis
  const std::vector<std::int8_t>& labels;    ///< [N]
  const std::string& label_name;
  const std::vector<std::int32_t>& group;  ///< [N], or empty where items are drawn
};

/// p: paired, with images as clusters where `group` is given. Interval: percentile of the
/// differences over the replicates that both signals share; two signals that are not defined on the
/// same items get replicates of their own on the items where both are, from the same draws.
std::vector<DifferenceRow> difference_rows(const ComparedSignals& table,
                                           const stats::Replicates& replicates,
                                           const stats::AnalysisOptions& options,
                                           const ReduceParams& params, const Draws& draws);

}  // namespace vrp
