#pragma once
// What each row of a signal adds to its AUROC (DeLong's structural components), for the variances
// in auroc.cpp and clustered.cpp. Internal to stats.
#include <utility>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"
#include "pipeline/stats/rank_plan.hpp"

namespace vrp::stats {

struct Placements {
  UsedRows used;
  RankSum sum;          ///< over all used rows
  bool varies = false;  ///< the signal has two different values
  /// [n] per used row: twice its pairs won (label 1) or lost (label 0) against the other class,
  /// ties one half. Whole numbers, exact up to 2^53.
  std::vector<double> twice_wins;
  double positives() const { return static_cast<double>(used.positives); }
  double negatives() const { return static_cast<double>(used.size() - used.positives); }
};
Placements placements(Values x, Labels y);

/// n, invalid, flags and value of the AUROC. True when there is something to test: both classes
/// and a signal that is not constant.
bool set_auroc(const Placements& rows, Estimate& out);

/// Placements of two signals on the rows where both are defined.
std::pair<Placements, Placements> paired_placements(Values a, Values b, Labels y);
/// The same for AUROC(a) - AUROC(b). False: no value, flags say why. A constant signal is flagged
/// and has AUROC 0.5.
bool set_auroc_difference(const Placements& a, const Placements& b, Estimate& out);

}  // namespace vrp::stats
