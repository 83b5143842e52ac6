// vrp compare --csv: one row for every item of either table.
#include <algorithm>

#include "pipeline/control/compare_report.hpp"
#include "pipeline/control/csv_write.hpp"

namespace vrp {
namespace {

std::string label_text(const CellColumns& columns, std::size_t row) {
  if (columns.labels.empty() || columns.labels.front().y[row] < 0) return "";
  return columns.labels.front().y[row] == 1 ? "1" : "0";
}

/// Names of the signals that some set shares, in the order in which they are met.
std::vector<std::string> shared_names(const std::vector<CompareCsvSet>& sets,
                                      const std::vector<std::string>& wanted) {
  std::vector<std::string> out;
  for (const CompareCsvSet& set : sets)
    for (const SharedSignal& signal : shared_signals(*set.a.columns, *set.b.columns)) {
      const bool take =
          wanted.empty() || std::find(wanted.begin(), wanted.end(), signal.name) != wanted.end();
      if (take && std::find(out.begin(), out.end(), signal.name) == out.end())
        out.push_back(signal.name);
    }
  return out;
}

void add_item(const CompareCsvSet& set, const ItemMatch& item,
              const std::vector<const SharedSignal*>& signals, std::string& out) {
  const bool in_a = item.table_a.has_value();
  const ItemTable& table = in_a ? *set.a.table : *set.b.table;
  const std::size_t row = in_a ? *item.table_a : *item.table_b;
  std::vector<std::string> cells{csv_cell(set.model_a),       csv_cell(set.model_b),
                                 csv_cell(set.benchmark),     csv_cell(item.key),
                                 csv_cell(table.id[row]),     csv_cell(table.group[row]),
                                 csv_cell(table.type[row]),   csv_cell(table.question[row]),
                                 csv_cell(table.answer[row]), csv_cell(item.state())};
  const auto side = [&](const CellColumns& columns, const std::optional<std::size_t>& at,
                        auto&& text) { return at ? text(columns, *at) : std::string(); };
  const auto answer = [](const CellColumns& columns, std::size_t at) {
    return csv_cell(columns.answer[at]);
  };
  const CellColumns &a = *set.a.columns, &b = *set.b.columns;
  cells.push_back(side(a, item.row_a, answer));
  cells.push_back(side(b, item.row_b, answer));
  cells.push_back(side(a, item.row_a, label_text));
  cells.push_back(side(b, item.row_b, label_text));
  for (const SharedSignal* signal : signals) {
    const auto value = [&](std::size_t column) {
      return [column](const CellColumns& columns, std::size_t at) {
        return exact_number(columns.signals[column].value[at]);
      };
    };
    cells.push_back(signal ? side(a, item.row_a, value(signal->a)) : "");
    cells.push_back(signal ? side(b, item.row_b, value(signal->b)) : "");
  }
  out += csv_line(cells);
}

}  // namespace

std::string compare_csv(const std::vector<CompareCsvSet>& sets,
                        const std::vector<std::string>& wanted) {
  const std::vector<std::string> names = shared_names(sets, wanted);
  std::vector<std::string> header{"model_a",  "model_b",  "benchmark", "key",       "id",
                                  "group",    "type",     "question",  "reference", "state",
                                  "answer_a", "answer_b", "label_a",   "label_b"};
  for (const std::string& name : names)
    for (const char* side : {"_a", "_b"}) header.push_back(csv_cell(name + side));
  std::string out = csv_line(header);
  for (const CompareCsvSet& set : sets) {
    const std::vector<SharedSignal> shared = shared_signals(*set.a.columns, *set.b.columns);
    std::vector<const SharedSignal*> signals;
    for (const std::string& name : names) {
      const auto found = std::find_if(shared.begin(), shared.end(),
                                      [&](const SharedSignal& s) { return s.name == name; });
      signals.push_back(found == shared.end() ? nullptr : &*found);
    }
    for (const ItemMatch& item : set.match->items) add_item(set, item, signals, out);
  }
  return out;
}

}  // namespace vrp
