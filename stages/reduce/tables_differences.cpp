// Tables of comparisons: two signals on the same items, and R over all models.
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/stat_cells.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {
namespace {

std::string count(std::int64_t value) { return std::to_string(value); }

TableValue value_of(const DifferenceRow& row, const AdjustedP& adjusted) {
  TableValue value;
  value.model = row.model;
  value.benchmark = row.benchmark;
  value.what = row.signal_a + " - " + row.signal_b;
  value.statistic = "auroc_difference";
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
  value.p_item = row.p_item;
  value.design_effect = row.design_effect;
  value.more = {row.signal_a,   row.signal_b, row.auroc_a, row.auroc_b, row.se,
                row.detectable, row.correct,  row.groups,  row.label,   row.flags};
  return value;
}

std::string signed_r(People& people, const Found& found) {
  if (!found) return "-";
  return people.cell(fixed(found.row->estimate, 3, true), found.row->note);
}

}  // namespace

Table table_signal_differences(const Results& results, const RunFacts& facts) {
  Table table = long_table("signal_differences",
                           "Which signal tells right from wrong better, on the same items", facts,
                           {"signal_a", "signal_b", "auroc_a", "auroc_b", "se", "detectable",
                            "correct", "groups", "label", "flags"});
  table.headers = {"Model",   "Set",     "Signal A",   "Signal B", "n",          "Invalid",
                   "AUROC A", "AUROC B", "Difference", "Interval", "Detectable", "p adj"};
  table.numeric = {false, false, false, false, true, true, true, true, true, true, true, true};
  People people(table);
  for (std::size_t i = 0; i < results.differences.size(); ++i) {
    const DifferenceRow& row = results.differences[i];
    const AdjustedP& adjusted = results.differences_adjusted[i];
    add_value(table, value_of(row, adjusted));
    const std::string reason =
        row.note.empty() ? "a perfect order, a constant score or a single image has no variance"
                         : row.note;
    people.add({row.model, display_set(row.benchmark), display_name(row.signal_a),
                display_name(row.signal_b), count(row.n), count(row.invalid), fixed(row.auroc_a, 3),
                fixed(row.auroc_b, 3), fixed(row.estimate, 3, true),
                interval_text(row.low, row.high, 3, true), fixed(row.detectable, 3),
                std::isnan(row.p) || adjusted.family.empty() ? "-" : p_text(adjusted.value)},
               reason);
  }
  table.notes.push_back(
      "Difference: AUROC of A minus AUROC of B, each in its declared orientation, on the items "
      "where both are defined; which pairs are compared was fixed before labels were read. "
      "Detectable: smallest true difference that 80 % power finds at two-sided 0.05.");
  table.notes.push_back(
      "p adj: paired test of equal AUROC, cluster-robust over images where images have several "
      "items (Obuchowski 1997; else paired DeLong), Benjamini-Hochberg over the differences of a "
      "model. '-': not tested, or one of the signals needs the reference answer. p before "
      "adjustment and with items taken as independent (p_item) are in the CSV.");
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has two of these signals.");
  return table;
}

Table table_across_models(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("across_models", "R over all models: stratified and naive", facts);
  table.headers = {"Set",      "Signal", "n",     "Invalid", "R stratified",
                   "Interval", "p",      "p adj", "R naive", "Interval"};
  table.numeric = {false, false, true, true, true, true, true, true, true, true};
  People people(table);
  const StatCells cells(people);
  for (std::size_t i = 0; i < results.across_models.size(); ++i) {
    const StatRow& row = results.across_models[i];
    table.add(machine_row(table, row, results.across_models_adjusted[i], nullptr), {});
    if (row.statistic != "r_stratified") continue;
    const Found stratified{&row, &results.across_models_adjusted[i]};
    Found naive;
    for (std::size_t k = 0; k < results.across_models.size(); ++k) {
      const StatRow& other = results.across_models[k];
      if (other.statistic == "r_naive" && other.benchmark == row.benchmark &&
          other.signal == row.signal)
        naive = {&other, &results.across_models_adjusted[k]};
    }
    people.add({display_set(row.benchmark), display_name(row.signal), count(row.n),
                count(row.invalid), signed_r(people, stratified), cells.limits(stratified),
                cells.p(stratified), cells.adjusted(stratified), signed_r(people, naive),
                cells.limits(naive)});
  }
  table.notes.push_back(
      "Stratified: mean of the models' Fisher z, weighted by their items less 3, turned back by "
      "tanh; what differs between models does not enter it. Naive: R of all items of all models. "
      "Intervals and p take the same image of all models as one unit. H_n = H_s / ln(image tokens) "
      "stands in for H_s, since their number differs between models. '-': not tested.");
  people.write();
  if (table.rows.empty())
    table.notes.push_back("No set of this run has these signals for two models or more.");
  return table;
}

}  // namespace vrp
