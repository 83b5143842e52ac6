// What the tables of statistics share: their machine columns and names.
#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {

Found find(const Results& results, std::string_view model, std::string_view benchmark,
           std::string_view signal, std::string_view statistic) {
  for (std::size_t i = 0; i < results.statistics.size(); ++i) {
    const StatRow& row = results.statistics[i];
    if (row.model == model && row.benchmark == benchmark && row.signal == signal &&
        row.statistic == statistic && !row.label.starts_with("majority:"))
      return {&row, &results.adjusted[i]};
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> cells_of(const Results& results) {
  std::vector<std::pair<std::string, std::string>> cells;
  for (const StatRow& row : results.statistics)
    if (cells.empty() || cells.back() != std::pair(row.model, row.benchmark))
      cells.emplace_back(row.model, row.benchmark);
  return cells;
}

Table statistic_table(std::string id, std::string title, const RunFacts& facts) {
  Table table;
  table.id = std::move(id);
  table.title = std::move(title);
  table.partial = facts.partial;
  table.columns = {"table",         "model",      "benchmark",   "signal",
                   "statistic",     "n",          "invalid",     "estimate",
                   "low",           "high",       "p",           "p_adjusted",
                   "paper",         "method",     "interval",    "low_bca",
                   "high_bca",      "low_fisher", "high_fisher", "low_item_bca",
                   "high_item_bca", "correct",    "groups",      "failed",
                   "unlabelled",    "undefined",  "pairs",       "label",
                   "orientation",   "family",     "test",        "paper_printed",
                   "paper_of",      "difference", "flags",       "note",
                   "path",          "replicates", "skipped",     "seed",
                   "profile",       "p_item",     "se",          "detectable",
                   "design_effect", "low_hier",   "high_hier",   "interval_hier"};
  table.notes.push_back(concat("Intervals: ", fixed(100 * facts.level, 0),
                               " %, percentile bootstrap over images where an image has more than "
                               "one item, else over items; BCa and Fisher limits are in the CSV."));
  if (facts.profile != "default")
    table.notes.push_back("Profile '" + facts.profile + "': definitions as in the authors' runs.");
  return table;
}

std::string tests_sentence(const Table& table) {
  const auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(table.columns.begin(), table.columns.end(), name) -
                                    table.columns.begin());
  };
  const std::size_t p = column("p"), test = column("test"), statistic = column("statistic");
  std::vector<std::string> tests;
  for (const auto& row : table.rows) {
    if (!std::isfinite(std::get<double>(row[p])) || std::get<std::string>(row[statistic]) == "mean")
      continue;
    const std::string& text = std::get<std::string>(row[test]);
    if (std::find(tests.begin(), tests.end(), text) == tests.end()) tests.push_back(text);
  }
  return tests.empty() ? std::string()
                       : concat("p, two-sided, before adjustment: ", join(tests, "; "),
                                "; p with items taken as independent is p_item in the CSV.");
}

void add_test_note(Table& table, const RunFacts& facts) {
  const std::string tests = tests_sentence(table);
  if (!tests.empty()) table.notes.push_back(tests);
  table.notes.push_back(concat(
      "p adj: Holm inside the primary family of its model, Benjamini-Hochberg for every other "
      "test; families were declared before labels were read (digest ",
      facts.families.value("digest", std::string("none")), ")."));
}

std::vector<Cell> machine_row(const Table& table, const StatRow& row, const AdjustedP& adjusted,
                              const PaperFigure* paper) {
  const std::string paper_of =
      !paper ? ""
             : concat(paper->table, ", ",
                      paper->model.empty() ? "model not named" : paper_model_name(paper->model),
                      ", ", paper->set);
  return {table.id,
          row.model,
          row.benchmark,
          row.signal,
          row.statistic,
          row.n,
          row.invalid,
          row.estimate,
          row.low,
          row.high,
          row.p,
          adjusted.value,
          paper ? paper->value : kUndefined,
          row.method,
          row.interval,
          row.low_bca,
          row.high_bca,
          row.low_fisher,
          row.high_fisher,
          row.low_item_bca,
          row.high_item_bca,
          row.correct,
          row.groups,
          row.failed,
          row.unlabelled,
          row.undefined,
          row.pairs,
          row.label,
          row.orientation,
          adjusted.family,
          row.test,
          paper ? std::string(paper->printed) : std::string(),
          paper_of,
          paper ? row.estimate - paper->value : kUndefined,
          row.flags,
          row.note,
          row.path,
          row.replicates,
          row.skipped,
          row.seed,
          std::string(),
          row.p_item,
          row.se,
          row.detectable,
          row.design_effect,
          row.low_hier,
          row.high_hier,
          row.interval_hier};
}

std::string display_name(std::string_view signal) {
  struct Name {
    std::string_view signal, shown;
  };
  constexpr Name kNames[] = {{"h_s", "H_s"},
                             {"h_n", "H_n"},
                             {"c_k", "C_k"},
                             {"c_k_dbscan", "C_k (DBSCAN)"},
                             {"c_k_cells", "C_k (cells)"},
                             {"dh_last", "dH_s, last layer"},
                             {"img_share", "image share"},
                             {"s_sc", "S_SC"},
                             {"p_tok", "P_tok"},
                             {"confidence", "output confidence"},
                             {"logit_entropy", "logit entropy"},
                             {"answer_entropy", "answer entropy"},
                             {"distinct", "distinct answers"},
                             {"h_rel", "H_rel"},
                             {"c_in", "C_in"},
                             {"c_out", "C_out"},
                             {"iou", "IoU"},
                             {"mass", "mass b"},
                             {"log_lift", "log lift"},
                             {"precision", "mask precision"},
                             {"recall", "mask recall"},
                             {"count_match", "count match"},
                             {"margin_last", "margin (needs the reference)"},
                             {"top2_last", "top-2 margin"},
                             {"hidden_probe", "hidden-state probe, best layer"},
                             {"linear_probe", "linear probe, best layer"},
                             {"linear_h_last", "linear probe, last block"},
                             {"last5", "probe, last 5 layers"},
                             {"fusion", "fusion of signals"},
                             {"contrib12", "probe, 12 contributions (needs the reference)"},
                             {"sparse", "sparse (L1) probe"},
                             {"ensemble_attention", "ensemble attention probe"},
                             {"stress_test", "stress test"},
                             {"stress_boosted", "stress test, boosted trees"},
                             {"stress_forest", "stress test, forest"},
                             {"control/type_only", "control: question type"},
                             {"control/prompt_tokens", "control: prompt length"}};
  for (const Name& name : kNames)
    if (name.signal == signal) return std::string(name.shown);
  return std::string(signal);
}

std::string display_set(std::string_view benchmark) {
  return benchmark == kPooledSet ? "pooled set" : std::string(benchmark);
}

std::string percent(double share, int decimals) {
  return std::isfinite(share) ? fixed(100 * share, decimals) + " %" : "n/a";
}

std::string percent_interval(double low, double high, int decimals) {
  return interval_text(100 * low, 100 * high, decimals);
}

}  // namespace vrp
