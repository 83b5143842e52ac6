#pragma once
// What vrp score prints.
#include <string>
#include <vector>

#include "pipeline/control/score_cells.hpp"

namespace vrp {

/// All scorers of this build with what they do.
void print_scorers();

/// "yes_no@1 (primary), exact@1"
std::string scorer_list(const std::vector<std::string>& scorers);

/// Figures of one cell under each scorer of `table`, and the benchmark's own. `cell.capture` has
/// its labels.
void print_cell(const StoredCell& cell, const ItemTable& table, const Reviews& reviews,
                bool partial);

}  // namespace vrp
