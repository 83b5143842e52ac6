// Tables of the label audit: scorers side by side, their agreement, signals under each of them, the
// format of the answers alone, and the benchmarks' own figures.
#include <algorithm>
#include <set>

#include "pipeline/base/error.hpp"
#include "stages/reduce/label_audit.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/official_rows.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {
namespace {

constexpr const char* kMainSignals[] = {"h_s",          "c_k",         "mass",          "iou",
                                        "p_tok",        "confidence",  "logit_entropy", "s_sc",
                                        "hidden_probe", "linear_probe"};

std::string count(std::int64_t value) { return std::to_string(value); }

bool is_main(const std::string& signal) {
  return std::find(std::begin(kMainSignals), std::end(kMainSignals), signal) !=
         std::end(kMainSignals);
}

std::string limits(double low, double high) {
  return std::isnan(low) ? "n/a" : concat("[", fixed(low, 3), ", ", fixed(high, 3), "]");
}

Table blank(const char* id, const char* title, const RunFacts& facts) {
  Table table;
  table.id = id;
  table.title = title;
  table.partial = facts.partial;
  return table;
}

/// Headings for people: the first `texts` of them left-aligned, the others right-aligned.
void head(Table& table, std::size_t texts, std::vector<std::string> headers) {
  table.headers = std::move(headers);
  for (std::size_t i = 0; i < table.headers.size(); ++i) table.numeric.push_back(i >= texts);
}

std::string place(const std::string& model, const std::string& benchmark,
                  const std::string& scorer) {
  return concat(model, ", ", display_set(benchmark), ", ", scorer);
}

}  // namespace

Table table_label_audit(const Results& results, const RunFacts& facts) {
  Table table = blank("label_audit", "Label audit: the same answers under each scorer", facts);
  table.columns = {"table",      "model",
                   "benchmark",  "scorer",
                   "primary",    "items",
                   "n",          "correct",
                   "unparsed",   "invalid",
                   "accuracy",   "low",
                   "high",       "unparsed_share",
                   "score_mean", "yes_ratio",
                   "precision",  "recall",
                   "f1",         "yes_share",
                   "both",       "only_primary",
                   "only_this",  "p",
                   "flags",      "note"};
  head(table, 3,
       {"Model", "Set", "Scorer", "n", "Accuracy", "Wilson interval", "Unparsed", "Soft mean",
        "Yes ratio", "Precision", "Recall", "F1", "Invalid", "McNemar p", "Flag"});
  for (const ScorerRow& row : results.scorers) {
    const bool flagged = row.flags.find(kExtractionFailure) != std::string::npos;
    table.add({table.id,       row.model,
               row.benchmark,  row.scorer,
               row.primary,    row.items,
               row.n,          row.correct,
               row.unparsed,   row.invalid,
               row.accuracy,   row.low,
               row.high,       row.unparsed_share,
               row.score_mean, row.yes_ratio,
               row.precision,  row.recall,
               row.f1,         row.yes_share,
               row.both,       row.only_primary,
               row.only_this,  row.p,
               row.flags,      row.note},
              {row.model, display_set(row.benchmark),
               row.primary ? row.scorer + " (primary)" : row.scorer, count(row.n),
               percent(row.accuracy), percent_interval(row.low, row.high),
               percent(row.unparsed_share), percent(row.score_mean), percent(row.yes_ratio),
               fixed(row.precision, 3), fixed(row.recall, 3), fixed(row.f1, 3), count(row.invalid),
               row.primary ? "-" : p_text(row.p), flagged ? "far below chance" : "-"});
    if (!row.note.empty())
      table.notes.push_back(
          concat(place(row.model, row.benchmark, row.scorer), ": ", row.note, "."));
  }
  table.notes.push_back(
      "Every statistic uses the primary scorer. Unparsed: share of answers from which the rule "
      "read "
      "nothing, or on a yes/no set a wrong answer that it read as neither yes nor no. McNemar: "
      "exact p of the difference from the primary scorer on the same answers, not adjusted.");
  table.notes.push_back(
      "Flag: a yes/no set whose references are 40 to 60 % yes, with a Wilson interval below 50 %: "
      "on such a set a rule that reads the answers rightly does not fall far below chance, so the "
      "extraction has probably failed. Yes ratio, precision, recall, F1: positive class = yes, "
      "yes/no sets only.");
  return table;
}

