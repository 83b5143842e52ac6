#include "stages/reduce/table_rules.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vrp {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A row's cells by name; `has` is false for a column that the table lacks.
class RowView {
 public:
  RowView(const Table& table, std::vector<Cell>& row) : table_(table), row_(row) {}
  bool has(std::string_view name) const { return find(name) != nullptr; }
  double number(std::string_view name) const {
    const Cell* cell = find(name);
    const double* value = cell ? std::get_if<double>(cell) : nullptr;
    return value ? *value : kNone;
  }
  std::string text(std::string_view name) const {
    const Cell* cell = find(name);
    const std::string* value = cell ? std::get_if<std::string>(cell) : nullptr;
    return value ? *value : std::string();
  }
  void set(std::string_view name, Cell value) {
    if (Cell* cell = find(name)) *cell = std::move(value);
  }

 private:
  Cell* find(std::string_view name) const {
    const auto at = std::find(table_.columns.begin(), table_.columns.end(), name);
    return at == table_.columns.end()
               ? nullptr
               : &row_[static_cast<std::size_t>(at - table_.columns.begin())];
  }
  const Table& table_;
  std::vector<Cell>& row_;
};

/// A signal's own description may name NaN as its value for "undefined"; tables have no NaN.
std::string without_nan(std::string text) {
  constexpr std::string_view kWord = "NaN";
  for (std::size_t at = text.find(kWord); at != std::string::npos; at = text.find(kWord, at))
    text.replace(at, kWord.size(), "undefined");
  return text;
}

void complete_interval(RowView& row) {
  const bool defined = std::isfinite(row.number("estimate"));
  if (!defined || !std::isfinite(row.number("low")) || !std::isfinite(row.number("high"))) {
    row.set("low", kNone);
    row.set("high", kNone);
    const std::string kind = row.text("interval");
    if (!defined)
      row.set("interval", std::string("none: no estimate"));
    else if (kind.empty() || kind == "none")
      row.set("interval", std::string("none: not computed for this number"));
    else if (!says_none(kind))
      row.set("interval", "none: " + kind + " not defined");
  } else if (row.text("interval").empty()) {
    row.set("interval", std::string("not named"));
  }
}

void complete_test(RowView& row) {
  const std::string test = row.text("test");
  if (!std::isfinite(row.number("p"))) {
    row.set("p_adjusted", kNone);
    row.set("family", std::string("none: no p"));
    if (test.empty() || test == "none")
      row.set("test", std::string("none: this number is not tested"));
    else if (!says_none(test))
      row.set("test", "none: not defined (" + test + ")");
    return;
  }
  if (test.empty()) row.set("test", std::string("not named"));
  if (!std::isfinite(row.number("p_adjusted")) && !says_none(row.text("family")))
    row.set("family", std::string("none: outside the families of tests, not adjusted"));
}

}  // namespace

bool says_none(std::string_view text) { return text == "none" || text.starts_with("none: "); }

void complete_rows(Table& table, std::uint64_t seed, std::string_view profile) {
  for (std::vector<Cell>& cells : table.rows) {
    RowView row(table, cells);
    row.set("seed", static_cast<std::int64_t>(seed));
    row.set("profile", std::string(profile));
    if (!row.has("estimate")) continue;
    if (!std::isfinite(row.number("estimate")) && row.text("note").empty())
      row.set("note", std::string("no reason was recorded"));
    if (!std::isfinite(row.number("estimate")) && row.text("method").empty())
      row.set("method", std::string("not computed"));
    row.set("method", without_nan(row.text("method")));
    complete_interval(row);
    complete_test(row);
  }
}

}  // namespace vrp
