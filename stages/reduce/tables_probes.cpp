// T1, T3 and T9: what heads, attention features, hidden states and neurons say about being right.
#include <algorithm>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/reduce.hpp"

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
                       TableNotes& notes) {
  const auto number = [&](const char* control) {
    for (const CellProbeControl& row : results.probe_controls)
      if (row.model == accuracy.model && row.benchmark == accuracy.benchmark &&
          row.probe == accuracy.probe && row.control == control) {
        add_value(table, value_of(row));
        if (std::isnan(row.value))
          notes.add(row.note, concat(row.model, "/pooled set stress test ", control));
        return row.value;
      }
    return kUndefined;
  };
  const double share = number("accuracy"), majority = number("majority");
  const double balanced = number("balanced_accuracy"), auroc = number("auroc");
  add_people(table, {accuracy.model, display_set(accuracy.benchmark), std::to_string(accuracy.n),
                     "-", "-", "-", percent(majority), "-", "-", std::to_string(accuracy.n),
                     percent(share), "-", percent(balanced), fixed(auroc, 3), "-", "-"});
}

}  // namespace

Table table_t1(const Results& results, const RunFacts& facts) {
  Table table = long_table("T1", "T1. Accuracy, and what attention says about it", facts);
  table.headers = {"Model",    "Set",     "n",        "Accuracy", "Interval",        "Unparsed",
                   "Majority", "R2 by k", "R2 max",   "Stress n", "Stress accuracy", "Interval",
                   "Balanced", "AUROC",   "Interval", "Paper"};
  table.numeric = {false, false, true, true, true, true, true, false,
                   true,  true,  true, true, true, true, true, false};
  TableNotes notes;
  for (const CellName& cell : real_cells(results)) {
    const auto& [model, benchmark] = cell;
    const std::string place = model + "/" + benchmark;
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
    TableValue best;
    best.model = model;
    best.benchmark = benchmark;
    best.what = "head_entropy";
    best.statistic = "r2_max";
    best.paper = of_r2;
    best.note = "no head maps: the probe of the top-k heads was not fitted";
    best.method =
        "largest R2 of the k tried: squared R of the entropy of the mean map with being right";
    for (const HeadR2& one : head_r2(results, cell)) {
      if (one.row->note.starts_with(kAgainstProbability)) {
        best.method = concat("largest R2 of the k tried: ", one.row->note);
        notes.add(one.row->note, place + " R2");
      }
      add_value(table, value_of(*one.row));
      by_k.push_back(concat("k=", one.k, ": ", fixed(one.row->value, 3)));
      if (std::isnan(one.row->value)) {
        notes.add(one.row->note, concat(place, " R2, k=", one.k));
        best.note = one.row->note;
      } else if (!(best.estimate >= one.row->value)) {
        best.estimate = one.row->value;
        best.n = one.row->n;
      }
    }
    if (std::isfinite(best.estimate)) best.note.clear();
    best.interval = "none: a maximum over k is biased upwards";
    add_value(table, best);
    if (by_k.empty()) notes.add(best.note, place);
    for (const Found& found : {stress, balanced, auroc})
      if (found)
        add_value(table, value_of(*found.row, *found.adjusted,
                                  found.row == stress.row ? of_stress : nullptr));
    if (stress)
      notes.add(stress.row->note, place + " stress test");
    else
      notes.add("the stress test was not fitted", place);
    const BalanceRow* balance = balance_of(results, cell);
    add_people(table, {model, display_set(benchmark), std::to_string(accuracy.row->n),
                       percent(accuracy.row->estimate), and_limits(accuracy, true),
                       percent(balance ? balance->unparsed_share() : kUndefined),
                       percent(balance ? balance->majority_rate : kUndefined),
                       by_k.empty() ? "n/a" : join(by_k, ", "), fixed(best.estimate, 3),
                       stress ? std::to_string(stress.row->n) : "0", percent(estimate_of(stress)),
                       and_limits(stress, true), percent(estimate_of(balanced)),
                       fixed(estimate_of(auroc), 3), and_limits(auroc, false),
                       of_accuracy ? concat(of_accuracy->printed, ", ", of_r2->printed, ", ",
                                            of_stress->printed)
                                   : "-"});
  }
  for (const CellProbeControl& row : results.probe_controls)
    if (row.benchmark == kPooledSet && row.probe == "stress_test" && row.control == "accuracy")
      add_pooled_stress(table, results, row, notes);
  table.notes.push_back(
      "R2: normalised entropy of the mean map of the k heads of largest gain, heads chosen on "
      "training folds, against being right on held-out images unless a note says otherwise; the "
      "largest of the k tried is a maximum and biased upwards.");
  table.notes.push_back(
      "Stress test: boosted trees and random forest on 11 attention features and their products, "
      "out of fold by image; compare with Majority, what a constant guess reaches.");
  table.notes.push_back(
      "Paper: accuracy, R2 max, stress accuracy; read as POPE. Its raw runs: VQAv2 with a lenient "
      "match of the first token, R2 against the token's log probability, features that measure the "
      "length of the prompt.");
  if (facts.profile == "authors")
    table.notes.push_back(
        "Profile authors: R2 against ln P of the first token, heads chosen per item.");
  notes.write(table);
  return table;
}

