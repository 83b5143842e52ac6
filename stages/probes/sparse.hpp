#pragma once
// L1 logistic regression, many problems at once, and the neurons that it names (methods 8.4).
#include <cstdint>
#include <vector>

#include "stages/probes/problem.hpp"
#include "stages/probes/record.hpp"

namespace vrp {

struct SparseOptions {
  std::int64_t top_variance = 0;  ///< only that many columns of largest training variance, 0 = all
  double nonzero_above = 0;       ///< |w| above this counts as nonzero
  double change = 1e-4;  ///< relative change of theta at which the proximal iterations hand over to
                         ///< the polish, which ends at `tolerance`
  double tolerance = 1e-9;  ///< of the optimality conditions
};

struct SparseFit : LinearFit {
  std::vector<double> delta;  ///< [D], mean activation on correct minus on incorrect training items
  std::vector<double> mean;   ///< [D], mean activation on the training items
};

/// For each problem: min over (w, b) of ||w||_1 + C sum_i log(1 + exp(-t_i (w.z_i + b))), z = input
/// standardised on the problem's training part; intercept free. Accelerated proximal gradient for
/// all problems at once, then each problem is solved on its support, and columns that violate the
/// optimality conditions join until none does. weight, delta and mean are kept for problems whose
/// part is an outer fit or all items.
std::vector<SparseFit> fit_sparse(const LayerInput& input, const std::vector<Task>& tasks,
                                  const std::vector<Problem>& problems,
                                  const SparseOptions& options = {});

/// success, failure and ranked rows of a fit, `kept` of each at most.
std::vector<NeuronRow> rank_neurons(const SparseFit& fit, std::int64_t layer, std::int64_t fold,
                                    bool by_delta, std::int64_t kept);

/// Histogram of delta over all neurons in equal bins from the smallest to the largest.
std::vector<DeltaBinRow> delta_histogram(const std::vector<double>& delta, std::int64_t layer,
                                         int bins);

}  // namespace vrp
