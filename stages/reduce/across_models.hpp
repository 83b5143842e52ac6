#pragma once
// R of a signal over several models (methods, section 10): stratified by model, and the naive one
// of all items together.
#include <vector>

#include "pipeline/store/record.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

constexpr const char* kAllModels = "all models";

/// Rows with model kAllModels of the primary signals, on the pooled set and on each benchmark,
/// where two models or more of the run have it, all of them. H_n stands in for H_s where every
/// model has it, since the number of image tokens differs between models (methods, section 4).
///   r_stratified  mean of the models' Fisher z weighted n-3. p: cluster-robust, influence values
///                 summed over the items of an image of all models, t with G-1 df.
///   r_naive       R of all items of all models; p likewise.
/// Intervals: percentile over images, the items of an image enter together for all models. p_item:
/// items taken as independent. `records`: of reduce, any order; those without item signals are
/// passed over.
std::vector<StatRow> across_models(const std::vector<Record>& records);

}  // namespace vrp
