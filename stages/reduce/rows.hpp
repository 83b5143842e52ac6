#pragma once
// What reduce returns: one frame (a set of equally long columns PREFIX/COLUMN) for each kind of
// row. Undefined numbers are NaN in the record, always with a note that says why; tables print them
// as empty or "n/a".
#include <cmath>
#include <cstdint>
#include <string>

#include "pipeline/store/frame.hpp"

namespace vrp {

/// Frame "statistic": one statistic of one signal (or of the answers, signal "").
struct StatRow {
  std::string model, benchmark;
  std::string signal;     ///< short name, unique in its cell: "h_s", "s_sc", "p_tok"
  std::string path;       ///< dataset it came from: "metrics/h_s"
  std::string statistic;  ///< accuracy, r, auroc, auroc_within_type, precision_at_sc1, aurc ...
  std::string label;  ///< scorer that gave y: "yes_no@1"; "majority:yes_no@1" for majority answers
  std::int64_t orientation = 0;  ///< declared: 1 = larger means right, -1, 0 = none
  std::int64_t n = 0;            ///< items used
  std::int64_t correct = 0;      ///< of these, y = 1
  std::int64_t invalid = 0;      ///< items of the cell that could not be used: the next three
  std::int64_t failed = 0, unlabelled = 0, undefined = 0;
  std::int64_t groups = 0;  ///< groups among the n
  std::int64_t pairs = 0;   ///< pairs compared, AUROC within type only
  double estimate = kUndefined;
  double low = kUndefined, high = kUndefined;
  std::string interval;  ///< what low and high are
  double low_bca = kUndefined, high_bca = kUndefined;
  double low_item_bca = kUndefined, high_item_bca = kUndefined;
  double low_fisher = kUndefined, high_fisher = kUndefined;
  /// S_SC: limits that also allow for the paths that happened to be sampled.
  double low_hier = kUndefined, high_hier = kUndefined;
  std::string interval_hier;          ///< what they are, or "none: why"; "" where not computed
  double p = kUndefined;              ///< cluster-robust wherever the bootstrap draws images
  double p_item = kUndefined;         ///< with items taken as independent
  double se = kUndefined;             ///< standard error behind p
  double detectable = kUndefined;     ///< smallest distance from the null: 80 % power, 0.05
  double design_effect = kUndefined;  ///< variance with images as clusters / with items alone
  std::string test;                   ///< what p tests
  std::string method;                 ///< definition, interval and deviations from the paper
  std::int64_t replicates = 0, skipped = 0;  ///< resamples drawn, and those without a value
  std::int64_t seed = 0;
  std::string flags;  ///< "constant", "single_class" ...; comma-separated
  std::string note;   ///< why something is undefined; "" otherwise

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &StatRow::model, "", "model");
    visit("benchmark", &StatRow::benchmark, "", "benchmark, or the pooled set");
    visit("signal", &StatRow::signal, "", "signal; empty for a statistic of the answers");
    visit("path", &StatRow::path, "", "dataset of the signal");
    visit("statistic", &StatRow::statistic, "", "statistic");
    visit("label", &StatRow::label, "", "scorer that gave the labels");
    visit("orientation", &StatRow::orientation, "1", "declared sign: 1 larger means right");
    visit("n", &StatRow::n, "items", "items used");
    visit("correct", &StatRow::correct, "items", "correct items among those used");
    visit("invalid", &StatRow::invalid, "items", "items not used");
    visit("failed", &StatRow::failed, "items", "not used: no answer");
    visit("unlabelled", &StatRow::unlabelled, "items", "not used: no label");
    visit("undefined", &StatRow::undefined, "items", "not used: signal not defined");
    visit("groups", &StatRow::groups, "groups", "images among the items used");
    visit("pairs", &StatRow::pairs, "pairs", "pairs of items of one question type");
    visit("estimate", &StatRow::estimate, "1", "estimate; NaN = undefined, see note");
    visit("low", &StatRow::low, "1", "lower limit");
    visit("high", &StatRow::high, "1", "upper limit");
    visit("interval", &StatRow::interval, "", "kind of the interval low..high");
    visit("low_bca", &StatRow::low_bca, "1", "lower BCa limit, same resampling unit");
    visit("high_bca", &StatRow::high_bca, "1", "upper BCa limit, same resampling unit");
    visit("low_item_bca", &StatRow::low_item_bca, "1", "lower BCa limit over items");
    visit("high_item_bca", &StatRow::high_item_bca, "1", "upper BCa limit over items");
    visit("low_fisher", &StatRow::low_fisher, "1", "lower Fisher limit (R only)");
    visit("high_fisher", &StatRow::high_fisher, "1", "upper Fisher limit (R only)");
    visit("low_hier", &StatRow::low_hier, "1", "S_SC: lower limit that allows for the paths");
    visit("high_hier", &StatRow::high_hier, "1", "S_SC: upper limit that allows for the paths");
    visit("interval_hier", &StatRow::interval_hier, "", "kind of the interval low_hier..high_hier");
    visit("p", &StatRow::p, "probability", "two-sided p before adjustment, of the named test");
    visit("p_item", &StatRow::p_item, "probability", "p with items taken as independent");
    visit("se", &StatRow::se, "1", "standard error behind p");
    visit("detectable", &StatRow::detectable, "1",
          "smallest distance from the null that 80 % power finds at two-sided 0.05");
    visit("design_effect", &StatRow::design_effect, "1",
          "variance with images as clusters / variance with items as independent");
    visit("test", &StatRow::test, "", "what p tests");
    visit("method", &StatRow::method, "", "definition and deviations");
    visit("replicates", &StatRow::replicates, "resamples", "bootstrap resamples");
    visit("skipped", &StatRow::skipped, "resamples", "resamples without a value");
    visit("seed", &StatRow::seed, "", "master seed");
    visit("flags", &StatRow::flags, "", "constant, single_class, ...");
    visit("note", &StatRow::note, "", "why something is undefined");
  }
};

