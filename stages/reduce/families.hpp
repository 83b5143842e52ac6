#pragma once
// Families of tests for multiplicity, fixed before any label is read (methods, sections 10 and 11).
#include <array>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"
#include "stages/reduce/rows_difference.hpp"
#include "stages/reduce/rows_effect.hpp"

namespace vrp {

/// Signals of the primary family (methods, section 10).
inline constexpr std::array kPrimarySignals = {"h_s",   "c_k",        "mass", "iou",
                                               "p_tok", "confidence", "s_sc", "hidden_probe"};

/// The declaration for the run manifest, made from the configuration alone: for each model a
/// primary family (Holm) of R against 0 on the pooled set and AUROC against 0.5 on POPE for the
/// signals of methods 10; a causal family (Holm) of all effects of interventions; every other p of
/// that model is exploratory (Benjamini-Hochberg, q 0.05).
/// {"version", "primary": [{"family", "adjustment", "members": [{"benchmark", "signal",
/// "statistic"}]}], "causal": {...}, "exploratory": {...}, "digest"}
Json declare_families(std::vector<std::string> models, std::vector<std::string> benchmarks,
                      const ReduceParams& params);

struct AdjustedP {
  double value = kUndefined;
  std::string
      family;  ///< "primary/MODEL (Holm, m = 12)"; "" where there is no p, or none to adjust
};

/// Adjusted p of every row, in the order of rows. The size of a family is the number of its
/// defined p. Signals that need the reference are in no family. Error when `families` was declared
/// for other models or is not a declaration.
std::vector<AdjustedP> adjust(const std::vector<StatRow>& rows, const Json& families);

/// Adjusted p of effects: "causal/MODEL" holds every effect on all items of a benchmark, against
/// the baseline and specific; effects on a question type or on the pooled set repeat those items
/// and are adjusted among themselves ("exploratory effects/MODEL").
std::vector<AdjustedP> adjust_effects(const std::vector<EffectRow>& rows, const Json& families);

/// Adjusted p of differences between signals, by model: "differences/MODEL" (Benjamini-Hochberg).
/// Differences with a signal that needs the reference are in no family.
std::vector<AdjustedP> adjust_differences(const std::vector<DifferenceRow>& rows);

/// Adjusted p of statistics over all models: one exploratory family (Benjamini-Hochberg).
std::vector<AdjustedP> adjust_across_models(const std::vector<StatRow>& rows);

}  // namespace vrp
