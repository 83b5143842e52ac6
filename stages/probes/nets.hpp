#pragma once
// Small fully connected nets, many fits at once (methods 6.3 and 8.1).
#include <cstdint>
#include <vector>

#include "stages/probes/problem.hpp"

namespace vrp {

/// D -> hidden... -> 1 with ReLU; trained on binary cross-entropy with logits by Adam (0.9, 0.999,
/// 1e-8), no weight decay.
struct NetOptions {
  std::vector<int> hidden = {256};
  double dropout = 0;  ///< after each hidden layer, while training
  int epochs = 50;
  int batch = 32;  ///< 0 = all training items in one step
  double rate = 1e-4;
  bool standardise = true;  ///< z-score the input on the training part
  int seeds = 1;            ///< initialisations; the score is the mean of their logits
  std::uint64_t seed = 0;   ///< of the weights, the order of items and dropout
};

struct NetProblem {
  std::size_t layer = 0;  ///< of the source
  std::size_t task = 0;
  FitPart part;
};

/// Order in which an epoch takes n training items, a function of (options.seed, epoch, seed, n).
std::vector<std::uint32_t> item_order(const NetOptions& options, std::int64_t epoch, int seed,
                                      std::size_t n);

/// Fits every problem in fp32: forward and backward passes are batched matrix products over as many
/// nets as a fixed budget holds. Weights start He-uniform (biases 0), the same for every net of a
/// seed; orders of items and dropout masks are functions of (seed, epoch or step) alone. `input`
/// names the source, the device and, to remove means of types, the types; its layer is not used.
/// Undefined with a note as for linear fits. Scores are logits of the test rows.
std::vector<LinearFit> fit_nets(const LayerInput& input, const std::vector<Task>& tasks,
                                const std::vector<NetProblem>& problems, const NetOptions& options);

}  // namespace vrp
