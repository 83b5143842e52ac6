// RUN/reduce/paper_delta.md, made to be read: counts first, then a table for each of the paper's.
#include <algorithm>

#include "pipeline/base/error.hpp"
#include "stages/reduce/people.hpp"
#include "stages/reduce/tables_delta_rows.hpp"

namespace vrp {
namespace {

std::string line_of(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += concat(' ', markdown_escape(cell), " |");
  return out + "\n";
}

std::string title_of(std::string_view table) {
  struct Title {
    std::string_view table, text;
  };
  constexpr Title kTitles[] = {
      {"T1", "accuracy, top-k heads, stress test"},
      {"T2", "logit lens and MLP share"},
      {"T3", "probes and output signals on four sets"},
      {"T4", "structure and agreement on the pooled set"},
      {"T5", "neurons of LLaVA's block 31"},
      {"T6", "many neurons at once"},
      {"T7", "AUROC of the signals"},
      {"T7 early", "where the early version differs, and its probes"},
      {"T8", "predictors and their cost"},
      {"T9", "neurons and layers of the early version"},
      {"T11", "masking of the 30 % of patches with most attention (text 5.1)"},
      {"F3", "entropy over the layers"},
      {"F4", "residual updates of image tokens"},
      {"F5", "case study"},
      {"A.4", "an example"},
      {"A.6", "shares of items"}};
  for (const Title& title : kTitles)
    if (title.table == table) return concat(table, ": ", title.text);
  return std::string(table);
}

std::vector<std::string_view> tables_of(const DeltaRows& rows) {
  std::vector<std::string_view> out;
  for (const DeltaRow& row : rows.rows)
    if (out.empty() || out.back() != row.cell->figure.table) out.push_back(row.cell->figure.table);
  return out;
}

std::string counts_table(const DeltaRows& rows) {
  std::string out =
      "| Table | Rows | Inside | Outside | Other definition | Not testable |\n"
      "| :--- | ---: | ---: | ---: | ---: | ---: |\n";
  VerdictCounts all;
  const auto line = [](const std::string& name, const VerdictCounts& counts) {
    std::vector<std::string> cells = {name, std::to_string(counts.all())};
    for (const std::size_t n : counts.rows) cells.push_back(std::to_string(n));
    return line_of(cells);
  };
  for (const std::string_view table : tables_of(rows)) {
    VerdictCounts counts;
    for (const DeltaRow& row : rows.rows)
      if (row.cell->figure.table == table) {
        counts.add(row.judgement.verdict);
        all.add(row.judgement.verdict);
      }
    out += line(std::string(table), counts);
  }
  return out + line("all", all);
}

}  // namespace

std::string delta_page(const DeltaRows& rows, const RunFacts& facts) {
  std::string out = "# Ours beside the paper\n\n";
  if (!facts.partial.empty())
    out += concat("**PARTIAL:** ", markdown_escape(facts.partial), "\n\n");
  for (const std::string& text : delta_head(rows, facts)) out += markdown_escape(text) + "\n\n";
  out += counts_table(rows);
  for (const std::string_view table : tables_of(rows)) {
    out += concat("\n## ", markdown_escape(title_of(table)), "\n\n",
                  "| Model | Set | Quantity | Printed | Ours | Interval | n | Invalid | Difference "
                  "| Verdict | Notes |\n| :--- | :--- | :--- | ---: | ---: | ---: | ---: | ---: | "
                  "---: | :--- | :--- |\n");
    for (const DeltaRow& row : rows.rows) {
      if (row.cell->figure.table != table) continue;
      const std::string verdict(verdict_name(row.judgement.verdict));
      out += line_of({row.model, row.set, row.quantity, row.printed, row.estimate, row.interval,
                      row.n, row.invalid, row.difference, verdict, row.notes});
    }
  }
  out += "\n## Definitions\n\n";
  for (std::size_t i = 0; i < rows.definitions.size(); ++i)
    out += concat(i + 1, ". ", markdown_escape(rows.definitions[i]), "\n");
  if (!rows.reasons.empty()) out += "\n## Why not testable\n\n";
  for (std::size_t i = 0; i < rows.reasons.size(); ++i)
    out += concat("- (", note_letter(i), ") ", markdown_escape(rows.reasons[i]), ".\n");
  out += "\n## Commands\n\n```\n";
  for (std::size_t i = 0; i < rows.commands.size(); ++i)
    out += concat("# C", i + 1, "\n", rows.commands[i], "\n");
  return out + "```\n";
}

}  // namespace vrp
