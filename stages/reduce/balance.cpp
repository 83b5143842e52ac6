#include <algorithm>
#include <set>

#include "pipeline/items/scorer.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/statistics.hpp"

namespace vrp {
namespace {

struct YesNoCounts {
  std::int64_t true_yes = 0, false_yes = 0, missed_yes = 0, n = 0;
};

/// What a yes/no answer was read as follows from its reference and its label: the right answer is
/// the reference, a wrong one that could be read is its opposite.
void count_yes_no(const std::string& reference, bool correct, bool unparsed, YesNoCounts& counts) {
  const bool reference_yes = norm(reference) == "yes";
  const bool said_yes = !unparsed && correct == reference_yes;
  ++counts.n;
  counts.true_yes += said_yes && reference_yes;
  counts.false_yes += said_yes && !reference_yes;
  counts.missed_yes += !said_yes && reference_yes;
}

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
    const bool unparsed = cell.labels.front().unparsed[i] != 0;
    ++row.n;
    ++(y == 1 ? row.correct : row.incorrect);
    row.unparsed += unparsed;
    row.empty += cell.answer[i].empty();
    all_yes_no = all_yes_no && cell.kind[i] == "yes_no";
    if (all_yes_no) count_yes_no(cell.reference[i], y == 1, unparsed, yes_no);
  }
  const stats::Estimate accuracy = stats::wilson(row.correct, row.n, params.level);
  row.accuracy = accuracy.value.value_or(kUndefined);
  row.low = accuracy.low.value_or(kUndefined);
  row.high = accuracy.high.value_or(kUndefined);
  row.majority_rate = ratio(std::max(row.correct, row.incorrect), row.n);
  if (row.n == 0) {
    row.note = row.items == 0 ? "no items" : "no item has a label";
  } else if (all_yes_no) {
    row.precision = ratio(yes_no.true_yes, yes_no.true_yes + yes_no.false_yes);
    row.recall = ratio(yes_no.true_yes, yes_no.true_yes + yes_no.missed_yes);
    row.f1 = ratio(2 * yes_no.true_yes, 2 * yes_no.true_yes + yes_no.false_yes + yes_no.missed_yes);
    row.yes_ratio = ratio(yes_no.true_yes + yes_no.false_yes, yes_no.n);
    if (yes_no.true_yes + yes_no.false_yes == 0)
      row.note = "precision: no answer was yes";
    else if (yes_no.true_yes + yes_no.missed_yes == 0)
      row.note = "recall: no reference is yes";
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
