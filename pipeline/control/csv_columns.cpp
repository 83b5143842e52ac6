// Cells of a table as numbers, labels and names.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/csv.hpp"

namespace vrp {
namespace {

double number(const CsvTable& table, std::size_t row, std::size_t column) {
  const std::string cell = trim(table.rows[row][column]);
  const std::size_t sign = cell.size() > 1 && cell[0] == '+' && cell[1] != '-' ? 1 : 0;
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data() + sign, cell.data() + cell.size(), value);
  if (error == std::errc::invalid_argument || end != cell.data() + cell.size()) {
    fail(table.place(row, column), ": '", excerpt(cell), "' is not a number");
  }
  if (error == std::errc::result_out_of_range) {
    value = std::strtod(cell.c_str(), nullptr);  // too small is 0 or nearly; too large is not
    if (std::isinf(value)) {
      fail(table.place(row, column), ": '", excerpt(cell), "' is too large for a double");
    }
  }
  return value;
}

}  // namespace

bool is_missing(std::string_view cell) {
  const std::string text = to_lower_ascii(trim(cell));
  return text.empty() || text == "na" || text == "nan" || text == "n/a";
}

std::vector<double> numeric_column(const CsvTable& table, std::string_view name) {
  const std::size_t column = table.column(name);
  std::vector<double> values;
  values.reserve(table.rows.size());
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    values.push_back(is_missing(table.rows[row][column]) ? std::numeric_limits<double>::quiet_NaN()
                                                         : number(table, row, column));
  }
  return values;
}

std::vector<std::int8_t> binary_column(const CsvTable& table, std::string_view name) {
  const std::size_t column = table.column(name);
  std::vector<std::int8_t> labels;
  labels.reserve(table.rows.size());
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& cell = table.rows[row][column];
    if (is_missing(cell)) {
      labels.push_back(-1);
      continue;
    }
    const double value = number(table, row, column);
    if (value != 0 && value != 1) {
      fail(table.place(row, column), ": '", excerpt(cell), "', expected 0 or 1");
    }
    labels.push_back(value == 1 ? 1 : 0);
  }
  return labels;
}

std::vector<std::string> text_column(const CsvTable& table, std::string_view name, bool required) {
  const std::size_t column = table.column(name);
  std::vector<std::string> texts;
  texts.reserve(table.rows.size());
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& cell = table.rows[row][column];
    const bool missing = is_missing(cell);
    if (missing && required) {
      fail(table.place(row, column), ": '", excerpt(cell),
           "' is missing, expected a value in every row");
    }
    texts.push_back(missing ? std::string() : cell);
  }
  return texts;
}

}  // namespace vrp
