#include "stages/reduce/long_table.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {

Table long_table(std::string id, std::string title, const RunFacts& facts) {
  Table table;
  table.id = std::move(id);
  table.title = std::move(title);
  table.partial = facts.partial;
  table.columns = {"table",      "model",    "benchmark", "what",          "statistic",
                   "type",       "n",        "invalid",   "estimate",      "low",
                   "high",       "interval", "p",         "p_adjusted",    "family",
                   "test",       "method",   "paper",     "paper_printed", "paper_of",
                   "difference", "note",     "seed",      "profile"};
  if (facts.profile != "default")
    table.notes.push_back("Profile '" + facts.profile + "': definitions as in the authors' runs.");
  return table;
}

void add_value(Table& table, const TableValue& value) {
  const PaperFigure* paper = value.paper;
  table.add(
      {table.id,
       value.model,
       value.benchmark,
       value.what,
       value.statistic,
       value.type,
       value.n,
       value.invalid,
       value.estimate,
       value.low,
       value.high,
       value.interval,
       value.p,
       value.p_adjusted,
       value.family,
       value.test,
       value.method,
       paper ? paper->value : kUndefined,
       paper ? std::string(paper->printed) : std::string(),
       paper ? concat(paper->table, ", ",
                      paper->model.empty() ? "model not named" : paper_model_name(paper->model),
                      ", ", paper->set)
             : std::string(),
       paper ? value.estimate - paper->value : kUndefined,
       std::isfinite(value.estimate) || !value.note.empty() ? value.note
                                                            : std::string("not defined"),
       value.seed,
       std::string()},
      {});
}

void add_people(Table& table, std::vector<std::string> cells) {
  if (cells.size() != table.headers.size())
    fail("table ", table.id, ": a row has ", cells.size(), " cells, expected ",
         table.headers.size());
  table.display.push_back(std::move(cells));
}

TableValue value_of(const StatRow& row, const AdjustedP& adjusted, const PaperFigure* paper) {
  TableValue value;
  value.model = row.model;
  value.benchmark = row.benchmark;
  value.what = row.signal.empty() ? "answers" : row.signal;
  value.statistic = row.statistic;
  value.n = row.n;
  value.invalid = row.invalid;
  value.estimate = row.estimate;
  value.low = row.low;
  value.high = row.high;
  value.interval = row.interval;
  value.p = row.p;
  value.p_adjusted = adjusted.value;
  value.family = adjusted.family;
  value.test = row.test;
  value.method = row.method;
  value.note = row.note;
  value.seed = row.seed;
  value.paper = paper;
  return value;
}

TableValue value_of(const EffectRow& row, const AdjustedP& adjusted, const PaperFigure* paper) {
  TableValue value;
  value.model = row.model;
  value.benchmark = row.benchmark;
  value.what = row.condition + " - " + row.against;
  value.statistic = "delta_pp";
  value.type = row.type;
  value.n = row.n;
  value.invalid = row.invalid;
  value.estimate = row.delta_pp;
  value.low = row.low;
  value.high = row.high;
  value.interval = row.interval;
  value.p = row.p;
  value.p_adjusted = adjusted.value;
  value.family = adjusted.family;
  value.test = row.test;
  value.method = row.method;
  value.note = row.note;
  value.seed = row.seed;
  value.paper = paper;
  return value;
}

TableValue value_of(const CellProbeControl& row) {
  TableValue value;
  value.model = row.model;
  value.benchmark = row.benchmark;
  value.what = row.probe;
  value.statistic = row.control;
  value.n = row.n;
  value.estimate = row.value;
  value.low = row.low;
  value.high = row.high;
  value.interval = row.draws > 1 ? concat("2.5 and 97.5 % of ", row.draws, " draws") : "none";
  value.p = row.p;
  value.test = std::isfinite(row.p) ? "labels permuted, not adjusted" : "";
  value.note = row.note;
  return value;
}

std::string points(double pp, int decimals) {
  return std::isfinite(pp) ? fixed(pp, decimals, true) + " pp" : "n/a";
}

std::string printed(const PaperFigure* paper) {
  return paper ? std::string(paper->printed) : std::string("-");
}

std::string layer_text(std::int64_t layer) {
  return layer < -1 ? "n/a" : layer == -1 ? "embeddings" : concat("L", layer);
}

void TableNotes::add(const std::string& reason, const std::string& place) {
  if (reason.empty()) return;
  for (auto& [known, places] : reasons_)
    if (known == reason) {
      if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
      return;
    }
  reasons_.push_back({reason, {place}});
}

void TableNotes::write(Table& table) const {
  for (const auto& [reason, places] : reasons_)
    table.notes.push_back(concat(reason, ": ", join(places, "; "), "."));
}

}  // namespace vrp
