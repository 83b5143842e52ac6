// Tables of the label audit: scorers side by side, their agreement, signals under each of them, the
// format of the answers alone.
#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/label_audit.hpp"
#include "stages/reduce/long_table.hpp"

namespace vrp {
namespace {

constexpr const char* kMainSignals[] = {"h_s",          "c_k",         "mass",          "iou",
                                        "p_tok",        "confidence",  "logit_entropy", "s_sc",
                                        "hidden_probe", "linear_probe"};
constexpr const char* kDescribed = "none: described, not tested";

std::string count(std::int64_t value) { return std::to_string(value); }

bool is_main(const std::string& signal) {
  return std::find(std::begin(kMainSignals), std::end(kMainSignals), signal) !=
         std::end(kMainSignals);
}

/// Headings for people: the first `texts` of them left-aligned, the others right-aligned.
void head(Table& table, std::size_t texts, std::vector<std::string> headers) {
  table.headers = std::move(headers);
  table.numeric.clear();
  for (std::size_t i = 0; i < table.headers.size(); ++i) table.numeric.push_back(i >= texts);
}

/// Several figures of the same items: one after another, each with its own interval and test.
class Figures {
 public:
  Figures(Table& table, TableValue shared) : table_(table), value_(std::move(shared)) {}
  void add(const char* statistic, double estimate, double low, double high,
           const std::string& interval, const char* method, const std::string& note,
           std::int64_t n = -1, std::int64_t invalid = 0) {
    TableValue value = value_;
    if (n >= 0) {
      value.n = n;
      value.invalid = invalid;
    }
    value.statistic = statistic;
    value.estimate = estimate;
    value.low = low;
    value.high = high;
    value.interval = interval;
    value.test = kDescribed;
    value.method = method;
    value.note = std::isfinite(estimate) ? std::string() : note;
    add_value(table_, value);
  }
  void add_tested(const char* statistic, double estimate, double low, double high,
                  const std::string& interval, const char* method, double p, double p_item,
                  const std::string& test, const std::string& note) {
    TableValue value = value_;
    value.statistic = statistic;
    value.estimate = estimate;
    value.low = low;
    value.high = high;
    value.interval = interval;
    value.p = p;
    value.p_item = p_item;
    value.test = test;
    value.method = method;
    value.note = note;
    add_value(table_, value);
  }

