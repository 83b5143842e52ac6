#pragma once
// Comma-separated tables as people have them: RFC 4180 quoting, CRLF or LF, a byte-order mark,
// UTF-8. Errors say file:line, column, what was found and what was expected.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

struct CsvTable {
  std::string where;                           ///< path, for messages
  std::vector<std::string> header;             ///< names as written
  std::vector<std::vector<std::string>> rows;  ///< [N][columns]
  std::vector<std::int64_t> line;              ///< [N], line (from 1) on which each row begins

  /// Number of a column. Error (usage) for a name that is not there, with the nearest one, or that
  /// the header has twice.
  std::size_t column(std::string_view name) const;
  /// "path:line: column 'name'" of a cell, the start of its messages.
  std::string place(std::size_t row, std::size_t column) const;
};

/// Reads a table with one header line. A cell may hold line ends inside quotes; "" is a quote.
/// Blank lines are skipped (in a table of one column only after the last row: there they are empty
/// cells). Error (bad_input): no header, a row with more or fewer cells than the header, a quote
/// inside an unquoted cell, text after a closing quote, an unclosed quote, a carriage return
/// without a line feed, invalid UTF-8.
CsvTable read_csv(const std::filesystem::path& path);
CsvTable parse_csv(std::string_view text, const std::string& where);

/// Empty, NA, N/A or NaN in any case, white space around it aside.
bool is_missing(std::string_view cell);

/// A column as numbers; a missing cell is NaN. "inf" and "-inf" are numbers. Error (bad_input)
/// names a cell that is no number, or one outside the range of a double.
std::vector<double> numeric_column(const CsvTable& table, std::string_view name);

/// A column of 0 and 1; a missing cell is -1. Error (bad_input) names any other cell.
std::vector<std::int8_t> binary_column(const CsvTable& table, std::string_view name);

/// A column as text. With `required`, a missing cell is an Error (bad_input); without, "".
std::vector<std::string> text_column(const CsvTable& table, std::string_view name, bool required);

/// Rows in the order of their cells, [N]: results computed in this order do not depend on the order
/// of rows in the file.
std::vector<std::size_t> content_order(const CsvTable& table);

}  // namespace vrp
