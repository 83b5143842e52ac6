#pragma once
// Frames of the label audit: what the choice of a scorer, and the form of the answers alone, do to
// the figures. NaN = not defined, with a note that says why.
#include <cstdint>
#include <string>

#include "pipeline/store/frame.hpp"

namespace vrp {

/// Frame "scorer": the same answers under each scorer.
struct ScorerRow {
  std::string model, benchmark, scorer;
  std::int64_t primary = 0;
  std::int64_t items = 0, n = 0, correct = 0, unparsed = 0, invalid = 0;
  double accuracy = kUndefined, low = kUndefined, high = kUndefined;
  double unparsed_share = kUndefined, score_mean = kUndefined;
  double precision = kUndefined, recall = kUndefined, f1 = kUndefined;
  double yes_ratio = kUndefined, yes_share = kUndefined;
  std::int64_t reference_yes = 0, said_yes = 0, both_yes = 0;  ///< of the n, yes/no sets only
  std::int64_t both = 0;          ///< items with a label under this and the primary scorer
  std::int64_t only_primary = 0;  ///< of these: correct under the primary scorer only
  std::int64_t only_this = 0;     ///< of these: correct under this scorer only
  double p = kUndefined, p_item = kUndefined;
  std::string test;   ///< what p tests
  std::string flags;  ///< "extraction_failure"
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &ScorerRow::model, "", "model");
    visit("benchmark", &ScorerRow::benchmark, "", "benchmark");
    visit("scorer", &ScorerRow::scorer, "", "scorer and version");
    visit("primary", &ScorerRow::primary, "1", "1 = the scorer that the statistics use");
    visit("items", &ScorerRow::items, "items", "items asked");
    visit("n", &ScorerRow::n, "items", "items with a label");
    visit("correct", &ScorerRow::correct, "items", "correct");
    visit("unparsed", &ScorerRow::unparsed, "items", "answers from which nothing could be read");
    visit("invalid", &ScorerRow::invalid, "items", "items without a label");
    visit("accuracy", &ScorerRow::accuracy, "1", "correct / n");
    visit("low", &ScorerRow::low, "1", "lower Wilson limit");
    visit("high", &ScorerRow::high, "1", "upper Wilson limit");
    visit("unparsed_share", &ScorerRow::unparsed_share, "1", "unparsed / n");
    visit("score_mean", &ScorerRow::score_mean, "1", "mean soft score");
    visit("precision", &ScorerRow::precision, "1", "yes/no sets: positive = yes");
    visit("recall", &ScorerRow::recall, "1", "yes/no sets: positive = yes");
    visit("f1", &ScorerRow::f1, "1", "yes/no sets: positive = yes");
    visit("yes_ratio", &ScorerRow::yes_ratio, "1", "yes/no sets: predicted yes / n");
    visit("yes_share", &ScorerRow::yes_share, "1", "yes/no sets: share of references that are yes");
    visit("reference_yes", &ScorerRow::reference_yes, "items", "yes/no sets: reference is yes");
    visit("said_yes", &ScorerRow::said_yes, "items", "yes/no sets: answer read as yes");
    visit("both_yes", &ScorerRow::both_yes, "items", "yes/no sets: both");
    visit("both", &ScorerRow::both, "items", "items labelled by this and the primary scorer");
    visit("only_primary", &ScorerRow::only_primary, "items", "correct under the primary one only");
    visit("only_this", &ScorerRow::only_this, "items", "correct under this one only");
    visit("p", &ScorerRow::p, "probability", "against the primary scorer, of the named test");
    visit("p_item", &ScorerRow::p_item, "probability", "exact McNemar against the primary scorer");
    visit("test", &ScorerRow::test, "", "what p tests");
    visit("flags", &ScorerRow::flags, "",
          "extraction_failure: balanced yes/no set, Wilson interval below 0.5");
    visit("note", &ScorerRow::note, "", "why something is undefined or flagged");
  }
};

