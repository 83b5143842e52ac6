#pragma once
// Which of two signals tells right from wrong answers better, on the same items.
#include <cstdint>
#include <string>

#include "pipeline/store/frame.hpp"

namespace vrp {

/// Frame "signal_difference": AUROC of signal a minus that of signal b in their declared
/// orientations, on the items where both are defined. NaN = not defined, with a note that says why.
struct DifferenceRow {
  std::string model, benchmark;
  std::string signal_a, signal_b;
  std::string label;  ///< scorer that gave the labels
  std::int64_t orientation_a = 0, orientation_b = 0;
  std::int64_t n = 0, correct = 0, invalid = 0;
  std::int64_t failed = 0, unlabelled = 0, undefined = 0, groups = 0;
  double auroc_a = kUndefined, auroc_b = kUndefined;  ///< on the n items
  double estimate = kUndefined;                       ///< auroc_a - auroc_b
  double low = kUndefined, high = kUndefined;
  std::string interval;
  double p = kUndefined, p_item = kUndefined;
  double se = kUndefined, detectable = kUndefined, design_effect = kUndefined;
  std::string test, method;
  std::int64_t replicates = 0, skipped = 0, seed = 0;
  std::string flags, note;

  template <class Visit>
  static void fields(Visit&& visit) {
    using Row = DifferenceRow;
    visit("model", &Row::model, "", "model");
    visit("benchmark", &Row::benchmark, "", "benchmark, or the pooled set");
    visit("signal_a", &Row::signal_a, "", "one signal");
    visit("signal_b", &Row::signal_b, "", "the signal it is compared with");
    visit("label", &Row::label, "", "scorer that gave the labels");
    visit("orientation_a", &Row::orientation_a, "1", "declared sign of a: 1 larger means right");
    visit("orientation_b", &Row::orientation_b, "1", "declared sign of b");
    visit("n", &Row::n, "items", "items on which both signals are defined");
    visit("correct", &Row::correct, "items", "correct items among those used");
    visit("invalid", &Row::invalid, "items", "items not used");
    visit("failed", &Row::failed, "items", "not used: no answer");
    visit("unlabelled", &Row::unlabelled, "items", "not used: no label");
    visit("undefined", &Row::undefined, "items", "not used: one of the signals is not defined");
    visit("groups", &Row::groups, "groups", "images among the items used");
    visit("auroc_a", &Row::auroc_a, "1", "AUROC of a in its declared orientation");
    visit("auroc_b", &Row::auroc_b, "1", "AUROC of b in its declared orientation");
    visit("estimate", &Row::estimate, "1", "auroc_a - auroc_b; NaN = undefined, see note");
    visit("low", &Row::low, "1", "lower limit");
    visit("high", &Row::high, "1", "upper limit");
    visit("interval", &Row::interval, "", "kind of the interval low..high");
    visit("p", &Row::p, "probability", "two-sided p before adjustment, of the named test");
    visit("p_item", &Row::p_item, "probability", "paired DeLong, items taken as independent");
    visit("se", &Row::se, "1", "standard error behind p");
    visit("detectable", &Row::detectable, "1",
          "smallest difference that 80 % power finds at two-sided 0.05");
    visit("design_effect", &Row::design_effect, "1",
          "variance with images as clusters / variance with items as independent");
    visit("test", &Row::test, "", "what p tests");
    visit("method", &Row::method, "", "definition");
    visit("replicates", &Row::replicates, "resamples", "bootstrap resamples");
    visit("skipped", &Row::skipped, "resamples", "resamples without a value");
    visit("seed", &Row::seed, "", "master seed");
    visit("flags", &Row::flags, "", "constant, single_class, needs_reference ...");
    visit("note", &Row::note, "", "why something is undefined");
  }
};

}  // namespace vrp
