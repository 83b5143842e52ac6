#pragma once
// Tables: typed rows for machines, formatted cells for people, from one list of rows.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// One machine-readable value; a double that is not finite is "undefined" (empty or null).
using Cell = std::variant<std::string, std::int64_t, double>;

struct Table {
  std::string id, title;
  std::vector<std::string> columns;               ///< names for machines, lower case
  std::vector<std::vector<Cell>> rows;            ///< each as long as `columns`
  std::vector<std::string> headers;               ///< headings for people
  std::vector<bool> numeric;                      ///< right-aligned, one for each heading
  std::vector<std::vector<std::string>> display;  ///< each as long as `headers`
  std::vector<std::string> notes;                 ///< footnotes
  std::string partial;                            ///< why the run is PARTIAL; "" = it is whole
  /// Columns that name what several consecutive rows are numbers of (a scorer on a set); a reader
  /// may fold these rows into one. Empty = every row stands alone.
  std::vector<std::string> entity;

  /// Appends a row for machines and, unless empty, one for people; Error on a wrong length.
  void add(std::vector<Cell> machine, std::vector<std::string> people);
};

/// Texts of all forms are valid UTF-8 without control characters (U+FFFD in their place).
/// RFC 4180, LF line ends; undefined = empty. The last column `partial` is 1 on every row of a
/// partial run.
std::string to_csv(const Table& table);
std::string to_markdown(const Table& table);
/// A fragment for \input; its first line names the text width and the packages it needs. Compiles
/// with pdfLaTeX whatever the cells and notes hold, and runs over no margin (latex_layout.hpp).
std::string to_latex(const Table& table);
/// A document that \inputs the fragments ID.tex beside it, wide tables on pages turned sideways.
std::string latex_document(const std::vector<Table>& tables, const std::string& partial);
/// {"id", "title", "partial", "columns", "entity", "rows": [object], "notes"} and, for people,
/// {"headers", "numeric", "display": [[text]]}; undefined = null.
Json to_json(const Table& table);

/// Shortest decimal that reads back as the same double; "" when not finite.
std::string number_text(double value);
/// Fixed decimals, "n/a" when not finite, no negative zero; `plus` writes a sign on positives.
std::string fixed(double value, int decimals, bool plus = false);
/// "0.034", "<0.001", or "n/a".
std::string p_text(double p);
/// "[low, high]" in fixed decimals, or "n/a" when either is undefined.
std::string interval_text(double low, double high, int decimals, bool plus = false);
std::string markdown_escape(std::string_view text);

}  // namespace vrp
