#pragma once
// The learner of a part, as the nested protocol calls it.
#include "stages/probes/nested.hpp"
#include "stages/probes/parts.hpp"
#include "stages/probes/sparse.hpp"

namespace vrp {

/// A part's learner and what it chooses between.
struct PartLearner {
  Learner learner;
  std::vector<double> cs;  ///< empty: no C
  bool inner = true;       ///< false: nothing to choose
};

/// `input` must outlive the learner; its layer is set for each fit.
PartLearner part_learner(const ProbePart& part, const LayerInput& input, const ProbesParams& params,
                         std::uint64_t seed);

/// C of a sparse problem: sparse_c, or 1 / (lambda * training items) with sparse_form = lambda.
double sparse_c(const ProbesParams& params, const Task& task, FitPart part);
SparseOptions sparse_options(const ProbesParams& params);

}  // namespace vrp