/// Frame "balance": how the answers of one question type (type "" = all) were judged by the
/// primary scorer.
struct BalanceRow {
  std::string model, benchmark, type, label;
  std::int64_t items = 0, n = 0, correct = 0, incorrect = 0;
  std::int64_t unparsed = 0;  ///< among the incorrect (or correct): nothing could be read from them
  std::int64_t empty = 0;     ///< empty answers among the n
  std::int64_t failed = 0, unlabelled = 0;
  std::int64_t reference_yes = 0, said_yes = 0, both_yes = 0;  ///< of the n, yes/no sets only
  double accuracy = kUndefined, low = kUndefined, high = kUndefined, majority_rate = kUndefined;
  double precision = kUndefined, recall = kUndefined, f1 = kUndefined, yes_ratio = kUndefined;
  std::string note;
  double unparsed_share() const {
    return n == 0 ? kUndefined : static_cast<double>(unparsed) / static_cast<double>(n);
  }

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &BalanceRow::model, "", "model");
    visit("benchmark", &BalanceRow::benchmark, "", "benchmark, or the pooled set");
    visit("type", &BalanceRow::type, "", "question type; empty = all");
    visit("label", &BalanceRow::label, "", "scorer that gave the labels");
    visit("items", &BalanceRow::items, "items", "items asked");
    visit("n", &BalanceRow::n, "items", "items with a label");
    visit("correct", &BalanceRow::correct, "items", "correct");
    visit("incorrect", &BalanceRow::incorrect, "items", "incorrect");
    visit("unparsed", &BalanceRow::unparsed, "items", "answers from which nothing could be read");
    visit("empty", &BalanceRow::empty, "items", "empty answers");
    visit("failed", &BalanceRow::failed, "items", "no answer");
    visit("unlabelled", &BalanceRow::unlabelled, "items", "an answer without a label");
    visit("reference_yes", &BalanceRow::reference_yes, "items", "yes/no sets: reference is yes");
    visit("said_yes", &BalanceRow::said_yes, "items", "yes/no sets: answer read as yes");
    visit("both_yes", &BalanceRow::both_yes, "items", "yes/no sets: both");
    visit("accuracy", &BalanceRow::accuracy, "1", "correct / n");
    visit("low", &BalanceRow::low, "1", "lower Wilson limit");
    visit("high", &BalanceRow::high, "1", "upper Wilson limit");
    visit("majority_rate", &BalanceRow::majority_rate, "1", "share of the larger class of labels");
    visit("precision", &BalanceRow::precision, "1", "yes/no sets: positive = yes");
    visit("recall", &BalanceRow::recall, "1", "yes/no sets: positive = yes");
    visit("f1", &BalanceRow::f1, "1", "yes/no sets: positive = yes");
    visit("yes_ratio", &BalanceRow::yes_ratio, "1", "yes/no sets: predicted yes / n");
    visit("note", &BalanceRow::note, "", "why something is undefined");
  }
};

