// Tables of statistics beyond the paper's: every signal, selective prediction, calibration.
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

}  // namespace vrp
