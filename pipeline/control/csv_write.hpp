#pragma once
// Cells of comma-separated tables that are written: RFC 4180 quoting, UTF-8, numbers that read back
// as the same double.
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Quoted where it holds a comma, a quote or a line end; bytes that are no UTF-8 become U+FFFD.
std::string csv_cell(std::string_view text);
/// Shortest decimal that reads back as this double; "" when it is not finite (not defined).
std::string exact_number(double value);
/// The text with bytes that are no UTF-8 replaced by U+FFFD.
std::string clean_utf8(std::string_view text);
/// Cells (already quoted) with commas and a line end.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace vrp
