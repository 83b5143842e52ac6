// Tables of counts: class balance, agreement of samples, pooled sets.
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

std::string count(std::int64_t value) { return std::to_string(value); }

void set_share(TableValue& value, std::int64_t part, std::int64_t n, double level) {
  const stats::Estimate share = stats::wilson(part, n, level);
  value.estimate = share.value.value_or(kUndefined);
  value.low = share.low.value_or(kUndefined);
  value.high = share.high.value_or(kUndefined);
  value.interval = "Wilson";
}

/// The figures of one row of class_balance; those of yes/no sets only where there are any.
void add_balance(Table& table, const BalanceRow& row, double level) {
  TableValue value;
  value.model = row.model;
  value.benchmark = row.benchmark;
  value.what = "answers";
  value.type = row.type;
  value.n = row.n;
  value.invalid = row.failed + row.unlabelled;
  value.test = "none: described, not tested";
  value.more = {row.label,    row.items, row.correct, row.incorrect,
                row.unparsed, row.empty, row.failed,  row.unlabelled};
  const auto plain = [&](const char* statistic, double estimate, const char* method,
                         const char* no_interval) {
    value.statistic = statistic;
    value.method = method;
    value.estimate = estimate;
    value.low = value.high = kUndefined;
    value.interval = concat("none: ", no_interval);
    value.note = std::isfinite(estimate) ? "" : row.note;
    add_value(table, value);
  };
  const auto share = [&](const char* statistic, std::int64_t part, const char* method) {
    value.statistic = statistic;
    value.method = method;
    set_share(value, part, row.n, level);
    value.note = row.n > 0 ? "" : row.note;
    add_value(table, value);
  };
  share("accuracy", row.correct, "correct / n");
  share("unparsed_share", row.unparsed, "answers from which nothing could be read / n");
  plain("majority_rate", row.majority_rate, "share of the larger class of labels",
        "the larger of two shares");
  if (row.n == 0 || !std::isfinite(row.yes_ratio)) return;
  share("yes_ratio", std::llround(row.yes_ratio * static_cast<double>(row.n)),
        "answers read as yes / n");
  const auto ratio = [&](const char* statistic, std::int64_t n, const char* method,
                         const char* none) {
    value.statistic = statistic;
    value.method = method;
    value.n = n;
    value.invalid = row.items - n;
    set_share(value, row.both_yes, n, level);
    value.note = n > 0 ? "" : none;
    add_value(table, value);
    value.n = row.n;
    value.invalid = row.failed + row.unlabelled;
  };
  ratio("precision", row.said_yes, "right among the n answers read as yes",
        "no answer was read as yes");
  ratio("recall", row.reference_yes, "answers read as yes among the n whose reference is yes",
        "no reference is yes");
  plain("f1", row.f1, "harmonic mean of precision and recall", "a mean of two ratios");
}

}  // namespace

Table table_class_balance(const Results& results, const RunFacts& facts) {
  Table table = long_table(
      "class_balance", "Class balance: how the answers were judged", facts,
      {"label", "items", "correct", "incorrect", "unparsed", "empty", "failed", "unlabelled"});
  table.entity = {"model", "benchmark", "type", "label"};
  table.headers = {"Model",    "Set",      "Type",     "n",     "Invalid",   "Correct", "Accuracy",
                   "Interval", "Majority", "Unparsed", "Empty", "Yes ratio", "F1"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true, true, true};
  People people(table);
  for (const BalanceRow& row : results.balance) {
    add_balance(table, row, facts.level);
    const bool yes_no = std::isfinite(row.yes_ratio);
    people.add({row.model, display_set(row.benchmark), row.type.empty() ? "all" : row.type,
                count(row.n), count(row.failed + row.unlabelled), count(row.correct),
                percent(row.accuracy), percent_interval(row.low, row.high),
                percent(row.majority_rate), percent(row.unparsed_share()), count(row.empty),
                yes_no ? percent(row.yes_ratio) : "-", yes_no ? fixed(row.f1, 3) : "-"},
               row.note);
  }
  table.notes.push_back(
      "Interval: Wilson's. Invalid: items without an answer or without a label; they are in no "
      "accuracy. Unparsed: nothing could be read from the answer; it counts as incorrect unless "
      "the scorer says otherwise. Empty: answers without text.");
  table.notes.push_back(
      "Majority: share of the larger class of labels, what a constant guess of 'right' or 'wrong' "
      "reaches. Yes ratio and F1 (positive class: yes) only for sets of yes/no questions, '-' for "
      "the others; precision and recall are in the CSV. The paper's accuracies stand in table T1.");
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has results.");
  return table;
}

