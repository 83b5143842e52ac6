#include "stages/reduce/official_rows.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/items/official_figures.hpp"

namespace vrp {

std::vector<OfficialRow> official_rows(const std::string& model, const std::string& benchmark,
                                       const Record& capture, const ItemTable& items,
                                       const Reviews& reviews) {
  std::vector<OfficialRow> rows;
  for (const std::string& name : items.scorers) {
    const Scorer& scorer = find_scorer(name);
    if (capture.find("label/" + scorer.name) == nullptr) continue;
    OfficialRow row;
    row.model = model;
    row.benchmark = benchmark;
    row.scorer = scorer.label();
    try {
      for (const OfficialFigure& figure :
           official_figures(items, row_labels(capture, items, scorer.name), reviews)) {
        row.group_kind = figure.group_kind;
        row.group = figure.group;
        row.figure = figure.figure;
        row.n = figure.n;
        row.value = figure.value;
        row.unit = figure.unit;
        row.definition = figure.definition;
        row.note = figure.note;
        rows.push_back(row);
      }
    } catch (const Error& error) {
      row.group_kind = row.group = "all";
      row.figure = "not computed";
      row.note = error.what();
      rows.push_back(row);
    }
  }
  return rows;
}

bool is_of_whole_set(const OfficialRow& row) {
  return row.group_kind == "all" || row.group_kind == "mean" || row.group_kind == "sum";
}

}  // namespace vrp