 private:
  Table& table_;
  TableValue value_;
};

TableValue shared_of(const std::string& model, const std::string& benchmark,
                     const std::string& what, std::int64_t n, std::int64_t invalid,
                     std::vector<Cell> more) {
  TableValue value;
  value.model = model;
  value.benchmark = benchmark;
  value.what = what;
  value.n = n;
  value.invalid = invalid;
  value.more = std::move(more);
  return value;
}

void add_scorer(Table& table, const ScorerRow& row, double level) {
  Figures figures(table, shared_of(row.model, row.benchmark, row.scorer, row.n, row.invalid,
                                   {row.scorer, row.primary, row.items, row.correct, row.unparsed,
                                    row.both, row.only_primary, row.only_this, row.flags}));
  figures.add_tested("accuracy", row.accuracy, row.low, row.high, "Wilson", "correct / n", row.p,
                     row.p_item,
                     row.primary            ? "none: the primary scorer itself"
                     : std::isfinite(row.p) ? row.test
                                            : "none: no answer has both labels",
                     row.note);
  const stats::Estimate unparsed = stats::wilson(row.unparsed, row.n, level);
  figures.add("unparsed_share", row.unparsed_share, unparsed.low.value_or(kUndefined),
              unparsed.high.value_or(kUndefined), "Wilson",
              "answers from which nothing could be read / n", row.note);
  figures.add("score_mean", row.score_mean, kUndefined, kUndefined,
              "none: equals the accuracy where scores are 0 or 1", "mean soft score",
              row.note.empty() ? "the scorer gives no soft scores" : row.note);
  if (!std::isfinite(row.yes_ratio)) return;
  const stats::Estimate said = stats::wilson(row.said_yes, row.n, level);
  figures.add("yes_ratio", row.yes_ratio, said.low.value_or(kUndefined),
              said.high.value_or(kUndefined), "Wilson", "answers read as yes / n", row.note);
  const auto ratio = [&](const char* statistic, double estimate, std::int64_t n,
                         const char* method) {
    const stats::Estimate share = stats::wilson(row.both_yes, n, level);
    figures.add(statistic, estimate, share.low.value_or(kUndefined),
                share.high.value_or(kUndefined), "Wilson", method, row.note, n, row.items - n);
  };
  ratio("precision", row.precision, row.said_yes, "right among the n answers read as yes");
  ratio("recall", row.recall, row.reference_yes,
        "answers read as yes among the n whose reference is yes");
  figures.add("f1", row.f1, kUndefined, kUndefined, "none: a mean of two ratios",
              "harmonic mean of precision and recall", row.note);
  figures.add("yes_share", row.yes_share, kUndefined, kUndefined, "none: a fact of the set",
              "references that are yes / n", row.note);
}

}  // namespace

Table table_label_audit(const Results& results, const RunFacts& facts) {
  Table table = long_table("label_audit", "Label audit: the same answers under each scorer", facts,
                           {"scorer", "primary", "items", "correct", "unparsed", "both",
                            "only_primary", "only_this", "flags"});
  table.entity = {"model", "benchmark", "scorer"};
  head(table, 3,
       {"Model", "Set", "Scorer", "n", "Invalid", "Accuracy", "Interval", "Unparsed", "Soft mean",
        "Yes ratio", "Precision", "Recall", "F1", "p", "Flag"});
  table.numeric.back() = false;
  People people(table);
  TableNotes notes;
  for (const ScorerRow& row : results.scorers) {
    add_scorer(table, row, facts.level);
    const bool flagged = row.flags.find(kExtractionFailure) != std::string::npos;
    const bool yes_no = std::isfinite(row.yes_ratio);
    const auto of_yes = [&](const std::string& text) { return yes_no ? text : std::string("-"); };
    const std::string soft = people.cell(
        percent(row.score_mean), row.note.empty() ? "the scorer gives no soft scores" : row.note);
    people.add(
        {row.model, display_set(row.benchmark),
         row.primary ? row.scorer + " (primary)" : row.scorer, count(row.n), count(row.invalid),
         percent(row.accuracy), percent_interval(row.low, row.high), percent(row.unparsed_share),
         soft, of_yes(percent(row.yes_ratio)), of_yes(fixed(row.precision, 3)),
         of_yes(fixed(row.recall, 3)), of_yes(fixed(row.f1, 3)), row.primary ? "-" : p_text(row.p),
         flagged ? "far below chance" : "-"},
        row.note.empty() ? "no answer has a label under both scorers" : row.note);
    if (row.n > 0)
      notes.add(row.note, concat(row.model, ", ", display_set(row.benchmark), ", ", row.scorer));
  }
  table.notes.push_back(
      "Every statistic uses the primary scorer. Interval: Wilson's. Unparsed: share of answers "
      "from which the rule read nothing, or on a yes/no set a wrong answer that it read as neither "
      "yes nor no. p: difference from the primary scorer on the same answers; p adjusted over the "
      "table of a model (Benjamini-Hochberg) is in the CSV.");
  table.notes.push_back(
      "Flag: a yes/no set whose references are 40 to 60 % yes, with a Wilson interval below 50 %: "
      "on such a set a rule that reads the answers rightly does not fall far below chance, so the "
      "extraction has probably failed. Yes ratio, precision, recall, F1: positive class = yes, "
      "yes/no sets only. '-': not a yes/no set, the primary scorer itself, or no flag.");
  notes.write(table);
  const std::string tests = tests_sentence(table);
  if (!tests.empty()) table.notes.push_back(tests);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has labels.");
  adjust_within(table, "label audit");
  return table;
}

Table table_label_agreement(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("label_agreement", "Label audit: agreement of every pair of scorers", facts,
                 {"scorer_a", "scorer_b", "both_correct", "only_a", "only_b", "both_incorrect"});
  table.entity = {"model", "benchmark", "scorer_a", "scorer_b"};
  head(table, 4,
       {"Model", "Set", "Scorer A", "Scorer B", "n", "Invalid", "Equal", "Interval", "Kappa",
        "Right only by A", "Right only by B", "p"});
  People people(table);
  for (const ScorerPairRow& row : results.scorer_pairs) {
    const std::int64_t invalid = unused(items_of(results, row.model, row.benchmark), row.n);
    Figures figures(table, shared_of(row.model, row.benchmark,
                                     row.scorer_a + " and " + row.scorer_b, row.n, invalid,
                                     {row.scorer_a, row.scorer_b, row.both_correct, row.only_a,
                                      row.only_b, row.both_incorrect}));
    figures.add_tested("equal", row.equal, row.low, row.high, "Wilson",
                       "share of answers with the same label", row.p, row.p_item, row.test,
                       std::isfinite(row.equal) ? "" : row.note);
    figures.add("kappa", row.kappa, row.kappa_low, row.kappa_high, row.kappa_interval,
                "Cohen's kappa", row.note);
    people.add({row.model, display_set(row.benchmark), row.scorer_a, row.scorer_b, count(row.n),
                count(invalid), percent(row.equal), percent_interval(row.low, row.high),
                fixed(row.kappa, 3), count(row.only_a), count(row.only_b), p_text(row.p)},
               row.note);
  }
  table.notes.push_back(
      "Equal: share of answers with the same label under both rules, with Wilson's interval; "
      "invalid: items without a label under one of them. Kappa: Cohen's, 1 = always the same "
      "label, "
      "0 = as often as by chance; its interval is in the CSV. p adjusted over the table of a model "
      "(Benjamini-Hochberg) is in the CSV.");
  const std::string tests = tests_sentence(table);
  if (!tests.empty()) table.notes.push_back(tests);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No set of this run has two scorers.");
  adjust_within(table, "label agreement");
  return table;
}

Table table_label_signals(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("label_signals", "Label audit: every signal's AUROC under each scorer", facts,
                 {"signal", "path", "scorer", "orientation", "correct", "beats_format", "flags"});
  table.entity = {"model", "benchmark", "signal", "scorer"};
  head(table, 4,
       {"Model", "Set", "Signal", "Scorer", "n", "Invalid", "AUROC", "Interval", "Over form",
        "Interval", "Beats form"});
  People people(table);
  for (const LabelSignalRow& row : results.label_signals) {
    Figures figures(
        table,
        shared_of(row.model, row.benchmark, row.signal + " under " + row.scorer, row.n, row.invalid,
                  {row.signal, row.path, row.scorer, row.orientation, row.correct,
                   row.beats_format < 0    ? std::string("undefined")
                   : row.beats_format == 1 ? std::string("yes")
                                           : std::string("no"),
                   row.flags}));
    const std::string no_form = row.note.empty()
                                    ? "the answer's form has no out-of-fold score under this scorer"
                                    : row.note;
    figures.add_tested("auroc", row.auroc, row.low, row.high, row.interval,
                       "AUROC in the declared orientation", row.p, row.p_item, row.test, row.note);
    figures.add_tested("over_format", row.over_format, row.over_low, row.over_high, row.interval,
                       "AUROC minus that of the answer's form, same items", row.over_p,
                       row.over_p_item, row.over_test,
                       std::isfinite(row.over_format) ? std::string() : no_form);
    if (!is_main(row.signal)) continue;
    people.add(
        {row.model, display_set(row.benchmark), display_name(row.signal), row.scorer, count(row.n),
         count(row.invalid), people.cell(fixed(row.auroc, 3), row.note),
         people.cell(
             interval_text(row.low, row.high, 3),
             row.note.empty() ? "a constant score or a perfect order has no variance" : row.note),
         fixed(row.over_format, 3, true), interval_text(row.over_low, row.over_high, 3, true),
         row.beats_format < 0    ? "n/a"
         : row.beats_format == 1 ? "yes"
                                 : "no"},
        no_form);
  }
  table.notes.push_back(
      "AUROC in the declared orientation. Kinds of the intervals and tests: CSV; the table of "
      "signals "
      "has the bootstrap interval for the primary scorer. Probes were fitted to the primary "
      "scorer's labels, whatever scorer they are held against.");
  table.notes.push_back(
      "Over form: difference from the out-of-fold probe of the answers' length and form on the "
      "same items (paired). Beats form: that interval lies above 0 and the signal's own "
      "above 0.5; a signal that does not says no more than the form of the answer does.");
  table.notes.push_back("All signals are in the CSV and JSON forms; here are the main ones.");
  const std::string tests = tests_sentence(table);
  if (!tests.empty()) table.notes.push_back(tests);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has signals and labels.");
  adjust_within(table, "signals by scorer");
  return table;
}

Table table_format_confound(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("format_confound", "Label audit: what length and form of the answer predict",
                 facts, {"scorer", "correct", "groups", "folds", "features", "flags"});
  table.entity = {"model", "benchmark", "scorer"};
  head(table, 3, {"Model", "Set", "Scorer", "n", "Invalid", "AUROC", "Interval", "p", "Confound"});
  table.numeric.back() = false;
  People people(table);
  std::string features;
  for (const FormatRow& row : results.formats) {
    const bool confound = row.flags.find("confound") != std::string::npos;
    Figures figures(
        table,
        shared_of(row.model, row.benchmark, "form of the answer", row.n, row.invalid,
                  {row.scorer, row.correct, row.groups, row.folds, row.features, row.flags}));
    figures.add_tested("auroc", row.auroc, row.low, row.high, row.interval,
                       "ridge logistic regression on the answer's form, out of fold by image",
                       row.p, row.p_item, row.test, row.note);
    people.add({row.model, display_set(row.benchmark), row.scorer, count(row.n), count(row.invalid),
                fixed(row.auroc, 3), interval_text(row.low, row.high, 3), p_text(row.p),
                std::isnan(row.auroc) ? "n/a"
                : confound            ? "yes"
                                      : "no"},
               row.note.empty() ? "the out-of-fold scores are constant or of one class" : row.note);
    features = row.features;
  }
  table.notes.push_back(concat(
      "A ridge logistic regression of the label on the answer's form alone (",
      features.empty() ? "no features" : join(split(features, ','), ", "),
      "), out of fold over 5 folds by image. Confound: its interval lies above 0.5, so that the "
      "form of the answer already tells right from wrong under this scorer. p adjusted over the "
      "table of "
      "a model (Benjamini-Hochberg) is in the CSV."));
  const std::string tests = tests_sentence(table);
  if (!tests.empty()) table.notes.push_back(tests);
  people.write();
  if (table.rows.empty()) table.notes.push_back("No cell of this run has answers with labels.");
  adjust_within(table, "form of the answer");
  return table;
}

}  // namespace vrp
