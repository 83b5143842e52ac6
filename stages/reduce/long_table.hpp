#pragma once
// Tables whose machine form has one row for each number: what it is, how many items it stands on,
// its interval and test, and the paper's figure.
#include <string>
#include <vector>

#include "stages/reduce/tables.hpp"

namespace vrp {

/// One number of a table. NaN estimates need a note.
struct TableValue {
  std::string model, benchmark;
  std::string what;       ///< "probe hidden_probe, block 3", "mask high - mask random"
  std::string statistic;  ///< "accuracy", "delta_pp", "peak_layer" ...
  std::string type;       ///< question type; "" = all
  std::int64_t n = 0, invalid = 0;
  double estimate = kUndefined, low = kUndefined, high = kUndefined;
  std::string interval;
  double p = kUndefined, p_adjusted = kUndefined;
  std::string family, test, method, note;
  std::int64_t seed = 0;
  const PaperFigure* paper = nullptr;
};

/// Columns table, model, benchmark, what, statistic, ... as `add_value` fills them.
Table long_table(std::string id, std::string title, const RunFacts& facts);

/// A machine row without a row for people.
void add_value(Table& table, const TableValue& value);
/// A row for people without a machine row (the numbers in it have theirs).
void add_people(Table& table, std::vector<std::string> cells);

/// The number of a statistic row.
TableValue value_of(const StatRow& row, const AdjustedP& adjusted, const PaperFigure* paper);
/// A number of an effect: delta_pp with interval and tests.
TableValue value_of(const EffectRow& row, const AdjustedP& adjusted, const PaperFigure* paper);

/// The number of a probe's control, with the spread of its draws.
TableValue value_of(const CellProbeControl& row);

/// "+1.2 pp", "n/a".
std::string points(double pp, int decimals = 1);
/// The paper's digits, "-" where it prints nothing.
std::string printed(const PaperFigure* paper);
/// "L5", "embeddings", or "n/a" for a layer that is not defined.
std::string layer_text(std::int64_t layer);

/// Why numbers are undefined: each reason once, with the places it concerns; a note of the table.
class TableNotes {
 public:
  void add(const std::string& reason, const std::string& place);
  void write(Table& table) const;

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons_;
};

}  // namespace vrp
