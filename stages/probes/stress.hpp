#pragma once
// Supervised stress test (methods 6.2): can trees on attention features tell right answers from
// wrong ones?
//
// The forest is XGBoost's: one round of parallel trees on squared error of y in {0, 1}, whose gain
// is that of Gini impurity and whose leaves hold the weighted share of correct items. It differs
// from scikit-learn's RandomForestClassifier(n_estimators=400, max_depth=16, min_samples_split=3,
// min_samples_leaf=2, max_features="sqrt", class_weight="balanced_subsample") in this:
//   - each tree sees a share 1 - 1/e of the items, drawn without replacement, instead of as many
//     items as there are, drawn with replacement (which show that share in the mean);
//   - classes are balanced over the training part, not over each tree's sample;
//   - a leaf needs a weight of 2 (items weigh 1 in the mean), not 2 items; 3 items to split a node
//     are implied by that in either library;
//   - a node where none of its sqrt(columns) columns separates anything becomes a leaf, while
//     scikit-learn goes on to draw columns until one does.
#include <cstdint>
#include <vector>

#include "stages/probes/boosted.hpp"
#include "stages/probes/cell_items.hpp"
#include "stages/probes/folds.hpp"
#include "stages/probes/outcome.hpp"
#include "stages/probes/stress_features.hpp"

namespace vrp {

TreeParams boosted_params(const ProbesParams& params, std::int64_t seed);
TreeParams forest_params(const ProbesParams& params, std::int64_t columns, std::int64_t seed);
/// What joins both probabilities with stress_ensemble = stacking: boosting, 300 trees, rate 0.05,
/// depth 6.
TreeParams stacking_params(std::int64_t seed);

/// Features of a cell, 11 numbers an item.
struct StressItems {
  std::vector<StressRow> rows;       ///< [N]
  std::vector<std::uint8_t> usable;  ///< [N], 0 = no valid maps
  /// Takes the items of a capture record as rows [first, first + its size).
  void add(const Record& capture, std::size_t first);
};

/// Probabilities of both classifiers for the rows `test`, fitted on the rows `train`; without
/// stacking `joined` is their mean. `y` is by row of the cell.
struct StressFit {
  std::vector<double> boosted, forest, joined;  ///< [test], [0, 1]
  std::int64_t columns = 0, dropped = 0;
  std::string undefined;  ///< why there are no probabilities; "" = there are
};
StressFit fit_stress_fold(const CellItems& items, const StressItems& features,
                          const std::vector<std::int8_t>& y, const std::vector<std::int32_t>& train,
                          const std::vector<std::int32_t>& test, const std::string& model,
                          std::int64_t fold, const ProbesParams& params);

/// Out-of-fold scores of stress_boosted, stress_forest and stress_test with their fold rows, a
/// layer row each (layer -2: accuracy at 0.5, balanced accuracy, AUROC) and the control `majority`
/// (share of the larger class). Folds are those of all probes with as many folds; items without
/// valid maps are left out of them.
ProbeOutcome stress_probes(const CellItems& items, const StressItems& features,
                           const std::vector<std::int8_t>& y, const std::string& model,
                           const ProbesParams& params);

/// Part "stress" of a cell.
ProbeOutcome fit_stress(const ProbeInput& input, const ProbesParams& params);

/// One fit on the items of all sets of a model: controls accuracy (at 0.5),
/// balanced_accuracy, auroc and majority of each of the three scores, out of fold.
std::vector<ProbeControlRow> pooled_stress(const std::vector<ProbeInput>& cells,
                                           const ProbesParams& params);

}  // namespace vrp