Table table_label_agreement(const Results& results, const RunFacts& facts) {
  Table table = blank("label_agreement", "Label audit: agreement of every pair of scorers", facts);
  table.columns = {"table", "model",        "benchmark", "scorer_a", "scorer_b",
                   "n",     "both_correct", "only_a",    "only_b",   "both_incorrect",
                   "equal", "low",          "high",      "kappa",    "p",
                   "note"};
  head(table, 4,
       {"Model", "Set", "Scorer A", "Scorer B", "n", "Equal", "Wilson interval", "Kappa",
        "Right only by A", "Right only by B", "McNemar p"});
  TableNotes notes;
  for (const ScorerPairRow& row : results.scorer_pairs) {
    table.add({table.id, row.model, row.benchmark, row.scorer_a, row.scorer_b, row.n,
               row.both_correct, row.only_a, row.only_b, row.both_incorrect, row.equal, row.low,
               row.high, row.kappa, row.p, row.note},
              {row.model, display_set(row.benchmark), row.scorer_a, row.scorer_b, count(row.n),
               percent(row.equal), percent_interval(row.low, row.high), fixed(row.kappa, 3),
               count(row.only_a), count(row.only_b), p_text(row.p)});
    if (!row.note.empty())
      notes.add(row.note, place(row.model, row.benchmark, row.scorer_a + " and " + row.scorer_b));
  }
  notes.write(table);
  table.notes.push_back(
      "Equal: share of answers with the same label under both rules. Kappa: Cohen's, 1 = always "
      "the same label, 0 = as often as by chance. McNemar: exact p, not adjusted.");
  return table;
}

Table table_label_signals(const Results& results, const RunFacts& facts) {
  Table table =
      blank("label_signals", "Label audit: every signal's AUROC under each scorer", facts);
  table.columns = {"table",       "model", "benchmark",   "signal",   "path",      "scorer",
                   "orientation", "n",     "correct",     "invalid",  "auroc",     "low",
                   "high",        "p",     "over_format", "over_low", "over_high", "beats_format",
                   "flags",       "note"};
  head(table, 4,
       {"Model", "Set", "Signal", "Scorer", "n", "AUROC", "DeLong interval", "Over form",
        "Interval", "Beats form"});
  for (const LabelSignalRow& row : results.label_signals) {
    std::vector<std::string> people;
    if (is_main(row.signal))
      people = {row.model,
                display_set(row.benchmark),
                display_name(row.signal),
                row.scorer,
                count(row.n),
                fixed(row.auroc, 3),
                limits(row.low, row.high),
                fixed(row.over_format, 3, true),
                limits(row.over_low, row.over_high),
                row.beats_format < 0    ? "n/a"
                : row.beats_format == 1 ? "yes"
                                        : "no"};
    table.add(
        {table.id,        row.model, row.benchmark,   row.signal,   row.path,      row.scorer,
         row.orientation, row.n,     row.correct,     row.invalid,  row.auroc,     row.low,
         row.high,        row.p,     row.over_format, row.over_low, row.over_high, row.beats_format,
         row.flags,       row.note},
        std::move(people));
  }
  table.notes.push_back(
      "AUROC in the declared orientation. Intervals and p: DeLong, items taken as independent; the "
      "table of signals has the interval over images for the primary scorer. Probes were fitted to "
      "the primary scorer's labels, whatever scorer they are held against.");
  table.notes.push_back(
      "Over form: difference from the out-of-fold probe of the answers' length and form on the "
      "same items (paired DeLong). Beats form: that interval lies above 0 and the signal's own "
      "above 0.5; a signal that does not says no more than the form of the answer does.");
  table.notes.push_back("All signals are in the CSV and JSON forms; here are the main ones.");
  return table;
}

