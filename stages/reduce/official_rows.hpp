#pragma once
// The benchmark's own figures of a cell, as rows.
#include <vector>

#include "pipeline/items/labels.hpp"
#include "stages/reduce/rows_label.hpp"

namespace vrp {

/// The figures (items/official_figures.hpp) under every scorer of `items` that has some. `capture`
/// has its labels (add_labels); `reviews` by row of the table. A figure that cannot be made from
/// the table's metadata is one row without a value, with the reason as note.
std::vector<OfficialRow> official_rows(const std::string& model, const std::string& benchmark,
                                       const Record& capture, const ItemTable& items,
                                       const Reviews& reviews);

/// Whether the figure is one over the whole set (all, a mean of splits, a sum of categories) and
/// not of one of its groups.
bool is_of_whole_set(const OfficialRow& row);

}  // namespace vrp
