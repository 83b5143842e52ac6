#pragma once
// Items as lines of CSV or JSON Lines, one row an item (wide) or one a value (long).
#include <string>
#include <vector>

#include "pipeline/control/export_options.hpp"
#include "pipeline/control/export_rows.hpp"

namespace vrp {

/// A field as it is written: over all exported cells.
struct ExportColumn {
  std::string name;
  std::vector<std::string> dims;    ///< of one item's value; {} = one value
  std::vector<std::int64_t> shape;  ///< largest extents; -1 = differs between items
  std::int64_t width() const;       ///< columns of the wide form; -1 = differs between items
};

struct ExportTable {
  std::vector<ExportColumn> columns;
  std::vector<std::string> scorers;  ///< columns label_NAME
  std::int64_t paths = 0;            ///< columns path[0] ..; 0 = none
  bool answers = false, questions = false, long_form = false, json_lines = false;
};

constexpr std::int64_t kMaxColumns = 20000;

/// Error (usage) when the wide CSV form cannot hold a column: a length that differs between items,
/// or more than kMaxColumns columns in all. Names the forms that can.
void check(const ExportTable& table);

/// The header line; "" for JSON Lines.
std::string export_header(const ExportTable& table);
/// The lines of one item, values in the order of the columns.
std::string export_lines(const ExportTable& table, const ExportItem& item);

}  // namespace vrp