Table table_t3(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("T3", "T3. Hidden-state probe beside output confidence", facts);
  table.headers = {"Model",    "Set",   "Signal",      "n",        "Invalid", "AUROC",
                   "Interval", "p adj", "Within type", "Interval", "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true};
  TableNotes notes;
  bool probes = false;
  for (const auto& [model, benchmark] : real_cells(results))
    for (const char* signal : {"confidence", "linear_probe", "hidden_probe"}) {
      const Found all = find(results, model, benchmark, signal, "auroc");
      const Found within = find(results, model, benchmark, signal, "auroc_within_type");
      if (!all || !within) continue;
      probes = probes || std::string_view(signal) != "confidence";
      const PaperFigure* paper = paper_figure("T3", model, benchmark, signal, "auroc");
      add_people(table, {model, display_set(benchmark), display_name(signal),
                         std::to_string(all.row->n), std::to_string(all.row->invalid),
                         fixed(all.row->estimate, 3), interval_text(all.row->low, all.row->high, 3),
                         p_text(all.adjusted->value), fixed(within.row->estimate, 3),
                         interval_text(within.row->low, within.row->high, 3), printed(paper)});
      table.add(machine_row(table, *all.row, *all.adjusted, paper), {});
      table.add(machine_row(table, *within.row, *within.adjusted, nullptr), {});
      const std::string place = concat(model, "/", benchmark, " ", display_name(signal));
      notes.add(all.row->note, place);
      if (all.row->note.empty()) notes.add(within.row->note, place + " within type");
    }
  table.notes.push_back(
      "Paper: POPE and LLaVA-Bench by probe, VQAv2 and TextVQA by output and by probe. Its LLaVA "
      "probe of .956 has test items in the training part; ours never sees an image of the items it "
      "scores.");
  if (!probes)
    table.notes.push_back(
        "Not computed: hidden-state probes (the probes stage was not part of this run).");
  notes.write(table);
  return table;
}

Table table_t9(const Results& results, const RunFacts& facts) {
  constexpr std::int64_t kShown = 5;
  Table table = long_table("T9", "T9. Success and failure neurons of the last block", facts);
  table.headers = {"Model", "Set", "Block", "Kind", "Rank", "Neuron", "Delta", "Weight", "Paper"};
  table.numeric = {false, false, false, false, true, false, true, true, false};
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
    value.interval = "none: chosen among all neurons of the block";
    value.statistic = "delta";
    value.estimate = row.delta;
    value.method = "mean activation on correct minus on incorrect items, all items";
    value.paper = paper;
    add_value(table, value);
    value.statistic = "weight";
    value.estimate = row.weight;
    value.method = "weight of the L1 probe on the z-scored activation, fit on all items";
    value.paper = nullptr;
    add_value(table, value);
    if (row.rank < kShown)
      add_people(table, {row.model, display_set(row.benchmark), layer_text(row.layer), row.kind,
                         std::to_string(row.rank + 1), concat("N", row.neuron),
                         fixed(row.delta, 2, true), fixed(row.weight, 2, true), printed(paper)});
  }
  table.notes.push_back(
      "Fit on all items of the set, for this table only: interventions take their targets from "
      "probes that did not see the evaluated image. Ids are coordinates of the MLP block's output; "
      "no role is given to a neuron.");
  table.notes.push_back(
      "Paper (early version): neurons of LLaVA's block 31, each its own id beside our neuron of "
      "the "
      "same rank; other ids named there: 3839 (-3.08), 2660 (-2.95). Layer 17 82.3 %, layer 29 "
      "86.3 % with 5.7 % nonzero weights.");
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
                   "Accuracy",
                   "Balanced",
                   "AUROC",
                   "Inner AUROC",
                   "Nonzero",
                   "Authors' split AUROC",
                   "Authors' split accuracy",
                   "Named by the paper"};
  table.numeric = {false, false, false, false, true, true, true,
                   true,  true,  true,  true,  true, false};
  TableNotes notes;
  for (const CellProbeLayer& row : results.probe_layers) {
    const std::string place = concat(row.model, "/", row.benchmark, " ", row.probe, " ",
                                     row.layer < -1 ? std::string("all") : layer_text(row.layer));
    TableValue value;
    value.model = row.model;
    value.benchmark = row.benchmark;
    value.what = concat(row.probe, row.layer < -1 ? "" : " ",
                        row.layer < -1 ? std::string() : layer_text(row.layer));
    value.n = row.n;
    value.interval = "none: one layer of many, see T7 for the nested score";
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
    add_people(
        table,
        {row.model, display_set(row.benchmark), row.probe,
         row.layer < -1 ? "-" : layer_text(row.layer), std::to_string(row.n), percent(row.accuracy),
         percent(row.balanced_accuracy), fixed(row.auroc, 3),
         or_dash(std::isfinite(row.inner_auroc), fixed(row.inner_auroc, 3)),
         or_dash(sparse, percent(row.nonzero)), or_dash(authors, fixed(row.authors_auroc, 3)),
         or_dash(authors, percent(row.authors_accuracy)), row.prespecified ? "yes" : "-"});
    notes.add(row.note, place);
  }
  table.notes.push_back(
      "Every layer's probe scores items of images that it did not see. Looking for the best row of "
      "this table is a choice on the test part: T7 and T12 print the layer chosen on training "
      "folds. "
      "Authors' split: one random 80/20 split of items, whose images may be in both parts.");
  table.notes.push_back("'-': not made for this probe (nonzero: L1 probe only).");
  notes.write(table);
  not_run(table, "probe");
  return table;
}

}  // namespace vrp
