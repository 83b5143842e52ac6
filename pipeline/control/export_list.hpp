#pragma once
// vrp export --list.
#include <iosfwd>
#include <vector>

#include "pipeline/control/export_fields.hpp"

namespace vrp {

struct ListedCell {
  const CellWork* work = nullptr;
  CellFields fields;
  std::vector<std::string> scorers;  ///< with version, the primary one first
  Progress progress;
  std::int64_t items = 0;  ///< that the run asks
};

/// Signals, arrays and scorers of the cells: what several cells have is one line.
void print_export_list(std::ostream& out, const std::vector<ListedCell>& cells);

}  // namespace vrp
