#pragma once
// The numbers of figures F2a to F5, one table for each, for RUN/reduce/figures/ID.csv.
#include <vector>

#include "stages/reduce/results.hpp"
#include "stages/reduce/table.hpp"

namespace vrp {

/// F2a: margins by layer. F2b: histogram of delta of the last block's neurons; F2b_neurons: the
/// neurons to mark. F3: H_s by relative depth. F4: residual update of the image tokens. F5: the
/// item of the case study; F5_layers: its lens. Every row has n, invalid, interval, method, test,
/// seed and note (why a cell is empty); columns low and high are those of the plotted number.
std::vector<Table> figure_data(const Results& results, const RunFacts& facts);

}  // namespace vrp
