#pragma once
// L2 logistic regression, many problems at once (methods 8.2).
#include <vector>

#include "stages/probes/problem.hpp"

namespace vrp {

struct LinearOptions {
  bool keep_weights = false;
  double tolerance = 1e-7;  ///< L2 norm of the gradient; the objective is 1-strongly convex in w
  int iterations = 2000;
};

/// For each problem: min over (w, b) of 0.5 ||w||^2 + C sum_i log(1 + exp(-t_i (w.z_i + b))),
/// t = +-1, z = input standardised on the problem's training part (constant columns: z = 0).
/// L-BFGS in fp64 with one matrix product for all problems; the layer is read block by block and
/// never copied per fold. Undefined, with a note: one class, or no column that varies in training.
/// The error of a coefficient is at most about the tolerance.
std::vector<LinearFit> fit_linear(const LayerInput& input, const std::vector<Task>& tasks,
                                  const std::vector<Problem>& problems,
                                  const LinearOptions& options = {});

}  // namespace vrp