/// Frame "agreement": items whose share of equal sampled answers S_SC is `level`.
struct AgreementRow {
  std::string model, benchmark, label;
  double level = 0;                 ///< k/K, k = 1..K
  std::int64_t n = 0, correct = 0;  ///< at this level
  std::int64_t invalid = 0;         ///< items without label or S_SC, whatever the level
  std::int64_t between = 0;         ///< items at no level (fewer than K valid paths)
  double precision = kUndefined, low = kUndefined, high = kUndefined;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &AgreementRow::model, "", "model");
    visit("benchmark", &AgreementRow::benchmark, "", "benchmark, or the pooled set");
    visit("label", &AgreementRow::label, "", "scorer that gave the labels");
    visit("level", &AgreementRow::level, "1",
          "S_SC: share of the K sampled answers that are equal");
    visit("n", &AgreementRow::n, "items", "items at this level");
    visit("correct", &AgreementRow::correct, "items", "correct items at this level");
    visit("invalid", &AgreementRow::invalid, "items", "items without label or S_SC, all levels");
    visit("between", &AgreementRow::between, "items", "items at no level: fewer valid paths");
    visit("precision", &AgreementRow::precision, "1", "correct / n");
    visit("low", &AgreementRow::low, "1", "lower Wilson limit");
    visit("high", &AgreementRow::high, "1", "upper Wilson limit");
    visit("note", &AgreementRow::note, "", "why something is undefined");
  }
};

/// Frame "risk_coverage": share of wrong answers among the `coverage` best by a signal.
struct CurveRow {
  std::string model, benchmark, signal;
  std::int64_t n = 0;
  double coverage = 0, risk = 0;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &CurveRow::model, "", "model");
    visit("benchmark", &CurveRow::benchmark, "", "benchmark, or the pooled set");
    visit("signal", &CurveRow::signal, "", "signal that orders the items");
    visit("n", &CurveRow::n, "items", "items used");
    visit("coverage", &CurveRow::coverage, "1", "share of items answered");
    visit("risk", &CurveRow::risk, "1", "share of wrong answers among them");
  }
};

/// Frame "reliability": one bin of a probability-like signal.
struct BinRow {
  std::string model, benchmark, signal;
  double lower = 0, upper = 0;
  std::int64_t n = 0, correct = 0;
  double confidence = kUndefined, accuracy = kUndefined, low = kUndefined, high = kUndefined;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &BinRow::model, "", "model");
    visit("benchmark", &BinRow::benchmark, "", "benchmark, or the pooled set");
    visit("signal", &BinRow::signal, "", "signal read as a probability");
    visit("lower", &BinRow::lower, "1", "lower end of the bin");
    visit("upper", &BinRow::upper, "1", "upper end of the bin");
    visit("n", &BinRow::n, "items", "items in the bin");
    visit("correct", &BinRow::correct, "items", "correct items in the bin");
    visit("confidence", &BinRow::confidence, "1", "mean signal in the bin; NaN = empty bin");
    visit("accuracy", &BinRow::accuracy, "1", "correct / n; NaN = empty bin");
    visit("low", &BinRow::low, "1", "lower Wilson limit");
    visit("high", &BinRow::high, "1", "upper Wilson limit");
  }
};

/// Frame "set": what each benchmark gave to the pooled set.
struct SetRow {
  std::string model, benchmark, set;
  std::int64_t items = 0, used = 0, correct = 0, failed = 0, unlabelled = 0, duplicates = 0;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &SetRow::model, "", "model");
    visit("benchmark", &SetRow::benchmark, "", "the pooled set");
    visit("set", &SetRow::set, "", "benchmark that was pooled, or was not");
    visit("items", &SetRow::items, "items", "items of the benchmark");
    visit("used", &SetRow::used, "items", "items with a label in the pooled set");
    visit("correct", &SetRow::correct, "items", "correct items among those used");
    visit("failed", &SetRow::failed, "items", "no answer");
    visit("unlabelled", &SetRow::unlabelled, "items", "an answer without a label");
    visit("duplicates", &SetRow::duplicates, "items", "same image and question as an earlier item");
    visit("note", &SetRow::note, "", "why the benchmark is not pooled");
  }
};

}  // namespace vrp
