#pragma once
// How a table fits on a page: upright or sideways, in which size, which columns wrap.
#include <string>
#include <vector>

#include "stages/reduce/table.hpp"

namespace vrp {

constexpr double kUprightWidth = 483.0;   ///< pt: 17.0 cm, A4 with margins of 2 cm
constexpr double kSidewaysWidth = 731.0;  ///< pt: 25.7 cm, the same page turned

struct LatexColumn {
  bool numeric = false;
  double width = 0;  ///< em
  bool wraps = false;
  std::vector<std::string> heading;  ///< lines of the heading
};

struct LatexLayout {
  bool sideways = false;
  std::string size;  ///< "\\footnotesize"
  std::vector<LatexColumn> columns;
  bool is_long = false;  ///< more than fits on one page with its notes: a longtable
};

/// The largest size at which the table's cells fit, upright before sideways; text columns wrap
/// before letters shrink below footnote size.
LatexLayout latex_layout(const Table& table);

}  // namespace vrp