Table table_format_confound(const Results& results, const RunFacts& facts) {
  Table table =
      blank("format_confound", "Label audit: what length and form of the answer predict", facts);
  table.columns = {"table",    "model",  "benchmark", "scorer", "n",   "correct",
                   "invalid",  "groups", "folds",     "auroc",  "low", "high",
                   "interval", "p",      "features",  "flags",  "note"};
  head(table, 3, {"Model", "Set", "Scorer", "n", "AUROC", "Interval", "p", "Confound"});
  TableNotes notes;
  std::string features;
  for (const FormatRow& row : results.formats) {
    const bool confound = row.flags.find("confound") != std::string::npos;
    table.add({table.id, row.model, row.benchmark, row.scorer, row.n, row.correct, row.invalid,
               row.groups, row.folds, row.auroc, row.low, row.high, row.interval, row.p,
               row.features, row.flags, row.note},
              {row.model, display_set(row.benchmark), row.scorer, count(row.n), fixed(row.auroc, 3),
               limits(row.low, row.high), p_text(row.p),
               std::isnan(row.auroc) ? "n/a"
               : confound            ? "yes"
                                     : "no"});
    if (!row.note.empty()) notes.add(row.note, place(row.model, row.benchmark, row.scorer));
    features = row.features;
  }
  notes.write(table);
  table.notes.push_back(concat(
      "A ridge logistic regression of the label on the answer's form alone (",
      features.empty() ? "no features" : features,
      "), out of fold over 5 folds by image. Confound: its interval lies above 0.5, so that the "
      "form of the answer already tells right from wrong under this scorer."));
  return table;
}

namespace {

/// People see every figure of the primary scorer, and those over whole sets of the others.
bool for_people(const OfficialRow& row, const std::set<std::string>& primary) {
  return is_of_whole_set(row) || primary.contains(place(row.model, row.benchmark, row.scorer));
}

}  // namespace

Table table_official_figures(const Results& results, const RunFacts& facts) {
  Table table = blank("official_figures", "The benchmarks' own figures", facts);
  table.columns = {"table",  "model", "benchmark", "scorer", "group_kind", "group",
                   "figure", "n",     "value",     "unit",   "definition", "note"};
  head(table, 5, {"Model", "Set", "Scorer", "Group", "Figure", "n", "Value", "Unit"});
  TableNotes notes;
  std::set<std::string> primary;
  for (const ScorerRow& row : results.scorers)
    if (row.primary) primary.insert(place(row.model, row.benchmark, row.scorer));
  for (const OfficialRow& row : results.official) {
    using Texts = std::vector<std::string>;
    const std::string group =
        row.group_kind == row.group ? row.group : row.group_kind + ": " + row.group;
    table.add({table.id, row.model, row.benchmark, row.scorer, row.group_kind, row.group,
               row.figure, row.n, row.value, row.unit, row.definition, row.note},
              for_people(row, primary)
                  ? Texts{row.model, display_set(row.benchmark), row.scorer, group, row.figure,
                          count(row.n), fixed(row.value, row.unit == "1" ? 3 : 2),
                          row.unit == "1" ? "-" : row.unit}
                  : Texts{});
    if (!row.note.empty())
      notes.add(row.note,
                place(row.model, row.benchmark, row.scorer + ", " + group + ", " + row.figure));
  }
  notes.write(table);
  if (table.display.size() < table.rows.size())
    table.notes.push_back(
        "Shown: every figure under the primary scorer, those over whole sets under the others; the "
        "rest is in the CSV and JSON.");
  if (results.official.empty()) table.notes.push_back("No set of this run has figures of its own.");
  return table;
}

}  // namespace vrp