/// Frame "scorer_pair": agreement of two scorers on the same answers.
struct ScorerPairRow {
  std::string model, benchmark, scorer_a, scorer_b;
  std::int64_t n = 0, both_correct = 0, only_a = 0, only_b = 0, both_incorrect = 0;
  double equal = kUndefined, low = kUndefined, high = kUndefined, kappa = kUndefined;
  double kappa_low = kUndefined, kappa_high = kUndefined, kappa_se = kUndefined;
  std::string kappa_interval;
  double p = kUndefined, p_item = kUndefined;
  std::string test, note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &ScorerPairRow::model, "", "model");
    visit("benchmark", &ScorerPairRow::benchmark, "", "benchmark");
    visit("scorer_a", &ScorerPairRow::scorer_a, "", "one scorer");
    visit("scorer_b", &ScorerPairRow::scorer_b, "", "another scorer");
    visit("n", &ScorerPairRow::n, "items", "items labelled by both");
    visit("both_correct", &ScorerPairRow::both_correct, "items", "correct under both");
    visit("only_a", &ScorerPairRow::only_a, "items", "correct under a only");
    visit("only_b", &ScorerPairRow::only_b, "items", "correct under b only");
    visit("both_incorrect", &ScorerPairRow::both_incorrect, "items", "incorrect under both");
    visit("equal", &ScorerPairRow::equal, "1", "share of equal labels");
    visit("low", &ScorerPairRow::low, "1", "lower Wilson limit of equal");
    visit("high", &ScorerPairRow::high, "1", "upper Wilson limit of equal");
    visit("kappa", &ScorerPairRow::kappa, "1", "Cohen's kappa");
    visit("kappa_low", &ScorerPairRow::kappa_low, "1", "lower limit of kappa");
    visit("kappa_high", &ScorerPairRow::kappa_high, "1", "upper limit of kappa");
    visit("kappa_se", &ScorerPairRow::kappa_se, "1", "standard error of kappa");
    visit("kappa_interval", &ScorerPairRow::kappa_interval, "", "kind of the interval of kappa");
    visit("p", &ScorerPairRow::p, "probability", "equally many right, of the named test");
    visit("p_item", &ScorerPairRow::p_item, "probability", "exact McNemar");
    visit("test", &ScorerPairRow::test, "", "what p tests");
    visit("note", &ScorerPairRow::note, "", "why something is undefined");
  }
};

/// Frame "format_confound": how well length and form of the answer alone predict the label.
struct FormatRow {
  std::string model, benchmark, scorer;
  std::int64_t n = 0, correct = 0, invalid = 0, groups = 0, folds = 0;
  std::string features;  ///< comma-separated
  double auroc = kUndefined, low = kUndefined, high = kUndefined;
  std::string interval;
  double p = kUndefined, p_item = kUndefined, se = kUndefined;
  std::string test, flags, note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &FormatRow::model, "", "model");
    visit("benchmark", &FormatRow::benchmark, "", "benchmark");
    visit("scorer", &FormatRow::scorer, "", "scorer that gave the labels");
    visit("n", &FormatRow::n, "items", "items with an out-of-fold score");
    visit("correct", &FormatRow::correct, "items", "correct items among them");
    visit("invalid", &FormatRow::invalid, "items", "items without label or score");
    visit("groups", &FormatRow::groups, "groups", "images among the n");
    visit("folds", &FormatRow::folds, "folds", "folds by image");
    visit("features", &FormatRow::features, "", "features of the answer's form");
    visit("auroc", &FormatRow::auroc, "1", "AUROC of the out-of-fold scores");
    visit("low", &FormatRow::low, "1", "lower limit");
    visit("high", &FormatRow::high, "1", "upper limit");
    visit("interval", &FormatRow::interval, "", "kind of the interval low..high");
    visit("p", &FormatRow::p, "probability", "AUROC = 0.5, of the named test");
    visit("p_item", &FormatRow::p_item, "probability", "DeLong, items taken as independent");
    visit("se", &FormatRow::se, "1", "standard error behind p");
    visit("test", &FormatRow::test, "", "what p tests");
    visit("flags", &FormatRow::flags, "", "single_class, confound ...");
    visit("note", &FormatRow::note, "", "why something is undefined");
  }
};

