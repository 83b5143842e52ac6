#include "pipeline/control/score_print.hpp"

#include <cmath>
#include <cstdio>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/items/scorer.hpp"
#include "stages/reduce/label_audit.hpp"
#include "stages/reduce/official_rows.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "n/a";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string percent(double share) {
  return std::isfinite(share) ? fixed(100 * share, 1) + " %" : "n/a";
}

std::string percent_interval(double low, double high) {
  return std::isfinite(low) ? concat("[", fixed(100 * low, 1), ", ", fixed(100 * high, 1), "]")
                            : "n/a";
}

}  // namespace

void print_scorers() {
  std::vector<std::vector<std::string>> rows{{"scorer", "what it does"}};
  for (const Scorer& scorer : all_scorers()) rows.push_back({scorer.label(), scorer.description});
  std::cout << columns_text(rows);
}

std::string scorer_list(const std::vector<std::string>& scorers) {
  std::string out;
  for (const std::string& scorer : scorers)
    out += (out.empty() ? scorer + " (primary)" : ", " + scorer);
  return out;
}

void print_cell(const StoredCell& cell, const ItemTable& table, const Reviews& reviews,
                bool partial) {
  const CellData data{cell.model, cell.benchmark, &table, cell.capture, {}, {}, {}, {}, {}};
  const CellColumns columns = columns_of(data);
  std::string head = concat(cell.model, " on ", cell.benchmark, ": ", columns.size(), " items");
  if (cell.units_there < cell.units)
    head += concat(", PARTIAL: ", cell.units_there, " of ", cell.units, " units are finished");
  else if (partial)
    head += ", PARTIAL: the run was started with --limit";
  std::vector<std::vector<std::string>> rows{
      {"scorer", "n", "accuracy", "95 % interval", "unparsed", "yes ratio", "F1", "soft mean"}};
  std::string remarks;
  for (const ScorerRow& row : scorer_rows(columns, ReduceParams{})) {
    rows.push_back({row.scorer + (row.primary ? " (primary)" : ""), std::to_string(row.n),
                    percent(row.accuracy), percent_interval(row.low, row.high),
                    percent(row.unparsed_share), percent(row.yes_ratio), fixed(row.f1, 3),
                    percent(row.score_mean)});
    if (!row.note.empty()) remarks += concat("  ", row.scorer, ": ", row.note, "\n");
  }
  std::cout << head << "\n" << columns_text(rows) << remarks;
  std::vector<std::vector<std::string>> figures{
      {"scorer", "group", "figure", "n", "value", "unit"}};
  for (const OfficialRow& row :
       official_rows(cell.model, cell.benchmark, cell.capture, table, reviews)) {
    if (row.scorer != table.scorers.front() && !is_of_whole_set(row)) continue;
    figures.push_back({row.scorer,
                       row.group_kind == row.group ? row.group : row.group_kind + ": " + row.group,
                       row.figure, std::to_string(row.n), fixed(row.value, row.unit == "1" ? 3 : 2),
                       row.unit == "1" ? "" : row.unit});
    if (std::isnan(row.value)) figures.back().back() = row.note;
  }
  if (figures.size() > 1) std::cout << "the benchmark's own figures\n" << columns_text(figures);
  std::cout << "\n";
}

}  // namespace vrp
