// Ours beside the paper: the table with a row for every printed number, and its page.
#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/paper_command.hpp"
#include "stages/reduce/people.hpp"
#include "stages/reduce/tables_delta_rows.hpp"

namespace vrp {
namespace {

constexpr PaperVerdict kVerdicts[] = {PaperVerdict::inside, PaperVerdict::outside,
                                      PaperVerdict::other_definition, PaperVerdict::not_testable};

std::string plural(std::size_t n, const char* one, const char* many) {
  return concat(n, ' ', n == 1 ? one : many);
}

std::vector<Cell> machine_cells(const DeltaRow& row) {
  const PublishedCell& cell = *row.cell;
  const PaperFigure& figure = cell.figure;
  const PaperNoteText note = paper_note(cell.note);
  TableValue value = row.ours ? row.ours->value : TableValue{};
  if (value.method.empty()) value.method = "none: nothing of this run stands beside it";
  const auto text = [](std::string_view t) { return std::string(t); };
  std::string why = value.note;
  if (!std::isfinite(value.estimate) && why.empty()) why = row.judgement.reason;
  return {text(figure.table),
          value.model,
          value.benchmark,
          text(figure.signal),
          text(figure.statistic),
          row.quantity,
          value.what,
          value.n,
          value.invalid,
          value.estimate,
          value.low,
          value.high,
          value.interval,
          value.p,
          value.p_adjusted,
          value.family,
          value.test,
          value.method,
          figure.value,
          std::abs(cell.low) < 1e299 ? cell.low : kUndefined,
          std::abs(cell.high) < 1e299 ? cell.high : kUndefined,
          text(figure.printed),
          text(figure.model),
          text(figure.set),
          text(cell.early ? "early" : "final"),
          difference_of(row),
          text(verdict_name(row.judgement.verdict)),
          row.judgement.reason,
          text(note.ours),
          text(note.print),
          std::int64_t{cell.unverified},
          paper_command(cell),
          why,
          std::int64_t{0},  // filled with the profile, as in every table
          std::string()};
}

std::vector<std::string> note_lines(const DeltaRows& rows) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.definitions.size(); ++i)
    out.push_back(concat(i + 1, ": ", rows.definitions[i]));
  for (std::size_t i = 0; i < rows.reasons.size(); ++i)
    out.push_back(concat('(', note_letter(i), ") ", rows.reasons[i], '.'));
  for (std::size_t i = 0; i < rows.commands.size(); ++i)
    out.push_back(concat('C', i + 1, ": ", rows.commands[i]));
  return out;
}

}  // namespace

std::vector<std::string> delta_head(const DeltaRows& rows, const RunFacts& facts) {
  VerdictCounts counts;
  for (const DeltaRow& row : rows.rows) counts.add(row.judgement.verdict);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::size(kVerdicts); ++i)
    parts.push_back(concat(counts.rows[i], ' ', verdict_name(kVerdicts[i])));
  std::vector<std::string> head = {
      concat(plural(published_cells().size(), "printed number", "printed numbers"),
             " of arXiv 2606.17389 in ", plural(counts.all(), "row", "rows"),
             " (a row for each of our models and sets of that name): ", join(parts, ", "), "."),
      "Inside: the print, read as the interval of its rounding, meets our interval; outside: it "
      "does not. Other definition: it measured another quantity than its name says. Not testable: "
      "the reason is under its letter. '-': no number.",
      "Notes: a number is the definition, a letter the reason, C the command that computes the "
      "cell (in place of vrp-run also mpirun or slurm/sweep.sbatch; another --output-dir keeps the "
      "tables of a larger run), u: no source beyond the printed value, e: early version."};
  if (facts.profile != "default")
    head.push_back(concat("Profile '", facts.profile, "': ours by the authors' definitions."));
  return head;
}

Table table_paper_delta(const Results& results, const RunFacts& facts) {
  Table table;
  table.id = "paper_delta";
  table.title = "Ours beside the paper";
  table.partial = facts.partial;
  table.columns = {"table",      "model",         "benchmark",   "signal",     "statistic",
                   "quantity",   "what",          "n",           "invalid",    "estimate",
                   "low",        "high",          "interval",    "p",          "p_adjusted",
                   "family",     "test",          "method",      "paper",      "paper_low",
                   "paper_high", "paper_printed", "paper_model", "paper_set",  "paper_version",
                   "difference", "verdict",       "reason",      "definition", "print",
                   "unverified", "command",       "note",        "seed",       "profile"};
  table.headers = {"Table",    "Model", "Set",     "Quantity",   "Printed", "Ours",
                   "Interval", "n",     "Invalid", "Difference", "Verdict", "Notes"};
  table.numeric = {false, false, false, false, true, true, true, true, true, true, false, false};
  const DeltaRows rows = delta_rows(results, facts);
  for (const DeltaRow& row : rows.rows) {
    table.add(machine_cells(row),
              {std::string(row.cell->figure.table), row.model, row.set, row.quantity, row.printed,
               row.estimate, row.interval, row.n, row.invalid, row.difference,
               std::string(verdict_name(row.judgement.verdict)), row.notes});
  }
  table.notes = delta_head(rows, facts);
  for (std::string& line : note_lines(rows)) table.notes.push_back(std::move(line));
  return table;
}

std::string paper_delta_page(const Results& results, const RunFacts& facts) {
  return delta_page(delta_rows(results, facts), facts);
}

}  // namespace vrp
