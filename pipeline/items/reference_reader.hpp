#pragma once
// What the reference's table reader (pandas.read_csv) makes of cells: missing values and numbers.
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Whether the cell counts as missing: empty, NA, N/A, NaN, None, null, nan.
bool is_missing_cell(std::string_view cell);

/// str() of a Python float: 1.0, 0.1, 1e-05, 1e+16, inf, nan.
std::string python_float_text(double value);

/// Rewrites one column, all rows of it, as str() of what the reference reads: missing cells become
/// empty; a column of integers loses leading zeros and signs ("007" -> "7"), with missing cells or
/// other numbers among them all become floats ("1" -> "1.0"); a column of truth values becomes True
/// and False. Other columns stay but for their missing cells.
void read_as_reference(std::vector<std::string*> column);

}  // namespace vrp
