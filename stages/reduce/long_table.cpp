#include "stages/reduce/long_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/stats/multiplicity.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

/// How a control's number is made (methods, section 11).
std::string control_method(const std::string& control) {
  struct Method {
    std::string_view control, text;
  };
  constexpr Method kMethods[] = {
      {"shuffle", "mean AUROC over label permutations within question type, whole protocol redone"},
      {"type_only", "AUROC of the leave-one-out accuracy of the question type"},
      {"length_only", "AUROC of the number of prompt tokens, out of fold"},
      {"blank", "AUROC of the same probe on states of a run with a grey picture"},
      {"residualised", "AUROC after means of question type and set are taken out of the inputs"},
      {"authors_split", "AUROC of the best layer on the test part of one random split of items"},
      {"max_cosine", "largest cosine similarity of a training and a test input"},
      {"duplicates", "pairs of one image and question in two folds"},
      {"accuracy", "share of right decisions at probability 0.5, out of fold"},
      {"balanced_accuracy", "mean of both recalls at probability 0.5, out of fold"},
      {"majority", "share of the larger class of labels"},
      {"auroc", "AUROC of the out-of-fold scores"},
      {"r2", "squared R of the entropy of the mean map of k heads with being right, out of fold"},
      {"r2_max", "largest of the R2 of the k tried"}};
  for (const Method& method : kMethods)
    if (method.control == control) return std::string(method.text);
  if (control.starts_with("transfer:"))
    return "AUROC of a linear probe fitted on the first set, layer chosen there, on the second "
           "set's items whose image it did not see";
  return "control '" + control + "' of the probes stage";
}

}  // namespace

Table long_table(std::string id, std::string title, const RunFacts& facts,
                 std::vector<std::string> more) {
  Table table;
  table.id = std::move(id);
  table.title = std::move(title);
  table.partial = facts.partial;
  table.columns = {
      "table",   "model",    "benchmark", "what",   "statistic",     "type",     "n",
      "invalid", "estimate", "low",       "high",   "interval",      "p",        "p_adjusted",
      "family",  "test",     "method",    "paper",  "paper_printed", "paper_of", "difference",
      "note",    "seed",     "profile",   "p_item", "design_effect"};
  table.columns.insert(table.columns.end(), more.begin(), more.end());
  if (facts.profile != "default")
    table.notes.push_back("Profile '" + facts.profile + "': definitions as in the authors' runs.");
  return table;
}

void add_value(Table& table, const TableValue& value) {
  const PaperFigure* paper = value.paper;
  std::vector<Cell> row = {
      table.id,
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
      value.note,
      std::int64_t{0},  // seed and profile: complete_rows
      std::string(),
      value.p_item,
      value.design_effect};
  row.insert(row.end(), value.more.begin(), value.more.end());
  table.add(std::move(row), {});
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
  value.p_item = row.p_item;
  value.design_effect = row.design_effect;
  value.p_adjusted = adjusted.value;
  value.family = adjusted.family;
  value.test = row.test;
  value.method = row.method;
  value.note = row.note;
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
  value.p_item = row.p_item;
  value.design_effect = row.design_effect;
  value.p_adjusted = adjusted.value;
  value.family = adjusted.family;
  value.test = row.test;
  value.method = row.method;
  value.note = row.note;
  value.paper = paper;
  return value;
}

TableValue value_of(const CellProbeControl& row, std::int64_t items) {
  TableValue value;
  value.model = row.model;
  value.benchmark = row.benchmark;
  value.what = row.probe;
  value.statistic = row.control;
  value.n = row.n;
  value.invalid = unused(items, row.n);
  value.estimate = row.value;
  value.low = row.low;
  value.high = row.high;
  value.interval = row.draws > 1 ? concat("2.5 and 97.5 % of ", row.draws, " draws")
                                 : std::string("none: one fit, no draws");
  value.p = row.p;
  value.test = std::isfinite(row.p) ? "nested AUROC against permuted labels"
                                    : "none: a control, held beside the nested AUROC";
  value.method = control_method(row.control);
  value.note = row.note;
  return value;
}

std::int64_t items_of(const Results& results, std::string_view model, std::string_view benchmark) {
  for (const BalanceRow& row : results.balance)
    if (row.model == model && row.benchmark == benchmark && row.type.empty()) return row.items;
  return 0;
}

std::int64_t unused(std::int64_t items, std::int64_t n) {
  return std::max<std::int64_t>(0, items - n);
}

void adjust_within(Table& table, const std::string& name) {
  const auto column = [&](std::string_view wanted) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), wanted);
    if (at == table.columns.end()) fail("table ", table.id, ": has no column '", wanted, "'");
    return static_cast<std::size_t>(at - table.columns.begin());
  };
  const std::size_t p = column("p"), adjusted = column("p_adjusted"), family = column("family"),
                    model = column("model");
  std::map<std::string, std::vector<std::vector<Cell>*>> by_model;
  for (auto& row : table.rows)
    if (std::isfinite(std::get<double>(row[p])) && std::get<std::string>(row[family]).empty())
      by_model[std::get<std::string>(row[model])].push_back(&row);
  for (const auto& [of, rows] : by_model) {
    stats::PValues values;
    for (const auto* row : rows) values.push_back(std::get<double>((*row)[p]));
    const stats::PValues found = stats::benjamini_hochberg(values);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      (*rows[i])[adjusted] = found[i].value_or(kUndefined);
      (*rows[i])[family] =
          concat("exploratory ", name, "/", of, " (Benjamini-Hochberg, m = ", rows.size(), ")");
    }
  }
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
