// T4, T7, T8 and T10: the paper's tables, as far as their rows exist.
#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/stat_cells.hpp"

namespace vrp {
namespace {

constexpr const char* kPaperNote =
    "Paper: figures of arXiv 2606.17389 for its own checkpoints and sets; another checkpoint or a "
    "smaller set is not expected to match. '-': the paper prints none.";

}  // namespace

Table table_t4(const Results& results, const RunFacts& facts) {
  Table table =
      statistic_table("T4", "T4. Structural and behavioural signals against correctness", facts);
  table.headers = {"Model", "Set",      "Signal", "Statistic", "n",    "Invalid",
                   "Value", "Interval", "p",      "p adj",     "Paper"};
  table.numeric = {false, false, false, false, true, true, true, true, true, true, true};
  constexpr const char* kShown[] = {"c_k", "h_s", "s_sc"};
  constexpr const char* kMore[] = {
      "c_k_dbscan", "h_n", "p_tok", "confidence", "logit_entropy", "answer_entropy", "distinct"};
  People people(table);
  const StatCells cells(people);
  std::vector<std::string> shares;
  for (const auto& [model, benchmark] : cells_of(results)) {
    const auto add = [&](const char* signal, const char* statistic, bool shown) {
      const Found found = find(results, model, benchmark, signal, statistic);
      if (!found) return;
      const PaperFigure* paper = paper_figure("T4", model, benchmark, signal, statistic);
      const StatRow& row = *found.row;
      if (shown)
        people.add({model, display_set(benchmark), display_name(signal),
                    std::string_view(statistic) == "r" ? "R" : "precision at SC = 1",
                    std::to_string(row.n), std::to_string(row.invalid), cells.value(found),
                    cells.limits(found), cells.p(found), cells.adjusted(found), printed(paper)});
      table.add(machine_row(table, row, *found.adjusted, paper), {});
    };
    add("", "accuracy", false);
    for (const char* signal : kShown) {
      add(signal, "r", true);
      add(signal, "auroc", false);
      add(signal, "auroc_within_type", false);
    }
    add("s_sc", "precision_at_sc1", true);
    for (const char* statistic : {"focused_share_of_wrong", "diffuse_share_of_correct"}) {
      add("h_s", statistic, false);
      if (const Found found = find(results, model, benchmark, "h_s", statistic))
        shares.push_back(concat(model, "/", display_set(benchmark), " ",
                                std::string_view(statistic).ends_with("correct")
                                    ? "right and diffuse "
                                    : "wrong but focused ",
                                percent(found.row->estimate), " of ", found.row->n));
    }
    for (const char* signal : kMore)
      for (const char* statistic : {"r", "auroc", "auroc_within_type"})
        add(signal, statistic, false);
  }
  table.notes.push_back(
      "R is on the raw signal: negative R of H_s means that diffuse attention "
      "goes with wrong answers. Accounting of the pooled set: table pooled_sets.");
  if (!shares.empty())
    table.notes.push_back(concat(
        "Wrong answers whose H_s lies below the 15th percentile of their set, and correct answers "
        "with H_s above 4.5 nats (paper, A.6: 15 % and 22 %; 4.5 nats belong to maps of 576 "
        "cells): ",
        join(shares, "; "), "."));
  table.notes.push_back(kPaperNote);
  add_test_note(table, facts);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has these signals.");
  return table;
}

namespace {

constexpr const char* kSignalsOfT7[] = {
    "h_s",          "c_k",         "logit_entropy",     "confidence",
    "p_tok",        "margin_last", "top2_last",         "hidden_probe",
    "linear_probe", "last5",       "contrib12",         "sparse",
    "fusion",       "s_sc",        "control/type_only", "control/prompt_tokens"};

/// Blocks that the outer folds of the signal's probe chose: "L2 L2 L3 L2 L2"; "-" = no layer.
std::string chosen_layers(const Results& results, const std::string& model,
                          const std::string& benchmark, std::string_view signal) {
  const std::string_view probe = signal == "hidden_probe"   ? "hidden_mlp"
                                 : signal == "linear_probe" ? "hidden_linear"
                                                            : signal;
  std::vector<std::string> layers;
  for (const CellProbeFold& row : results.probe_folds)
    if (row.model == model && row.benchmark == benchmark &&
        (row.probe == probe || row.probe == signal) && row.layer >= -1)
      layers.push_back(layer_text(row.layer));
  return layers.empty() ? "-" : join(layers, " ");
}

/// Sentence about the signals of `wanted` that no cell has; "" when none is missing.
std::string not_computed(const Results& results, std::vector<std::string> wanted) {
  std::erase_if(wanted, [&](const std::string& name) {
    return std::any_of(results.statistics.begin(), results.statistics.end(),
                       [&](const StatRow& row) { return row.signal == name; });
  });
  if (wanted.empty()) return "";
  for (std::string& name : wanted) name = display_name(name);
  return concat("Not computed: ", join(wanted, "; "),
                " (the stages or options that give them were not part of this run).");
}

}  // namespace

Table table_t7(const Results& results, const RunFacts& facts) {
  Table table =
      statistic_table("T7", "T7. AUROC of signals, with and without question type", facts);
  table.headers = {"Model",    "Set",   "Signal",      "n",        "Invalid",       "AUROC",
                   "Interval", "p adj", "Within type", "Interval", "Layers chosen", "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, false, true};
  People people(table);
  const StatCells cells(people);
  for (const auto& [model, benchmark] : cells_of(results))
    for (const char* signal : kSignalsOfT7) {
      const Found all = find(results, model, benchmark, signal, "auroc");
      const Found within = find(results, model, benchmark, signal, "auroc_within_type");
      if (!all || !within) continue;
      const PaperFigure* paper = paper_figure("T7", model, benchmark, signal, "auroc");
      people.add({model, display_set(benchmark), display_name(signal), std::to_string(all.row->n),
                  std::to_string(all.row->invalid), cells.value(all), cells.limits(all),
                  cells.adjusted(all), cells.value(within), cells.limits(within),
                  chosen_layers(results, model, benchmark, signal), printed(paper)});
      table.add(machine_row(table, *all.row, *all.adjusted, paper), {});
      table.add(machine_row(table, *within.row, *within.adjusted, nullptr), {});
    }
  table.notes.push_back(
      "AUROC is on the declared orientation, never a fitted one; 0.5 = no "
      "information. Within type compares items of one question type only.");
  const std::string missing =
      not_computed(results, {"margin_last", "top2_last", "hidden_probe", "last5", "fusion"});
  if (!missing.empty()) table.notes.push_back(missing);
  table.notes.push_back(
      "Probes: out-of-fold scores, no probe saw an item of the image it scores; layers chosen: "
      "block "
      "of each outer fold. Margin: logit of the right answer minus the best other, so it cannot be "
      "used before the answer is known; the paper's raw figures 0.83 and 0.63 are the top-2 "
      "margin. "
      "Fusion: H_s, C_k, P_tok, S_SC and the hidden-state probe.");
  table.notes.push_back(kPaperNote);
  add_test_note(table, facts);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has these signals.");
  return table;
}

Table table_t8(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("T8", "T8. Predictors of correctness and what they cost", facts);
  table.columns.push_back("type");
  table.columns.push_back("cost");
  table.headers = {"Model", "Set",      "Predictor", "Type", "n",    "Invalid",
                   "AUROC", "Interval", "p adj",     "Cost", "Paper"};
  table.numeric = {false, false, false, false, true, true, true, true, true, true, true};
  struct Predictor {
    const char *signal, *type;
  };
  People people(table);
  const StatCells cells(people);
  for (const auto& [model, benchmark] : cells_of(results)) {
    std::int64_t paths = 0;
    for (const AgreementRow& row : results.agreement)
      paths += row.model == model && row.benchmark == benchmark;
    const auto add = [&](const Found& found, const std::string& name, const char* type,
                         const std::string& cost) {
      const StatRow& row = *found.row;
      const PaperFigure* paper = paper_figure("T8", model, benchmark, row.signal, "auroc");
      std::vector<Cell> machine = machine_row(table, row, *found.adjusted, paper);
      machine.emplace_back(std::string(type));
      machine.emplace_back(cost);
      table.add(std::move(machine), {});
      people.add({model, display_set(benchmark), name, type, std::to_string(row.n),
                  std::to_string(row.invalid), cells.value(found), cells.limits(found),
                  cells.adjusted(found), cost, printed(paper)});
    };
    if (const Found accuracy = find(results, model, benchmark, "", "accuracy")) {
      StatRow random = *accuracy.row;
      random.signal = "random";
      random.statistic = "auroc";
      random.estimate = 0.5;
      random.low = random.high = random.p = kUndefined;
      random.interval = random.test = random.flags = random.note = "";
      random.method = "by definition";
      const AdjustedP none;
      add({&random, &none}, "random", "baseline", "0x");
    }
    for (const Predictor& predictor :
         {Predictor{"h_s", "attention"}, Predictor{"c_k", "attention"},
          Predictor{"linear_h_last", "hidden state"},
          Predictor{"ensemble_attention", "attention, learned"},
          Predictor{"hidden_probe", "hidden state"}, Predictor{"fusion", "several"},
          Predictor{"s_sc", "behaviour"}}) {
      const Found found = find(results, model, benchmark, predictor.signal, "auroc");
      if (!found) continue;
      const bool sampled = std::string_view(predictor.signal) == "s_sc" ||
                           std::string_view(predictor.signal) == "fusion";
      add(found, display_name(predictor.signal), predictor.type,
          !sampled    ? "1x"
          : paths > 0 ? concat(paths, "x")
                      : "1x + samples");
    }
  }
  table.notes.push_back(
      "Cost: answers generated per item, one greedy answer = 1x. 'random' is 0.5 "
      "by definition.");
  const std::string missing = not_computed(results, {"linear_h_last", "ensemble_attention"});
  if (!missing.empty()) table.notes.push_back(missing + " Paper: 0.620 and 0.725.");
  table.notes.push_back(kPaperNote);
  add_test_note(table, facts);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has these signals.");
  return table;
}

Table table_t10(const Results& results, const RunFacts& facts) {
  Table table = statistic_table(
      "T10", "T10. Relevance-aware attention: does looking at the object predict the answer?",
      facts);
  table.headers = {
      "Model",    "Set",   "Signal",   "n",     "Invalid",     "Mean",         "R",
      "Interval", "AUROC", "Interval", "p adj", "Within type", "Other region", "Centred square"};
  table.numeric = {false, false, false, true, true, true, true,
                   true,  true,  true,  true, true, true, true};
  constexpr const char* kSignals[] = {"mass",      "lift",   "log_lift", "iou",
                                      "precision", "recall", "pointing", "h_rel",
                                      "h_in_norm", "c_in",   "c_out",    "count_match"};
  std::vector<std::string> lifts;
  People people(table);
  const StatCells cells(people);
  for (const auto& [model, benchmark] : cells_of(results))
    for (const std::string signal : kSignals) {
      const Found r = find(results, model, benchmark, signal, "r");
      const Found auroc = find(results, model, benchmark, signal, "auroc");
      const Found within = find(results, model, benchmark, signal, "auroc_within_type");
      const Found mean = find(results, model, benchmark, signal, "mean");
      if (!r || !auroc || !within || !mean) continue;
      if (mean.row->n == 0 && r.row->n == 0 && signal == "count_match") continue;
      const auto control = [&](const char* suffix) {
        const Found found = find(results, model, benchmark, signal + suffix, "auroc");
        if (!found) return std::string("-");
        table.add(machine_row(table, *found.row, *found.adjusted, nullptr), {});
        return cells.value(found);
      };
      for (const Found& found : {mean, r, within})
        table.add(machine_row(table, *found.row, *found.adjusted, nullptr), {});
      const std::string other = control("_other"), square = control("_square");
      for (const char* suffix : {"_other", "_square"})
        if (const Found found = find(results, model, benchmark, signal + suffix, "mean"))
          table.add(machine_row(table, *found.row, *found.adjusted, nullptr), {});
      table.add(machine_row(table, *auroc.row, *auroc.adjusted, nullptr), {});
      people.add({model, display_set(benchmark), display_name(signal), std::to_string(r.row->n),
                  std::to_string(r.row->invalid), cells.value(mean), cells.value(r),
                  cells.limits(r), cells.value(auroc), cells.limits(auroc), cells.adjusted(auroc),
                  cells.value(within), other, square});
      if (signal == "lift" && std::isfinite(mean.row->p))
        lifts.push_back(concat(model, "/", display_set(benchmark), " ",
                               fixed(mean.row->estimate, 3), " on ", mean.row->n, " items, p ",
                               p_text(mean.row->p)));
    }
  if (!lifts.empty())
    table.notes.push_back(concat(
        "Mean lift, p by permuting the regions over the items of the set (1 + number of draws at "
        "least as large, over 1 + draws): ",
        join(lifts, "; "), "."));
  table.notes.push_back(
      "n: items with a label, an attention map and an annotated region; "
      "the others are counted as invalid and never set to zero.");
  table.notes.push_back(
      "Controls: the same signal with the region of another item of about equal "
      "area, and with a centred square of equal area. '-': not computed.");
  table.notes.push_back("The paper has no such table.");
  add_test_note(table, facts);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has these signals.");
  return table;
}

}  // namespace vrp
