#pragma once
// The nested protocol: every layer and value of C fitted on every outer and inner part, in one call
// of the learner.
#include <functional>
#include <vector>

#include "stages/probes/candidates.hpp"
#include "stages/probes/problem.hpp"

namespace vrp {

struct LayerProblem {
  std::size_t layer = 0;  ///< of the source
  Problem problem;
};
/// Fits in the order of the problems.
using Learner = std::function<std::vector<LinearFit>(const std::vector<Task>& tasks,
                                                     const std::vector<LayerProblem>& problems)>;

struct NestedOptions {
  std::vector<std::int64_t> layers;  ///< name of each layer of the source
  std::vector<double> cs;            ///< empty: nothing to choose but layers
  bool inner = true;                 ///< inner fits at all
  bool inner_scores = false;         ///< keep them
  /// One call of the learner for each layer instead of one for all, so that no more than a layer's
  /// fits are in memory (many permutations of the labels).
  bool layer_by_layer = false;
  const Task* authors = nullptr;  ///< authors_split as a task of its own, or none
};

/// Candidates of each task, by layer, then C. Undefined folds give candidates of NaN with the note.
std::vector<std::vector<ProbeCandidate>> fit_candidates(const std::vector<Task>& tasks,
                                                        const NestedOptions& options,
                                                        const Learner& learner);

/// Rows without a usable input leave labels and folds.
void restrict_task(Task& task, const std::vector<std::uint8_t>& defined);

}  // namespace vrp
