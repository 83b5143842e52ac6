#pragma once
// Tables whose machine form has one row for each number: what it is, how many items it stands on,
// its interval and test, and the paper's figure.
#include <string>
#include <vector>

#include "stages/reduce/people.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {

/// One number of a table. NaN estimates need a note, numbers without limits an interval "none:
/// why", numbers without p a test "none: why"; complete_rows of table_rules.hpp fills in the plain
/// cases.
struct TableValue {
  std::string model, benchmark;
  std::string what;       ///< "probe hidden_probe, block 3", "mask high - mask random"
  std::string statistic;  ///< "accuracy", "delta_pp", "peak_layer" ...
  std::string type;       ///< question type; "" = all
  std::int64_t n = 0, invalid = 0;
  double estimate = kUndefined, low = kUndefined, high = kUndefined;
  std::string interval;
  double p = kUndefined, p_adjusted = kUndefined;
  double p_item = kUndefined;         ///< with items taken as independent, where p is not that
  double design_effect = kUndefined;  ///< variance over images / over items
  std::string family, test, method, note;
  const PaperFigure* paper = nullptr;
  std::vector<Cell> more;  ///< of the columns that the table has beyond the usual ones
};

/// Columns table, model, benchmark, what, statistic, ... as `add_value` fills them, then `more`.
Table long_table(std::string id, std::string title, const RunFacts& facts,
                 std::vector<std::string> more = {});

/// A machine row without a row for people.
void add_value(Table& table, const TableValue& value);

/// The number of a statistic row.
TableValue value_of(const StatRow& row, const AdjustedP& adjusted, const PaperFigure* paper);
/// A number of an effect: delta_pp with interval and tests.
TableValue value_of(const EffectRow& row, const AdjustedP& adjusted, const PaperFigure* paper);

/// The number of a probe's control, with the spread of its draws. `items`: of the cell.
TableValue value_of(const CellProbeControl& row, std::int64_t items);

/// Items of a cell or of a pooled set; 0 when it has no balance row.
std::int64_t items_of(const Results& results, std::string_view model, std::string_view benchmark);
/// items - n, not below 0: probes and lens rows count what they used only.
std::int64_t unused(std::int64_t items, std::int64_t n);

/// Benjamini-Hochberg over every p of a model in this table that has no family yet:
/// "exploratory NAME/MODEL (Benjamini-Hochberg, m = 12)".
void adjust_within(Table& table, const std::string& name);

/// "+1.2 pp", "n/a".
std::string points(double pp, int decimals = 1);
/// The paper's digits, "-" where it prints nothing.
std::string printed(const PaperFigure* paper);
/// "L5", "embeddings", or "n/a" for a layer that is not defined.
std::string layer_text(std::int64_t layer);

/// Remarks on numbers that are there: each once, with the places it concerns; a note of the table.
/// Numbers that are not there are explained by people.hpp.
class TableNotes {
 public:
  void add(const std::string& reason, const std::string& place);
  void write(Table& table) const;

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons_;
};

}  // namespace vrp
