// Tables of statistics beyond the paper's: every signal, selective prediction, calibration, and
// ours beside the paper.
#include <algorithm>

#include "pipeline/base/error.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {
namespace {

std::string count(std::int64_t value) { return std::to_string(value); }

/// Signals of a cell in the order of their rows, each once.
std::vector<std::string> signals_of(const Results& results, const std::string& model,
                                    const std::string& benchmark, const char* statistic) {
  std::vector<std::string> names;
  for (const StatRow& row : results.statistics)
    if (row.model == model && row.benchmark == benchmark && row.statistic == statistic &&
        !row.label.starts_with("majority:"))
      names.push_back(row.signal);
  return names;
}

bool is_control_region(const std::string& signal) {
  return signal.ends_with("_other") || signal.ends_with("_square");
}

}  // namespace

Table table_signals(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("signals", "All signals", facts);
  table.headers = {"Model", "Set",      "Signal", "Sign",     "n",     "Invalid",
                   "R",     "Interval", "AUROC",  "Interval", "p adj", "Within type"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true, true};
  for (std::size_t i = 0; i < results.statistics.size(); ++i) {
    const StatRow& row = results.statistics[i];
    std::vector<std::string> people;
    if (row.statistic == "auroc" && !row.label.starts_with("majority:") &&
        !is_control_region(row.signal)) {
      const Found r = find(results, row.model, row.benchmark, row.signal, "r");
      const Found within = find(results, row.model, row.benchmark, row.signal, "auroc_within_type");
      people = {row.model,
                display_set(row.benchmark),
                display_name(row.signal),
                row.orientation > 0 ? "+1" : count(row.orientation),
                count(row.n),
                count(row.invalid),
                fixed(r ? r.row->estimate : kUndefined, 3, true),
                r ? interval_text(r.row->low, r.row->high, 3) : "n/a",
                fixed(row.estimate, 3),
                interval_text(row.low, row.high, 3),
                p_text(results.adjusted[i].value),
                fixed(within ? within.row->estimate : kUndefined, 3)};
    }
    table.add(machine_row(table, row, results.adjusted[i], nullptr), std::move(people));
  }
  table.notes.push_back(
      "Sign: declared orientation, +1 = larger means right, 0 = none (AUROC of "
      "the raw value). Every statistic, controls included, is in the CSV.");
  return table;
}

Table table_risk_coverage(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("risk_coverage",
                                "Selective prediction: answering only the best items", facts);
  table.headers = {"Model",    "Set",    "Signal",          "n",       "Invalid", "AURC",
                   "Interval", "Excess", "Coverage at 5 %", "at 10 %", "at 20 %"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true};
  for (const auto& [model, benchmark] : cells_of(results))
    for (const std::string& signal : signals_of(results, model, benchmark, "aurc")) {
      const Found aurc = find(results, model, benchmark, signal, "aurc");
      std::vector<std::string> people = {model,
                                         display_set(benchmark),
                                         display_name(signal),
                                         count(aurc.row->n),
                                         count(aurc.row->invalid),
                                         fixed(aurc.row->estimate, 3),
                                         interval_text(aurc.row->low, aurc.row->high, 3)};
      const Found excess = find(results, model, benchmark, signal, "aurc_excess");
      people.push_back(fixed(excess ? excess.row->estimate : kUndefined, 3));
      std::vector<Found> more = {excess};
      for (const char* statistic :
           {"coverage_at_risk_5", "coverage_at_risk_10", "coverage_at_risk_20"}) {
        more.push_back(find(results, model, benchmark, signal, statistic));
        people.push_back(percent(more.back() ? more.back().row->estimate : kUndefined));
      }
      table.add(machine_row(table, *aurc.row, *aurc.adjusted, nullptr), std::move(people));
      for (const Found& found : more)
        if (found) table.add(machine_row(table, *found.row, *found.adjusted, nullptr), {});
    }
  table.notes.push_back(
      "AURC: mean share of wrong answers over all coverages, smaller is better; "
      "excess: above the best possible order. Coverage at x %: largest share of "
      "items that a threshold can answer with at most x % wrong.");
  return table;
}

