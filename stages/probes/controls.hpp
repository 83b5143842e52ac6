#pragma once
// What a probe reaches without the right to, and checks of the folds (methods 11).
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "stages/probes/candidates.hpp"
#include "stages/probes/cell_items.hpp"
#include "stages/probes/outcome.hpp"

namespace vrp {

/// Pairs of items with the same image and question, one in a training part and one in its test
/// part. An image is the hash of its file, else the file's name, else the group.
std::int64_t duplicate_pairs(const ItemTable& items, const Folds& folds);

/// Error naming a pair when some lie in different folds, unless allowed.
void check_duplicates(const ItemTable& items, const Folds& folds, bool allow);

/// Largest cosine between inputs of a layer in two outer folds, inputs z-scored over the used
/// items; NaN without two folds or without a column that varies.
double max_cosine(const LayerInput& layer, const Task& task);

/// AUROC of the type alone (leave-one-out accuracy of the type) and of the prompt's length alone
/// (logistic out of fold). Rows carry no probe's name yet.
ProbeControlRow type_only(const CellItems& items);
ProbeControlRow length_only(const CellItems& items, const Task& task);

/// Mean, 2.5 and 97.5 % of the draws, and the permutation p of the nested AUROC.
ProbeControlRow shuffle_row(const std::vector<double>& draws, double observed, std::int64_t n);

}  // namespace vrp
