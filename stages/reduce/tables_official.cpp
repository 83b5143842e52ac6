// Table of the benchmarks' own figures.
#include <set>

#include "pipeline/base/error.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/official_rows.hpp"

namespace vrp {
namespace {

std::string place(const std::string& model, const std::string& benchmark,
                  const std::string& scorer) {
  return concat(model, ", ", display_set(benchmark), ", ", scorer);
}

/// People see every figure of the primary scorer, and those over whole sets of the others.
bool for_people(const OfficialRow& row, const std::set<std::string>& primary) {
  return is_of_whole_set(row) || primary.contains(place(row.model, row.benchmark, row.scorer));
}

/// Items of the cell without a label under that scorer.
std::int64_t without_label(const Results& results, const OfficialRow& row) {
  for (const ScorerRow& scorer : results.scorers)
    if (scorer.model == row.model && scorer.benchmark == row.benchmark &&
        scorer.scorer == row.scorer)
      return scorer.invalid;
  return 0;
}

}  // namespace

Table table_official_figures(const Results& results, const RunFacts& facts) {
  Table table = long_table("official_figures", "The benchmarks' own figures", facts,
                           {"scorer", "group_kind", "group", "figure", "unit"});
  table.headers = {"Model", "Set", "Scorer", "Group", "Figure", "n", "Invalid", "Value", "Unit"};
  table.numeric = {false, false, false, false, false, true, true, true, false};
  People people(table);
  TableNotes notes;
  std::set<std::string> primary;
  for (const ScorerRow& row : results.scorers)
    if (row.primary) primary.insert(place(row.model, row.benchmark, row.scorer));
  bool all_shown = true;
  for (const OfficialRow& row : results.official) {
    const std::string group =
        row.group_kind == row.group ? row.group : row.group_kind + ": " + row.group;
    TableValue value;
    value.model = row.model;
    value.benchmark = row.benchmark;
    value.what = group;
    value.statistic = row.figure;
    value.n = row.n;
    value.invalid = without_label(results, row);
    value.estimate = row.value;
    value.interval = "none: the benchmark's evaluation prints none";
    value.test = "none: described, not tested";
    value.method = row.definition;
    value.note = row.note;
    value.more = {row.scorer, row.group_kind, row.group, row.figure, row.unit};
    add_value(table, value);
    if (!for_people(row, primary)) {
      all_shown = false;
      continue;
    }
    people.add({row.model, display_set(row.benchmark), row.scorer, group, row.figure,
                std::to_string(row.n), std::to_string(value.invalid),
                fixed(row.value, row.unit == "1" ? 3 : 2),
                row.unit == "1" || row.unit.empty() ? "-" : row.unit},
               row.note);
    if (std::isfinite(row.value))
      notes.add(row.note,
                place(row.model, row.benchmark, row.scorer + ", " + group + ", " + row.figure));
  }
  table.notes.push_back(
      "As the benchmark's own evaluation computes them; definitions are in the CSV. n: labelled "
      "questions behind the figure; invalid: questions of the whole set without a label under the "
      "scorer. Unit '-': a fraction of 1, or not computed. Intervals: class_balance and "
      "label_audit for "
      "accuracies.");
  if (!all_shown)
    table.notes.push_back(
        "Shown: every figure under the primary scorer, those over whole sets under the others; the "
        "rest is in the CSV and JSON.");
  notes.write(table);
  people.write();
  if (results.official.empty()) table.notes.push_back("No set of this run has figures of its own.");
  return table;
}

}  // namespace vrp
