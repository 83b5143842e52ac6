#pragma once
// Selective prediction, calibration and agreement: what trusting only the best items would give.
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// aurc, aurc_excess (over the oracle), coverage_at_risk_5, _10, _20 of every oriented signal.
std::vector<StatRow> selective_rows(const CellColumns& cell, const ReduceParams& params,
                                    const Draws& draws);

/// ece and brier of the signals that can be read as a probability of being right.
std::vector<StatRow> calibration_rows(const CellColumns& cell, const ReduceParams& params,
                                      const Draws& draws);

/// precision_at_sc1: share of correct items among those whose sampled answers all agree; n counts
/// these items alone.
StatRow precision_at_full_agreement(const CellColumns& cell, const SignalColumn& s_sc,
                                    const ReduceParams& params, const Draws& draws);

}  // namespace vrp