/// Frame "label_signal": AUROC of a signal under one scorer, beside that of the answer's form.
struct LabelSignalRow {
  std::string model, benchmark, signal, path, scorer;
  std::int64_t orientation = 0, n = 0, correct = 0, invalid = 0;
  double auroc = kUndefined, low = kUndefined, high = kUndefined;
  std::string interval;
  double p = kUndefined, p_item = kUndefined, se = kUndefined;
  std::string test;
  double over_format = kUndefined, over_low = kUndefined, over_high = kUndefined;
  double over_p = kUndefined, over_p_item = kUndefined;
  std::string over_test;
  std::int64_t beats_format = -1;  ///< 1 yes, 0 no, -1 undefined
  std::string flags, note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &LabelSignalRow::model, "", "model");
    visit("benchmark", &LabelSignalRow::benchmark, "", "benchmark");
    visit("signal", &LabelSignalRow::signal, "", "signal");
    visit("path", &LabelSignalRow::path, "", "dataset of the signal");
    visit("scorer", &LabelSignalRow::scorer, "", "scorer that gave the labels");
    visit("orientation", &LabelSignalRow::orientation, "1", "declared sign: 1 larger means right");
    visit("n", &LabelSignalRow::n, "items", "items used");
    visit("correct", &LabelSignalRow::correct, "items", "correct items among those used");
    visit("invalid", &LabelSignalRow::invalid, "items", "items without label or signal");
    visit("auroc", &LabelSignalRow::auroc, "1", "AUROC in the declared orientation");
    visit("low", &LabelSignalRow::low, "1", "lower limit");
    visit("high", &LabelSignalRow::high, "1", "upper limit");
    visit("interval", &LabelSignalRow::interval, "", "kind of the intervals");
    visit("p", &LabelSignalRow::p, "probability", "AUROC = 0.5, of the named test");
    visit("p_item", &LabelSignalRow::p_item, "probability", "DeLong, items taken as independent");
    visit("se", &LabelSignalRow::se, "1", "standard error behind p");
    visit("test", &LabelSignalRow::test, "", "what p tests");
    visit("over_format", &LabelSignalRow::over_format, "1",
          "AUROC minus that of the answer's form, same items");
    visit("over_low", &LabelSignalRow::over_low, "1", "lower limit, paired");
    visit("over_high", &LabelSignalRow::over_high, "1", "upper limit, paired");
    visit("over_p", &LabelSignalRow::over_p, "probability", "equal AUROC, of the named test");
    visit("over_p_item", &LabelSignalRow::over_p_item, "probability",
          "paired DeLong, items taken as independent");
    visit("over_test", &LabelSignalRow::over_test, "", "what over_p tests");
    visit("beats_format", &LabelSignalRow::beats_format, "1",
          "1: over_low > 0 and low > 0.5; 0: not; -1: undefined");
    visit("flags", &LabelSignalRow::flags, "", "constant, single_class, needs_reference ...");
    visit("note", &LabelSignalRow::note, "", "why something is undefined");
  }
};

/// Frame "official_figure": a figure of the benchmark's own evaluation.
struct OfficialRow {
  std::string model, benchmark, scorer, group_kind, group, figure;
  std::int64_t n = 0;
  double value = kUndefined;
  std::string unit, definition, note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &OfficialRow::model, "", "model");
    visit("benchmark", &OfficialRow::benchmark, "", "benchmark");
    visit("scorer", &OfficialRow::scorer, "", "scorer whose labels or scores the figure is of");
    visit("group_kind", &OfficialRow::group_kind, "", "what the groups are: all, category ...");
    visit("group", &OfficialRow::group, "", "group");
    visit("figure", &OfficialRow::figure, "", "accuracy, acc+, ratio ...");
    visit("n", &OfficialRow::n, "items", "labelled questions behind it");
    visit("value", &OfficialRow::value, "", "the figure in its unit; NaN = undefined, see note");
    visit("unit", &OfficialRow::unit, "", "%, 1 (a fraction), points");
    visit("definition", &OfficialRow::definition, "", "how it is computed");
    visit("note", &OfficialRow::note, "", "why it is undefined, or what was left out");
  }
};

}  // namespace vrp
