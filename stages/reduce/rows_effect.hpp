#pragma once
// What reduce returns about interventions.
#include <cstdint>
#include <string>

#include "pipeline/store/frame.hpp"

namespace vrp {

/// Frame "effect": what a condition of the interventions stage does to the answers, against the
/// baseline or against another condition ("specific effect"). Draws of a random condition are
/// averaged per item first. Effects are percentage points of accuracy, condition minus the one it
/// is held against.
struct EffectRow {
  std::string model;
  std::string benchmark;
  std::string type;
  std::string condition;
  std::string against;
  std::string family;
  std::string target;
  std::string operation;
  std::int64_t layer = -1;
  std::int64_t count = -1;
  double value = kUndefined;
  std::string scope;
  std::int64_t draws = 1;
  std::int64_t items = 0;
  std::int64_t n = 0;
  std::int64_t invalid = 0;
  std::int64_t failed = 0;
  std::int64_t unlabelled = 0;
  std::int64_t undefined = 0;
  std::int64_t groups = 0;
  double changed = kUndefined;
  double accuracy_against = kUndefined;
  double accuracy = kUndefined;
  double delta_pp = kUndefined;
  double low = kUndefined;
  double high = kUndefined;
  double draw_low = kUndefined;
  double draw_high = kUndefined;
  double lost = kUndefined;
  double gained = kUndefined;
  double p = kUndefined;
  double p_item = kUndefined;
  double design_effect = kUndefined;
  std::string test;
  double mde_pp = kUndefined;
  double item_pp = kUndefined;
  double margin_change = kUndefined;
  std::int64_t n_margin = 0;
  std::string interval;
  std::string method;
  std::int64_t replicates = 0;
  std::int64_t seed = 0;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &EffectRow::model, "", "model");
    visit("benchmark", &EffectRow::benchmark, "", "benchmark, or the pooled set");
    visit("type", &EffectRow::type, "", "question type; pooled set: benchmark; empty = all");
    visit("condition", &EffectRow::condition, "", "condition, without the number of the draw");
    visit("against", &EffectRow::against, "", "baseline or another condition");
    visit("family", &EffectRow::family, "", "mask | neuron | scaled | bypass | baseline");
    visit("target", &EffectRow::target, "", "high | low | random | single | top | ...");
    visit("operation", &EffectRow::operation, "",
          "pixel | embed | attn | zero | clamp | mean | bypass");
    visit("layer", &EffectRow::layer, "1", "block; -1 = not at a block");
    visit("count", &EffectRow::count, "neurons", "neurons, -1 = all or cells of the image");
    visit("value", &EffectRow::value, "activation", "value that was set; NaN = no constant");
    visit("scope", &EffectRow::scope, "", "positions: all | last");
    visit("draws", &EffectRow::draws, "draws", "random draws averaged, 1 = not random");
    visit("items", &EffectRow::items, "items", "items of the cell");
    visit("n", &EffectRow::n, "items", "items used");
    visit("invalid", &EffectRow::invalid, "items", "items not used");
    visit("failed", &EffectRow::failed, "items",
          "not used: no answer, or another baseline than the captured one");
    visit("unlabelled", &EffectRow::unlabelled, "items", "not used: an answer without a label");
    visit("undefined", &EffectRow::undefined, "items",
          "not used: condition not defined for the item");
    visit("groups", &EffectRow::groups, "groups", "images among the items used");
    visit("changed", &EffectRow::changed, "1",
          "mean share of answers with other tokens than the baseline's");
    visit("accuracy_against", &EffectRow::accuracy_against, "1",
          "accuracy of what it is held against, same items");
    visit("accuracy", &EffectRow::accuracy, "1", "accuracy under the condition, mean over draws");
    visit("delta_pp", &EffectRow::delta_pp, "percentage points", "difference of accuracies");
    visit("low", &EffectRow::low, "percentage points", "lower limit of the difference");
    visit("high", &EffectRow::high, "percentage points", "upper limit of the difference");
    visit("draw_low", &EffectRow::draw_low, "percentage points",
          "2.5 % quantile over draws; NaN = one draw");
    visit("draw_high", &EffectRow::draw_high, "percentage points", "97.5 % quantile over draws");
    visit("lost", &EffectRow::lost, "items", "answers right before, wrong now; mean over draws");
    visit("gained", &EffectRow::gained, "items",
          "answers wrong before, right now; mean over draws");
    visit("p", &EffectRow::p, "probability", "two-sided p before adjustment");
    visit("p_item", &EffectRow::p_item, "probability", "p with items taken as independent");
    visit("design_effect", &EffectRow::design_effect, "1",
          "variance of the difference over images / over items");
    visit("test", &EffectRow::test, "", "what p tests");
    visit("mde_pp", &EffectRow::mde_pp, "percentage points",
          "smallest difference that 80 % power finds at alpha 0.05");
    visit("item_pp", &EffectRow::item_pp, "percentage points", "one item");
    visit("margin_change", &EffectRow::margin_change, "logits", "mean change of the final margin");
    visit("n_margin", &EffectRow::n_margin, "items", "items with both margins");
    visit("interval", &EffectRow::interval, "", "kind of the interval");
    visit("method", &EffectRow::method, "", "definitions");
    visit("replicates", &EffectRow::replicates, "resamples", "bootstrap resamples");
    visit("seed", &EffectRow::seed, "", "master seed");
    visit("note", &EffectRow::note, "", "why something is undefined");
  }
};

}  // namespace vrp