Table table_calibration(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("calibration", "Calibration of probability-like signals", facts);
  table.headers = {"Model", "Set",      "Signal", "n",       "Invalid",
                   "ECE",   "Interval", "Brier",  "Interval"};
  table.numeric = {false, false, false, true, true, true, true, true, true};
  for (const auto& [model, benchmark] : cells_of(results))
    for (const std::string& signal : signals_of(results, model, benchmark, "ece")) {
      const Found ece = find(results, model, benchmark, signal, "ece");
      const Found brier = find(results, model, benchmark, signal, "brier");
      if (!brier) continue;
      table.add(machine_row(table, *ece.row, *ece.adjusted, nullptr),
                {model, display_set(benchmark), display_name(signal), count(ece.row->n),
                 count(ece.row->invalid), fixed(ece.row->estimate, 3),
                 interval_text(ece.row->low, ece.row->high, 3), fixed(brier.row->estimate, 3),
                 interval_text(brier.row->low, brier.row->high, 3)});
      table.add(machine_row(table, *brier.row, *brier.adjusted, nullptr), {});
    }
  return table;
}

Table table_paper_delta(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("paper_delta", "Ours beside the paper", facts);
  table.headers = {"Table",   "Model", "Set",      "Signal", "Statistic", "n",
                   "Invalid", "Ours",  "Interval", "Paper",  "Difference"};
  table.numeric = {false, false, false, false, false, true, true, true, true, true, true};
  for (const char* of : {"T1", "T3", "T4", "T7", "T8"})
    for (std::size_t i = 0; i < results.statistics.size(); ++i) {
      const StatRow& row = results.statistics[i];
      const PaperFigure* paper =
          paper_figure(of, row.model, row.benchmark, row.signal, row.statistic);
      if (!paper || row.label.starts_with("majority:")) continue;
      const bool share = row.statistic == "accuracy" || row.statistic == "precision_at_sc1" ||
                         row.statistic == "probe_accuracy";
      const bool sign = row.statistic == "r";
      table.add(
          machine_row(table, row, results.adjusted[i], paper),
          {of, row.model, display_set(row.benchmark),
           row.signal.empty() ? "answers" : display_name(row.signal), row.statistic, count(row.n),
           count(row.invalid), share ? percent(row.estimate) : fixed(row.estimate, 3, sign),
           share ? percent_interval(row.low, row.high) : interval_text(row.low, row.high, 3),
           std::string(paper->printed),
           share && std::isfinite(row.estimate)
               ? fixed(100 * (row.estimate - paper->value), 1, true) + " pp"
               : fixed(row.estimate - paper->value, 3, true)});
    }
  table.notes.push_back(
      "Paper: arXiv 2606.17389, final version, for LLaVA-1.5-7B, PaliGemma-3B or "
      "Qwen2-VL-7B; a difference means something for the same checkpoint and set "
      "only.");
  return table;
}

void add_to_paper_delta(Table& delta, const Table& from) {
  const auto place = [](const Table& table, std::string_view name) {
    return std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin();
  };
  const auto width = static_cast<std::ptrdiff_t>(from.columns.size());
  const std::ptrdiff_t paper = place(from, "paper_printed"), what = place(from, "what");
  if (what == width || paper == width) return;
  for (const auto& row : from.rows) {
    const auto cell = [&](const char* name) -> const Cell& {
      return row[static_cast<std::size_t>(place(from, name))];
    };
    const auto text = [&](const char* name) { return std::get<std::string>(cell(name)); };
    const auto number = [&](const char* name) { return std::get<double>(cell(name)); };
    const std::string statistic = text("statistic");
    const bool of_signal = statistic == "auroc" || (from.id == "T1" && statistic != "r2_max");
    if (of_signal || text("paper_printed").empty()) continue;  // signals are in the table already
    std::vector<Cell> machine;
    for (const std::string& column : delta.columns) {
      const std::ptrdiff_t at = place(from, column == "signal" ? "what" : column);
      machine.push_back(at < width ? row[static_cast<std::size_t>(at)] : Cell(std::string()));
    }
    const bool share = statistic.ends_with("accuracy") || statistic == "mlp_share";
    const bool layer = statistic.ends_with("_layer"), points = statistic.ends_with("_pp");
    const auto shown = [&](double value, bool plus) {
      if (layer) return fixed(value, 0, plus);
      if (share) return percent(value);
      return fixed(value, points ? 1 : statistic == "r2_max" ? 3 : 2, plus || points);
    };
    const double low = number("low"), high = number("high"), difference = number("difference");
    delta.add(
        std::move(machine),
        {from.id, text("model"), display_set(text("benchmark")), text("what"), statistic,
         count(std::get<std::int64_t>(cell("n"))), count(std::get<std::int64_t>(cell("invalid"))),
         layer && std::isfinite(number("estimate")) ? concat("L", shown(number("estimate"), false))
                                                    : shown(number("estimate"), false),
         share ? percent_interval(low, high) : interval_text(low, high, points ? 1 : 2, true),
         text("paper_printed"),
         share && std::isfinite(difference) ? fixed(100 * difference, 1, true) + " pp"
                                            : shown(difference, true)});
  }
}

}  // namespace vrp