Table table_agreement(const Results& results, const RunFacts& facts) {
  Table table = long_table("agreement", "Precision at each level of agreement (S_SC)", facts,
                           {"level", "label", "correct", "between"});
  table.entity = {"model", "benchmark", "level"};
  table.headers = {"Model", "Set", "S_SC", "n", "Invalid", "Correct", "Precision", "Interval"};
  table.numeric = {false, false, true, true, true, true, true, true};
  People people(table);
  for (const AgreementRow& row : results.agreement) {
    TableValue value;
    value.model = row.model;
    value.benchmark = row.benchmark;
    value.what = concat("S_SC = ", fixed(row.level, 2));
    value.statistic = "precision";
    value.n = row.n;
    value.invalid = row.invalid;
    value.estimate = row.precision;
    value.low = row.low;
    value.high = row.high;
    value.interval = "Wilson";
    value.test = "none: described, not tested";
    value.method = "right greedy answers among the items at this level";
    value.note = row.note;
    value.more = {row.level, row.label, row.correct, row.between};
    add_value(table, value);
    people.add({row.model, display_set(row.benchmark), fixed(row.level, 2), count(row.n),
                count(row.invalid), count(row.correct), percent(row.precision),
                percent_interval(row.low, row.high)},
               row.note);
  }
  table.notes.push_back(
      "Precision: share of right greedy answers among the items whose sampled answers agree to "
      "this degree, with Wilson's interval. Invalid: items without label or S_SC, whatever the "
      "level. The paper's 90.8 % at S_SC = 1 stands in table T4.");
  people.write();
  if (table.rows.empty())
    table.notes.push_back(
        "No answers were sampled: the consistency stage was not part of this run.");
  return table;
}

Table table_pooled_sets(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("pooled_sets", "Pooled set: what each set contributes", facts,
                 {"set", "items", "used", "correct", "failed", "unlabelled", "duplicates"});
  table.entity = {"model", "benchmark", "set"};
  table.headers = {"Model",    "Set",    "Items",    "n",          "Correct", "Accuracy",
                   "Interval", "Failed", "No label", "Duplicates", "Remark"};
  table.numeric = {false, false, true, true, true, true, true, true, true, true, false};
  People people(table);
  for (const SetRow& row : results.sets) {
    TableValue value;
    value.model = row.model;
    value.benchmark = row.benchmark;
    value.what = row.set;
    value.statistic = "accuracy";
    value.n = row.used;
    value.invalid = unused(row.items, row.used);
    set_share(value, row.correct, row.used, facts.level);
    value.test = "none: described, not tested";
    value.method = "correct / n among the items that entered the pooled set";
    const std::string reason = row.note.empty() ? "no item has a label" : row.note;
    value.note = row.used > 0 ? row.note : reason;
    value.more = {row.set,    row.items,      row.used,      row.correct,
                  row.failed, row.unlabelled, row.duplicates};
    add_value(table, value);
    const bool left_out = row.used == 0 && !row.note.empty();
    people.add(
        {row.model, row.set, count(row.items), count(row.used), count(row.correct),
         left_out ? "-" : percent(value.estimate),
         left_out ? "-" : percent_interval(value.low, value.high), count(row.failed),
         count(row.unlabelled), count(row.duplicates), row.note.empty() ? "pooled" : row.note},
        reason);
  }
  table.notes.push_back(
      "n: items of the set in the pooled one, with a label; duplicates of another set's image and "
      "question enter once. Interval: Wilson's. '-': the set is not pooled.");
  table.notes.push_back(
      "Paper: POPE + LLaVA-Bench + counting + spatial of one model, n = 3090. Groups of the pooled "
      "set are images; sets that share one share a group.");
  people.write();
  if (table.rows.empty()) table.notes.push_back("No model of this run has a pooled set.");
  return table;
}

}  // namespace vrp
