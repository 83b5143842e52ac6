// Ours beside the paper.
#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {
namespace {

std::string count(std::int64_t value) { return std::to_string(value); }

}  // namespace

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
