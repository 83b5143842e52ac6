#pragma once
// Every stored array of one item, as it lies in the files.
#include <iosfwd>
#include <string>
#include <vector>

#include "pipeline/control/show_find.hpp"

namespace vrp {

/// Prints the values of every array [item] or [item, at most 64] of each stage's finished unit that
/// holds the item, for the models named (none = all).
void print_arrays(std::ostream& out, StoredRun& run, const ItemPlace& place,
                  const std::vector<std::string>& models);

}  // namespace vrp
