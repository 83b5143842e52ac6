#pragma once
// What one linear or sparse fit is asked: a label vector with its folds, a part of them, and C.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/store/frame.hpp"
#include "stages/probes/features.hpp"
#include "stages/probes/folds.hpp"

namespace vrp {

/// Labels (real or permuted) with the folds that were stratified by them.
struct Task {
  std::vector<std::int8_t> y;  ///< [N], -1 = not used
  Folds folds;
};

struct Problem {
  std::size_t task = 0;  ///< index into the tasks
  FitPart part;
  double c = 0.1;
};

/// One layer of features, and how it is cleaned before a probe sees it.
struct LayerInput {
  const FeatureSource* source = nullptr;
  std::size_t layer = 0;
  /// [N], question types 0 .. types-1, to remove the training part's mean of each type; nullptr:
  /// only the mean of the training part is removed. A type that the training part lacks gets the
  /// mean of the whole part.
  const std::vector<std::int32_t>* type = nullptr;
  std::int32_t types = 1;
  std::string device = "cpu";
};

/// A fit, in units of the input z-scored on its training part.
struct LinearFit {
  std::vector<double> score;   ///< logit of each test row, ascending rows; empty when undefined
  std::vector<double> weight;  ///< [D], only when asked for
  double intercept = 0;
  double nonzero = kUndefined;  ///< share of weights that are not 0 (sparse probe)
  std::string note;             ///< why it is undefined, or that it did not converge
};

}  // namespace vrp
