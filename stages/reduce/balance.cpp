#include <algorithm>
#include <set>

#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/statistics.hpp"
#include "stages/reduce/yes_no_said.hpp"

namespace vrp {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? kUndefined : static_cast<double>(part) / static_cast<double>(whole);
}

BalanceRow balance_of(const CellColumns& cell, const std::string& type, bool all,
                      const ReduceParams& params) {
  BalanceRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.type = all ? "" : type;
  row.label = cell.labels.empty() ? "" : cell.labels.front().scorer;
  YesNoCounts yes_no;
  bool all_yes_no = !cell.labels.empty();
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (!all && cell.type[i] != type) continue;
    ++row.items;
    const int y = cell.labels.empty() ? -1 : cell.labels.front().y[i];
    if (cell.failed[i]) {
      ++row.failed;
      continue;
    }
    if (y < 0) {
      ++row.unlabelled;
      continue;
    }
    const LabelColumn& label = cell.labels.front();
    ++row.n;
    ++(y == 1 ? row.correct : row.incorrect);
    row.unparsed += unparsed(cell, label, i);
    row.empty += cell.answer[i].empty();
    all_yes_no = all_yes_no && cell.kind[i] == "yes_no";
    if (all_yes_no) yes_no.add(said(cell, label, i), is_yes(cell.reference[i]));
  }
  const stats::Estimate accuracy = stats::wilson(row.correct, row.n, params.level);
  row.accuracy = accuracy.value.value_or(kUndefined);
  row.low = accuracy.low.value_or(kUndefined);
  row.high = accuracy.high.value_or(kUndefined);
  row.majority_rate = ratio(std::max(row.correct, row.incorrect), row.n);
  if (row.n == 0) {
    row.note = row.items == 0 ? "no items" : "no item has a label";
  } else if (all_yes_no) {
    row.reference_yes = yes_no.reference_yes;
    row.said_yes = yes_no.said_yes;
    row.both_yes = yes_no.both_yes;
    row.precision = yes_no.precision();
    row.recall = yes_no.recall();
    row.f1 = yes_no.f1();
    row.yes_ratio = yes_no.yes_ratio();
    row.note = yes_no.note();
  }
  return row;
}

}  // namespace

std::vector<BalanceRow> balance_rows(const CellColumns& cell, const ReduceParams& params,
                                     bool by_type) {
  std::vector<BalanceRow> rows = {balance_of(cell, "", true, params)};
  if (!by_type) return rows;
  for (const std::string& type : std::set<std::string>(cell.type.begin(), cell.type.end()))
    if (!type.empty()) rows.push_back(balance_of(cell, type, false, params));
  return rows;
}

}  // namespace vrp
