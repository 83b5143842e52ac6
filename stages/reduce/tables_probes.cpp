// T1, T3 and T9: what heads, attention features, hidden states and neurons say about being right.
#include <algorithm>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/stat_cells.hpp"

namespace vrp {
namespace {

/// Start of the note of an R2 that is the authors' (option heads_form = authors).
constexpr std::string_view kAgainstProbability = "against ln P(y_0)";

using CellName = std::pair<std::string, std::string>;

std::vector<CellName> real_cells(const Results& results) {
  std::vector<CellName> out;
  for (const auto& cell : cells_of(results))
    if (cell.second != kPooledSet) out.push_back(cell);
  return out;
}

const BalanceRow* balance_of(const Results& results, const CellName& cell) {
  for (const BalanceRow& row : results.balance)
    if (row.model == cell.first && row.benchmark == cell.second && row.type.empty()) return &row;
  return nullptr;
}

/// R^2 of the top-k heads: control rows "r2" of the probes head_entropy_kN.
struct HeadR2 {
  std::int64_t k = 0;
  const CellProbeControl* row = nullptr;
};

std::vector<HeadR2> head_r2(const Results& results, const CellName& cell) {
  constexpr std::string_view kPrefix = "head_entropy_k";
  std::vector<HeadR2> out;
  for (const CellProbeControl& row : results.probe_controls)
    if (row.model == cell.first && row.benchmark == cell.second && row.control == "r2" &&
        row.probe.starts_with(kPrefix))
      out.push_back({std::atoll(row.probe.c_str() + kPrefix.size()), &row});
  std::sort(out.begin(), out.end(), [](const HeadR2& a, const HeadR2& b) { return a.k < b.k; });
  return out;
}

std::string and_limits(const Found& found, bool as_percent) {
  if (!found) return "n/a";
  return as_percent ? percent_interval(found.row->low, found.row->high)
                    : interval_text(found.row->low, found.row->high, 3);
}

double estimate_of(const Found& found) { return found ? found.row->estimate : kUndefined; }

void not_run(Table& table, const char* what) {
  if (table.display.empty())
    table.notes.push_back(
        concat("The probes stage was not part of this run, or held no ", what, "."));
}

/// The stress test on the items of all sets of a model at once, as a row of T1.
void add_pooled_stress(Table& table, const Results& results, const CellProbeControl& accuracy,
                       People& people) {
  const std::int64_t items = items_of(results, accuracy.model, accuracy.benchmark);
  const auto number = [&](const char* control, bool as_percent) {
    for (const CellProbeControl& row : results.probe_controls)
      if (row.model == accuracy.model && row.benchmark == accuracy.benchmark &&
          row.probe == accuracy.probe && row.control == control) {
        TableValue value = value_of(row, items);
        value.interval = "none: not computed for the pooled fit";
        value.test = "none: described, not tested";
        if (std::isfinite(row.value)) value.note.clear();
        add_value(table, value);
        return people.cell(as_percent ? percent(row.value) : fixed(row.value, 3), row.note);
      }
    return std::string("-");
  };
  const std::string share = number("accuracy", true), majority = number("majority", true);
  const std::string balanced = number("balanced_accuracy", true), auroc = number("auroc", false);
  people.add({accuracy.model, display_set(accuracy.benchmark), std::to_string(accuracy.n),
              std::to_string(unused(items, accuracy.n)), "-", "-", majority, "-", "-", share, "-",
              balanced, auroc, "-", "-"});
}

/// The largest R2 of the k tried, as a value; `by_k` gets the text for people.
TableValue best_of_heads(Table& table, const Results& results, const CellName& cell,
                         std::int64_t items, People& people, TableNotes& notes,
                         std::vector<std::string>& by_k) {
  const std::string place = cell.first + "/" + cell.second;
  TableValue best;
  best.model = cell.first;
  best.benchmark = cell.second;
  best.what = "head_entropy";
  best.statistic = "r2_max";
  best.invalid = items;
  best.interval = "none: a maximum over k is biased upwards";
  best.test = "none: a maximum, not tested";
  best.note = "no head maps: the probe of the top-k heads was not fitted";
  std::size_t tried = 0;
  std::string note;
  for (const HeadR2& one : head_r2(results, cell)) {
    ++tried;
    TableValue value = value_of(*one.row, items);
    value.interval = "none: see the R of the signal in table signals";
    value.test = "none: see the R of the signal in table signals";
    if (one.row->note.starts_with(kAgainstProbability)) {
      note = one.row->note;
      value.method = concat("squared R of the entropy of the mean map of k heads, ", note);
      notes.add(note, place + " R2");
    }
    if (std::isfinite(one.row->value)) value.note.clear();
    add_value(table, value);
    by_k.push_back(concat("k=", one.k, ": ", people.cell(fixed(one.row->value, 3), one.row->note)));
    if (std::isnan(one.row->value)) {
      if (std::isnan(best.estimate)) best.note = one.row->note;
    } else if (!(best.estimate >= one.row->value)) {
      best.estimate = one.row->value;
      best.n = one.row->n;
      best.invalid = value.invalid;
    }
  }
  best.method = concat("a maximum of ", tried, " values of k, biased upwards: squared R of the ",
                       "entropy of the mean map with ", note.empty() ? "being right" : note);
  if (std::isfinite(best.estimate)) best.note.clear();
  return best;
}

}  // namespace

Table table_t1(const Results& results, const RunFacts& facts) {
  Table table = long_table("T1", "T1. Accuracy, and what attention says about it", facts);
  table.headers = {"Model",    "Set",      "n",       "Invalid",  "Accuracy",
                   "Interval", "Majority", "R2 by k", "R2 max",   "Stress accuracy",
                   "Interval", "Balanced", "AUROC",   "Interval", "Paper"};
  table.numeric = {false, false, true, true, true, true, true, false,
                   true,  true,  true, true, true, true, false};
  People people(table);
  TableNotes notes;
  for (const CellName& cell : real_cells(results)) {
    const auto& [model, benchmark] = cell;
    const auto figure = [&, m = model, b = benchmark](const char* signal, const char* statistic) {
      return paper_figure("T1", m, b, signal, statistic);
    };
    const Found accuracy = find(results, model, benchmark, "", "accuracy");
    const Found stress = find(results, model, benchmark, "stress_test", "probe_accuracy");
    const Found balanced =
        find(results, model, benchmark, "stress_test", "probe_balanced_accuracy");
    const Found auroc = find(results, model, benchmark, "stress_test", "auroc");
    if (!accuracy) continue;
    const PaperFigure* of_accuracy = figure("", "accuracy");
    const PaperFigure* of_r2 = figure("head_entropy", "r2_max");
    const PaperFigure* of_stress = figure("stress_test", "probe_accuracy");
    add_value(table, value_of(*accuracy.row, *accuracy.adjusted, of_accuracy));
    std::vector<std::string> by_k;
    TableValue best = best_of_heads(table, results, cell, items_of(results, model, benchmark),
                                    people, notes, by_k);
    best.paper = of_r2;
    add_value(table, best);
    for (const Found& found : {stress, balanced, auroc})
      if (found)
        add_value(table, value_of(*found.row, *found.adjusted,
                                  found.row == stress.row ? of_stress : nullptr));
    const BalanceRow* balance = balance_of(results, cell);
    if (balance) {
      TableValue value = value_of(*accuracy.row, {}, nullptr);
      value.statistic = "majority_rate";
      value.estimate = balance->majority_rate;
      value.low = value.high = kUndefined;
      value.interval = "none: the larger of two shares";
      value.test = "none: described, not tested";
      value.method = "share of the larger class of labels";
      value.note = std::isfinite(value.estimate) ? "" : balance->note;
      add_value(table, value);
    }
    const auto of_stress_test = [&](const Found& found, const std::string& text) {
      return people.cell(found ? text : "n/a", found && !found.row->note.empty()
                                                   ? found.row->note
                                                   : "the stress test was not fitted");
    };
    people.add(
        {model, display_set(benchmark), std::to_string(accuracy.row->n),
         std::to_string(accuracy.row->invalid), percent(accuracy.row->estimate),
         and_limits(accuracy, true), percent(balance ? balance->majority_rate : kUndefined),
         by_k.empty() ? people.cell("n/a", best.note) : join(by_k, ", "),
         people.cell(fixed(best.estimate, 3), best.note),
         of_stress_test(stress, percent(estimate_of(stress))),
         of_stress_test(stress, and_limits(stress, true)),
         of_stress_test(balanced, percent(estimate_of(balanced))),
         of_stress_test(auroc, fixed(estimate_of(auroc), 3)),
         of_stress_test(auroc, and_limits(auroc, false)),
         of_accuracy ? concat(of_accuracy->printed, ", ", of_r2->printed, ", ", of_stress->printed)
                     : "-"},
        accuracy.row->note);
    if (stress && stress.row->n != accuracy.row->n)
      notes.add("the stress test has another n than the accuracy (see the CSV)",
                concat(model, "/", display_set(benchmark), " n = ", stress.row->n));
  }
  for (const CellProbeControl& row : results.probe_controls)
    if (row.benchmark == kPooledSet && row.probe == "stress_test" && row.control == "accuracy")
      add_pooled_stress(table, results, row, people);
  table.notes.push_back(
      "n, invalid: of the accuracy, whose interval is Wilson's. Majority: share of the larger "
      "class "
      "of labels, what a constant guess of 'right' or 'wrong' reaches. '-': not part of the pooled "
      "row, or the paper prints none. Unparsed answers: table class_balance.");
  table.notes.push_back(
      "R2: normalised entropy of the mean map of the k heads of largest gain, heads chosen on "
      "training folds, against being right on held-out images unless a note says otherwise. R2 max "
      "is a maximum of the k tried (4 unless the run set others) and biased upwards.");
  table.notes.push_back(
      "Stress test: boosted trees and random forest on 11 attention features and their products, "
      "out of fold by image, with bootstrap intervals; compare with Majority.");
  table.notes.push_back(
      "Paper: accuracy, R2 max, stress accuracy; read as POPE. Its raw runs: VQAv2 with a lenient "
      "match of the first token, R2 against the token's log probability, features that measure the "
      "length of the prompt.");
  if (facts.profile == "authors")
    table.notes.push_back(
        "Profile authors: R2 against ln P of the first token, heads chosen per item.");
  notes.write(table);
  people.write();
  if (table.display.empty()) table.notes.push_back("No cell of this run has results.");
  return table;
}

Table table_t3(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("T3", "T3. Hidden-state probe beside output confidence", facts);
  table.headers = {"Model",    "Set",   "Signal",      "n",        "Invalid", "AUROC",
                   "Interval", "p adj", "Within type", "Interval", "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true};
  People people(table);
  const StatCells cells(people);
  bool probes = false;
  for (const auto& [model, benchmark] : real_cells(results))
    for (const char* signal : {"confidence", "linear_probe", "hidden_probe"}) {
      const Found all = find(results, model, benchmark, signal, "auroc");
      const Found within = find(results, model, benchmark, signal, "auroc_within_type");
      if (!all || !within) continue;
      probes = probes || std::string_view(signal) != "confidence";
      const PaperFigure* paper = paper_figure("T3", model, benchmark, signal, "auroc");
      people.add({model, display_set(benchmark), display_name(signal), std::to_string(all.row->n),
                  std::to_string(all.row->invalid), cells.value(all), cells.limits(all),
                  cells.adjusted(all), cells.value(within), cells.limits(within), printed(paper)});
      table.add(machine_row(table, *all.row, *all.adjusted, paper), {});
      table.add(machine_row(table, *within.row, *within.adjusted, nullptr), {});
    }
  table.notes.push_back(
      "Paper: POPE and LLaVA-Bench by probe, VQAv2 and TextVQA by output and by probe. Its LLaVA "
      "probe of .956 has test items in the training part; ours never sees an image of the items it "
      "scores. '-': the paper prints none.");
  if (!probes)
    table.notes.push_back(
        "Not computed: hidden-state probes (the probes stage was not part of this run).");
  add_test_note(table, facts);
  people.write();
  if (table.display.empty()) table.notes.push_back("No cell of this run has these signals.");
  return table;
}

Table table_t9(const Results& results, const RunFacts& facts) {
  constexpr std::int64_t kShown = 5;
  Table table = long_table("T9", "T9. Success and failure neurons of the last block", facts);
  table.headers = {"Model", "Set",     "Block", "Kind",   "Rank", "Neuron",
                   "n",     "Invalid", "Delta", "Weight", "Role", "Paper"};
  table.numeric = {false, false, false, false, true, false, true, true, true, true, false, true};
  People people(table);
  std::map<CellName, std::int64_t> last;
  for (const CellNeuron& row : results.neurons)
    if (row.fold == -1) {
      auto [entry, is_new] = last.emplace(CellName(row.model, row.benchmark), row.layer);
      entry->second = std::max(entry->second, row.layer);
    }
  std::map<CellName, std::int64_t> items;
  for (const CellProbeLayer& row : results.probe_layers)
    if (row.probe == "sparse") items[{row.model, row.benchmark}] = row.n;
  for (const CellNeuron& row : results.neurons) {
    if (row.fold != -1 || row.layer != last[{row.model, row.benchmark}]) continue;
    if (row.kind != "success" && row.kind != "failure") continue;
    const PaperFigure* paper =
        paper_figure("T9", row.model, row.benchmark, row.kind + std::to_string(row.rank), "delta");
    TableValue value;
    value.model = row.model;
    value.benchmark = row.benchmark;
    value.what = concat("L", row.layer, " N", row.neuron, " ", row.kind, " ", row.rank);
    value.n = items[{row.model, row.benchmark}];
    value.invalid = unused(items_of(results, row.model, row.benchmark), value.n);
    value.test = "none: chosen by its weight, not tested";
    value.interval = "none: chosen among all neurons of the block";
    value.statistic = "delta";
    value.estimate = row.delta;
    value.note = std::isfinite(row.delta) ? "" : "the set has one class only";
    value.method = "mean activation on correct minus on incorrect items, all items";
    value.paper = paper;
    add_value(table, value);
    value.statistic = "weight";
    value.estimate = row.weight;
    value.note = std::isfinite(row.weight) ? "" : "the L1 probe was not fitted";
    value.method = "weight of the L1 probe on the z-scored activation, fit on all items";
    value.paper = nullptr;
    add_value(table, value);
    if (row.rank < kShown)
      people.add({row.model, display_set(row.benchmark), layer_text(row.layer), row.kind,
                  std::to_string(row.rank + 1), concat("N", row.neuron), std::to_string(value.n),
                  std::to_string(value.invalid), fixed(row.delta, 2, true),
                  fixed(row.weight, 2, true), "-", printed(paper)},
                 "the set has one class only");
  }
  table.notes.push_back(
      "Fit on all items of the set, for this table only: interventions take their targets from "
      "probes that did not see the evaluated image. Ids are coordinates of the MLP block's output; "
      "the column Role stays '-': no role is given to a neuron. Delta: mean activation on correct "
      "minus on incorrect items. Weight: of the L1 probe on z-scored activations. No intervals: "
      "the "
      "neurons were chosen among all of the block.");
  table.notes.push_back(
      "Paper (early version): neurons of LLaVA's block 31, each its own id beside our neuron of "
      "the "
      "same rank; other ids named there: 3839 (-3.08), 2660 (-2.95). Layer 17 82.3 %, layer 29 "
      "86.3 % with 5.7 % nonzero weights.");
  people.write();
  not_run(table, "neuron");
  return table;
}

Table table_t9_layers(const Results& results, const RunFacts& facts) {
  Table table = long_table("T9_layers", "T9, second part. Probes by layer", facts);
  table.headers = {"Model",
                   "Set",
                   "Probe",
                   "Layer",
                   "n",
                   "Invalid",
                   "Accuracy",
                   "Balanced",
                   "AUROC",
                   "Inner AUROC",
                   "Nonzero",
                   "Authors' split AUROC",
                   "Authors' split accuracy",
                   "Named by the paper"};
  table.numeric = {false, false, false, false, true, true, true,
                   true,  true,  true,  true,  true, true, false};
  People people(table);
  for (const CellProbeLayer& row : results.probe_layers) {
    TableValue value;
    value.model = row.model;
    value.benchmark = row.benchmark;
    value.what = concat(row.probe, row.layer < -1 ? "" : " ",
                        row.layer < -1 ? std::string() : layer_text(row.layer));
    value.n = row.n;
    value.invalid = unused(items_of(results, row.model, row.benchmark), row.n);
    value.interval = "none: one layer of many, see T7 for the nested score";
    value.test = "none: one layer of many, see T7 for the nested score";
    const auto number = [&](const char* statistic, double estimate, const char* method) {
      value.statistic = statistic;
      value.estimate = estimate;
      value.method = method;
      value.note = std::isfinite(estimate) ? "" : row.note;
      add_value(table, value);
    };
    number("auroc", row.auroc, "out-of-fold scores of all items");
    number("accuracy", row.accuracy, "at probability 0.5, out of fold");
    number("balanced_accuracy", row.balanced_accuracy, "mean of both recalls, out of fold");
    const bool sparse = std::isfinite(row.nonzero);
    if (std::isfinite(row.inner_auroc))
      number("inner_auroc", row.inner_auroc, "mean inner AUROC over outer folds");
    if (sparse) number("nonzero", row.nonzero, "share of the width with a nonzero weight");
    const bool authors = std::isfinite(row.authors_auroc);
    if (authors) {
      number("authors_auroc", row.authors_auroc, "test part of one random split of items: leaks");
      number("authors_accuracy", row.authors_accuracy, "test part of one random split: leaks");
    }
    const auto or_dash = [](bool there, const std::string& text) { return there ? text : "-"; };
    people.add(
        {row.model, display_set(row.benchmark), row.probe,
         row.layer < -1 ? "-" : layer_text(row.layer), std::to_string(row.n),
         std::to_string(value.invalid), percent(row.accuracy), percent(row.balanced_accuracy),
         fixed(row.auroc, 3), or_dash(std::isfinite(row.inner_auroc), fixed(row.inner_auroc, 3)),
         or_dash(sparse, percent(row.nonzero)), or_dash(authors, fixed(row.authors_auroc, 3)),
         or_dash(authors, percent(row.authors_accuracy)), row.prespecified ? "yes" : "-"},
        row.note);
  }
  table.notes.push_back(
      "Every layer's probe scores items of images that it did not see. Looking for the best row of "
      "this table is a choice on the test part: T7 and T12 print the layer chosen on training "
      "folds. "
      "Authors' split: one random 80/20 split of items, whose images may be in both parts.");
  table.notes.push_back(
      "Nonzero: share of the width with a nonzero weight, L1 probe only. Named by the paper: a "
      "layer that its early version names. '-': not made for this probe or layer.");
  people.write();
  not_run(table, "probe");
  return table;
}

}  // namespace vrp
