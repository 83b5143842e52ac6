// Tables of statistics beyond the paper's: every signal, selective prediction, calibration.
#include "stages/reduce/stat_cells.hpp"
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
  People people(table);
  const StatCells cells(people);
  for (std::size_t i = 0; i < results.statistics.size(); ++i) {
    const StatRow& row = results.statistics[i];
    const Found auroc{&row, &results.adjusted[i]};
    if (row.statistic == "auroc" && !row.label.starts_with("majority:") &&
        !is_control_region(row.signal)) {
      const Found r = find(results, row.model, row.benchmark, row.signal, "r");
      const Found within = find(results, row.model, row.benchmark, row.signal, "auroc_within_type");
      people.add({row.model, display_set(row.benchmark), display_name(row.signal),
                  row.orientation > 0 ? "+1" : count(row.orientation), count(row.n),
                  count(row.invalid), cells.value(r), cells.limits(r), cells.value(auroc),
                  cells.limits(auroc), cells.adjusted(auroc), cells.value(within)});
    }
    table.add(machine_row(table, row, results.adjusted[i], nullptr), {});
  }
  table.notes.push_back(
      "Sign: declared orientation, +1 = larger means right, 0 = none (AUROC of "
      "the raw value). p adj: of the AUROC. Every statistic, controls included, is in the CSV.");
  add_test_note(table, facts);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has signals.");
  return table;
}

Table table_risk_coverage(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("risk_coverage",
                                "Selective prediction: answering only the best items", facts);
  table.headers = {"Model",    "Set",    "Signal",          "n",       "Invalid", "AURC",
                   "Interval", "Excess", "Coverage at 5 %", "at 10 %", "at 20 %"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true};
  People people(table);
  const StatCells cells(people);
  for (const auto& [model, benchmark] : cells_of(results))
    for (const std::string& signal : signals_of(results, model, benchmark, "aurc")) {
      const Found aurc = find(results, model, benchmark, signal, "aurc");
      const Found excess = find(results, model, benchmark, signal, "aurc_excess");
      std::vector<Found> coverage;
      for (const char* statistic :
           {"coverage_at_risk_5", "coverage_at_risk_10", "coverage_at_risk_20"})
        coverage.push_back(find(results, model, benchmark, signal, statistic));
      people.add({model, display_set(benchmark), display_name(signal), count(aurc.row->n),
                  count(aurc.row->invalid), cells.value(aurc), cells.limits(aurc),
                  cells.value(excess), cells.value(coverage[0]), cells.value(coverage[1]),
                  cells.value(coverage[2])});
      for (const Found& found : {aurc, excess, coverage[0], coverage[1], coverage[2]})
        if (found) table.add(machine_row(table, *found.row, *found.adjusted, nullptr), {});
    }
  table.notes.push_back(
      "AURC: mean share of wrong answers over all coverages, smaller is better; "
      "excess: above the best possible order. Coverage at x %: largest share of "
      "items that a threshold can answer with at most x % wrong. Nothing of this table is tested.");
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has signals.");
  return table;
}

Table table_calibration(const Results& results, const RunFacts& facts) {
  Table table = statistic_table("calibration", "Calibration of probability-like signals", facts);
  table.headers = {"Model", "Set",      "Signal", "n",       "Invalid",
                   "ECE",   "Interval", "Brier",  "Interval"};
  table.numeric = {false, false, false, true, true, true, true, true, true};
  People people(table);
  const StatCells cells(people);
  for (const auto& [model, benchmark] : cells_of(results))
    for (const std::string& signal : signals_of(results, model, benchmark, "ece")) {
      const Found ece = find(results, model, benchmark, signal, "ece");
      const Found brier = find(results, model, benchmark, signal, "brier");
      if (!brier) continue;
      people.add({model, display_set(benchmark), display_name(signal), count(ece.row->n),
                  count(ece.row->invalid), cells.value(ece), cells.limits(ece), cells.value(brier),
                  cells.limits(brier)});
      for (const Found& found : {ece, brier})
        table.add(machine_row(table, *found.row, *found.adjusted, nullptr), {});
    }
  table.notes.push_back(
      "ECE: mean distance of the signal, read as a probability, from the share of right answers in "
      "equal-width bins, weighted by their items. Brier: mean squared difference from the label. "
      "Nothing of this table is tested.");
  people.write();
  if (table.rows.empty())
    table.notes.push_back("No signal of this run can be read as a probability.");
  return table;
}

}  // namespace vrp
