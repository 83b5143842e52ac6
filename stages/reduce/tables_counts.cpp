// Tables of counts: class balance, agreement of samples, pooled sets.
#include "pipeline/base/error.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {
namespace {

std::string count(std::int64_t value) { return std::to_string(value); }

Table blank(const char* id, const char* title, const RunFacts& facts) {
  Table table;
  table.id = id;
  table.title = title;
  table.partial = facts.partial;
  return table;
}

}  // namespace

Table table_class_balance(const Results& results, const RunFacts& facts) {
  Table table = blank("class_balance", "Class balance: how the answers were judged", facts);
  table.columns = {"table",          "model", "benchmark", "type",          "label",
                   "items",          "n",     "correct",   "incorrect",     "unparsed",
                   "unparsed_share", "empty", "failed",    "unlabelled",    "invalid",
                   "accuracy",       "low",   "high",      "majority_rate", "precision",
                   "recall",         "f1",    "yes_ratio", "paper",         "note"};
  table.headers = {"Model",           "Set",      "Type",      "Items",   "n",
                   "Correct",         "Unparsed", "Empty",     "Invalid", "Accuracy",
                   "Wilson interval", "Majority", "Yes ratio", "F1",      "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true,
                   true,  true,  true,  true, true, true, true};
  for (const BalanceRow& row : results.balance) {
    const PaperFigure* paper =
        row.type.empty() ? paper_figure("T1", row.model, row.benchmark, "", "accuracy") : nullptr;
    table.add(
        {table.id,
         row.model,
         row.benchmark,
         row.type,
         row.label,
         row.items,
         row.n,
         row.correct,
         row.incorrect,
         row.unparsed,
         row.unparsed_share(),
         row.empty,
         row.failed,
         row.unlabelled,
         row.failed + row.unlabelled,
         row.accuracy,
         row.low,
         row.high,
         row.majority_rate,
         row.precision,
         row.recall,
         row.f1,
         row.yes_ratio,
         paper ? paper->value : kUndefined,
         row.note},
        {row.model, display_set(row.benchmark), row.type.empty() ? "all" : row.type,
         count(row.items), count(row.n), count(row.correct), percent(row.unparsed_share()),
         count(row.empty), count(row.failed + row.unlabelled), percent(row.accuracy),
         percent_interval(row.low, row.high), percent(row.majority_rate), percent(row.yes_ratio),
         fixed(row.f1, 3), paper ? std::string(paper->printed) : "-"});
    if (!row.note.empty())
      table.notes.push_back(concat(row.model, ", ", display_set(row.benchmark), ", ",
                                   row.type.empty() ? "all" : row.type, ": ", row.note, "."));
  }
  table.notes.push_back(
      "Invalid: items without an answer or without a label; they are in no "
      "accuracy. Unparsed: nothing could be read from the answer; it counts as "
      "incorrect unless the scorer says otherwise.");
  table.notes.push_back(
      "Majority: share of the larger class of labels, what a constant guess of "
      "'right' or 'wrong' reaches. Yes ratio and F1 only for yes/no sets.");
  table.notes.push_back(
      "Paper: table 1, which reads as POPE accuracy; the authors' raw runs are "
      "VQAv2 with a lenient match of the first token.");
  return table;
}

Table table_agreement(const Results& results, const RunFacts& facts) {
  Table table = blank("agreement", "Precision at each level of agreement (S_SC)", facts);
  table.columns = {"table",   "model",   "benchmark", "label", "level", "n",     "correct",
                   "invalid", "between", "precision", "low",   "high",  "paper", "note"};
  table.headers = {"Model",           "Set",  "S_SC", "n", "Invalid", "Correct", "Precision",
                   "Wilson interval", "Paper"};
  table.numeric = {false, false, true, true, true, true, true, true, true};
  for (const AgreementRow& row : results.agreement) {
    const PaperFigure* paper = row.level >= 1 - 1e-9 ? paper_figure("T4", row.model, row.benchmark,
                                                                    "s_sc", "precision_at_sc1")
                                                     : nullptr;
    table.add({table.id, row.model, row.benchmark, row.label, row.level, row.n, row.correct,
               row.invalid, row.between, row.precision, row.low, row.high,
               paper ? paper->value : kUndefined, row.note},
              {row.model, display_set(row.benchmark), fixed(row.level, 2), count(row.n),
               count(row.invalid), count(row.correct), percent(row.precision),
               percent_interval(row.low, row.high), paper ? std::string(paper->printed) : "-"});
  }
  table.notes.push_back(
      "Precision: share of right greedy answers among the items whose sampled "
      "answers agree to this degree; n/a: no item at this level.");
  return table;
}

Table table_pooled_sets(const Results& results, const RunFacts& facts) {
  Table table = blank("pooled_sets", "Pooled set: what each set contributes", facts);
  table.columns = {"table",   "model",  "set",        "items",      "used",
                   "correct", "failed", "unlabelled", "duplicates", "note"};
  table.headers = {"Model",  "Set",      "Items",      "Used",  "Correct",
                   "Failed", "No label", "Duplicates", "Remark"};
  table.numeric = {false, false, true, true, true, true, true, true, false};
  for (const SetRow& row : results.sets)
    table.add({table.id, row.model, row.set, row.items, row.used, row.correct, row.failed,
               row.unlabelled, row.duplicates, row.note},
              {row.model, row.set, count(row.items), count(row.used), count(row.correct),
               count(row.failed), count(row.unlabelled), count(row.duplicates),
               row.note.empty() ? "pooled" : row.note});
  table.notes.push_back(
      "Paper: POPE + LLaVA-Bench + counting + spatial of one model, n = 3090. "
      "Groups of the pooled set are images; sets that share one share a group.");
  return table;
}

}  // namespace vrp
