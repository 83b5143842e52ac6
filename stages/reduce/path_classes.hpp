#pragma once
// The sampled answers of a cell as classes of answers that count as equal.
#include <string>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/columns_join.hpp"

namespace vrp {

/// Sets cell.sampled: classes of path/normalised by equality or, where S_SC was computed with
/// likeness, by ROUGE-L F1 with the first answer of a class, in the order of sampling, at the
/// threshold that the signal's description names. Failed items have no path. When the classes do
/// not give the stored S_SC of every item, or texts are not there, sampled stays empty and
/// cell.no_paths says why. `consistency`: row of each item.
void add_path_classes(const CellData& cell, const RowMap& consistency, CellColumns& out);

}  // namespace vrp
