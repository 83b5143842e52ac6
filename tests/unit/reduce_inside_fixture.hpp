#pragma once
// What the stages inside the model give a synthetic cell: lens arrays of capture, the probes record
// and the interventions record, in reverse item order like the other records.
#include <cmath>
#include <string>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/store/frame.hpp"
#include "stages/probes/record.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp::testing {

constexpr std::size_t kBlocks = 4;

/// The rows of an array: n items, last first (to show that joining goes by key) or in order.
struct Order {
  std::size_t n = 0;
  bool reversed = true;
  std::size_t item(std::size_t row) const { return reversed ? n - 1 - row : row; }
};

/// Values [item, width] of the cell's items; `value(i, k)` of item i.
template <class T, class Value>
Array matrix(const std::string& name, const char* dim, Order order, std::size_t width,
             Value value) {
  std::vector<T> data;
  for (std::size_t row = 0; row < order.n; ++row)
    for (std::size_t k = 0; k < width; ++k)
      data.push_back(static_cast<T>(value(order.item(row), k)));
  Array array;
  array.name = name;
  array.dims = {"item", dim};
  array.shape = {static_cast<std::int64_t>(order.n), static_cast<std::int64_t>(width)};
  array.data = std::move(data);
  return array;
}

template <class T, class Value>
Array item_column(const std::string& name, Order order, Value value) {
  Array array = matrix<T>(name, "", order, 1, [&](std::size_t i, std::size_t) { return value(i); });
  array.dims = {"item"};
  array.shape = {static_cast<std::int64_t>(order.n)};
  return array;
}

/// Margins grow by 1 at every block, twice as much at block 2 for right answers; the MLP gives 3/4
/// of the growth. Failed items are NaN.
inline void add_lens(CellData& cell, const std::vector<int>& y, const std::vector<int>& status,
                     bool reversed = true) {
  const Order n{y.size(), reversed};
  const double nan = kUndefined;
  const auto bad = [&](std::size_t i) { return status[i] == 1; };
  const auto margin = [&](std::size_t i, std::size_t state) {
    const double noise = 0.1 * static_cast<double>(i % 3) - 0.1;
    return static_cast<double>(state) + noise + (y[i] == 1 && state >= 3 ? 1.0 : 0.0);
  };
  Record& capture = cell.capture;
  capture.add(matrix<float>("lens/margin", "state", n, kBlocks + 1,
                            [&](auto i, auto s) { return bad(i) ? nan : margin(i, s); }));
  capture.add(matrix<float>("lens/margin_blank", "state", n, kBlocks + 1, [&](auto i, auto s) {
    return bad(i) ? nan : 0.25 * static_cast<double>(s);
  }));
  capture.add(matrix<float>("lens/top2", "state", n, kBlocks + 1,
                            [&](auto i, auto s) { return bad(i) ? nan : std::abs(margin(i, s)); }));
  for (const char* name : {"lens/yes", "lens/no"})
    capture.add(matrix<float>(name, "state", n, kBlocks + 1, [&](auto i, auto s) {
      return bad(i) ? nan : (name[5] == 'y' ? 1 : -1) * static_cast<double>(s);
    }));
  capture.add(matrix<std::int32_t>("lens/rank", "state", n, kBlocks + 1, [&](auto i, auto s) {
    return bad(i) ? -1 : s >= 2 ? 1 : 5;
  }));
  for (const char* name : {"contribution/attention", "contribution/mlp"})
    capture.add(matrix<double>(name, "layer", n, kBlocks, [&](auto i, auto l) {
      const double growth = margin(i, l + 1) - margin(i, l);
      return bad(i) ? nan : growth * (name[13] == 'a' ? 0.25 : 0.75);
    }));
  for (const char* name : {"contribution/attention_norm", "contribution/mlp_norm"})
    capture.add(matrix<float>(name, "layer", n, kBlocks, [&](auto i, auto) {
      return bad(i) ? nan : (name[13] == 'a' ? 1 : 4);
    }));
  capture.add(item_column<double>("contribution/embedding", n,
                                  [&](auto i) { return bad(i) ? nan : margin(i, 0); }));
  for (const char* name : {"residual_update/mean", "residual_update/relative"})
    capture.add(matrix<double>(name, "layer", n, kBlocks, [&](auto i, auto l) {
      return bad(i) ? nan : 1.0 + static_cast<double>(l) + static_cast<double>(i % 2);
    }));
  if (!capture.find("item/grid"))
    capture.add(matrix<std::int32_t>("item/grid", "axis", n, 2,
                                     [&](auto i, auto) { return bad(i) ? 0 : 12; }));
  const auto add_signal = [&](const char* name, bool reference) {
    Array array =
        item_column<double>(name, n, [&](auto i) { return bad(i) ? nan : margin(i, kBlocks); });
    array.units = "logits";
    array.attributes = {{"role", "signal"}, {"orientation", "1"}};
    if (reference) array.attributes["needs_reference"] = "1";
    capture.add(std::move(array));
  };
  add_signal("lens/margin_last", true);
  add_signal("lens/top2_last", false);
  if (!cell.metrics.find("metrics/h_s_layer"))
    cell.metrics.add(matrix<double>("metrics/h_s_layer", "layer", n, kBlocks, [&](auto i, auto l) {
      const double fall[] = {4.0, 3.5, 2.0, 2.5};
      return status[i] != 0 ? nan : fall[l] + 0.1 * static_cast<double>(i % 2);
    }));
}

/// Out-of-fold scores that know the label with noise, and each frame with a few rows.
inline void add_probes(CellData& cell, const std::vector<int>& y, const std::vector<int>& status,
                       bool reversed = true) {
  const Order n{y.size(), reversed};
  const Rng rng(5, "probes");
  Record& probes = cell.probes;
  probes.add(item_column<std::string>("item/key", n, [&](auto i) { return cell.items->key[i]; }));
  const auto score = [&](std::size_t i) {
    return status[i] == 1 || y[i] < 0 ? kUndefined : (y[i] ? 1.0 : -1.0) + 3 * rng.uniform(i) - 1.5;
  };
  for (const std::string name : {"hidden_probe", "linear_probe", "linear_h_last", "last5", "fusion",
                                 "sparse", "ensemble_attention"}) {
    Array array = item_column<double>(concat("probe/", name), n, score);
    array.units = "logit";
    array.attributes = {{"role", "signal"}, {"orientation", "1"}};
    probes.add(std::move(array));
  }
  Array stress = item_column<double>("probe/stress_test", n,
                                     [&](auto i) { return 1 / (1 + std::exp(-score(i))); });
  stress.units = "probability";
  stress.attributes = {{"role", "signal"}, {"orientation", "1"}};
  probes.add(std::move(stress));
  std::vector<ProbeFoldRow> folds;
  std::vector<ProbeLayerRow> layers;
  std::vector<ProbeControlRow> controls;
  std::vector<NeuronRow> neurons;
  std::vector<DeltaBinRow> bins;
  for (std::int64_t fold = 0; fold < 5; ++fold) {
    ProbeFoldRow row;
    row.probe = "hidden_probe";
    row.fold = fold;
    row.layer = fold == 4 ? 3 : 2;
    row.auroc = fold == 3 ? kUndefined : 0.7 + 0.02 * static_cast<double>(fold);
    row.note = fold == 3 ? "one class in the fold" : "";
    folds.push_back(row);
  }
  for (std::int64_t layer = -1; layer < static_cast<std::int64_t>(kBlocks); ++layer) {
    ProbeLayerRow row;
    row.probe = "sparse";
    row.layer = layer;
    row.n = static_cast<std::int64_t>(n.n);
    row.auroc = layer < 0 ? kUndefined : 0.6;
    row.accuracy = row.balanced_accuracy = layer < 0 ? kUndefined : 0.7;
    row.nonzero = layer < 0 ? kUndefined : 0.05;
    row.note = layer < 0 ? "every feature is constant" : "";
    layers.push_back(row);
  }
  const auto control = [&](const char* probe, const char* name, double value, std::int64_t draws) {
    ProbeControlRow row;
    row.probe = probe;
    row.control = name;
    row.draws = draws;
    row.n = static_cast<std::int64_t>(n.n);
    row.value = value;
    if (draws > 1) row.low = value - 0.1, row.high = value + 0.1, row.p = 0.02;
    if (std::isnan(value)) row.note = "no blank-image states";
    controls.push_back(row);
  };
  control("hidden_probe", "shuffle", 0.5, 20);
  control("hidden_probe", "authors_split", 0.9, 1);
  control("hidden_probe", "type_only", 0.55, 1);
  control("hidden_probe", "blank", kUndefined, 1);
  control("folds", "duplicates", 0, 1);
  control("authors_split", "duplicates", 2, 1);
  control("head_entropy_k1", "r2", 0.01, 1);
  control("head_entropy_k5", "r2", 0.03, 1);
  control("head_entropy", "r2_max", 0.03, 1);
  control("linear_probe", "transfer:demo_pope:demo_counting", 0.61, 1);
  for (std::int64_t rank = 0; rank < 4; ++rank)
    for (const char* kind : {"success", "failure"}) {
      NeuronRow row;
      row.layer = kBlocks - 1;
      row.fold = -1;
      row.kind = kind;
      row.rank = rank;
      row.neuron = rank + (kind[0] == 's' ? 10 : 20);
      row.weight = (kind[0] == 's' ? 1 : -1) / static_cast<double>(rank + 1);
      row.delta = row.weight;
      neurons.push_back(row);
      row.layer = 0;
      neurons.push_back(row);
    }
  for (std::int64_t bin = 0; bin < 5; ++bin)
    bins.push_back({kBlocks - 1, -1 + 0.4 * static_cast<double>(bin),
                    -0.6 + 0.4 * static_cast<double>(bin), bin == 2 ? 60 : 5});
  add_frame(probes, "probe_fold", folds);
  add_frame(probes, "probe_layer", layers);
  add_frame(probes, "probe_control", controls);
  add_frame(probes, "neuron", neurons);
  add_frame(probes, "delta_bin", bins);
}

/// A condition of a made-up interventions record.
struct TestEdit {
  std::string name, family, target, operation;
  int layer = -1, count = -1, draw = -1;
  /// Label of item i under the condition; -1 = none, -2 = not defined for the item.
  std::vector<int> y;
};

/// n items, conditions with given labels; the first must be the baseline.
inline void add_interventions(CellData& cell, const std::vector<TestEdit>& edits,
                              const std::vector<int>& status, bool reversed = true) {
  const Order n{status.size(), reversed};
  const std::size_t e = edits.size();
  Record& record = cell.interventions;
  const auto bad = [&](std::size_t i) { return status[i] == 1; };
  record.add(item_column<std::string>("item/key", n, [&](auto i) { return cell.items->key[i]; }));
  record.add(item_column<std::int32_t>("item/status", n, [&](auto i) { return bad(i) ? 1 : 0; }));
  const auto frame = [&](const char* name, auto field) {
    using T = std::remove_cvref_t<decltype(field(edits[0]))>;
    std::vector<T> values;
    for (const TestEdit& edit : edits) values.push_back(field(edit));
    record.add<T>(name, {"condition"}, {static_cast<std::int64_t>(e)}, std::move(values), "", "");
  };
  frame("edit/name", [](const TestEdit& x) { return x.name; });
  frame("edit/family", [](const TestEdit& x) { return x.family; });
  frame("edit/target", [](const TestEdit& x) { return x.target; });
  frame("edit/operation", [](const TestEdit& x) { return x.operation; });
  frame("edit/scope", [](const TestEdit&) { return std::string("all"); });
  frame("edit/layer", [](const TestEdit& x) { return std::int32_t{x.layer}; });
  frame("edit/count", [](const TestEdit& x) { return std::int32_t{x.count}; });
  frame("edit/draw", [](const TestEdit& x) { return std::int32_t{x.draw}; });
  frame("edit/value", [](const TestEdit& x) {
    return x.operation == "zero" ? 0.0f : std::numeric_limits<float>::quiet_NaN();
  });
  record.add(matrix<std::int32_t>("answer/length", "condition", n, e, [&](auto i, auto k) {
    return bad(i) || edits[k].y[i] == -2 ? -1 : 1;
  }));
  record.add(matrix<std::uint8_t>("answer/changed", "condition", n, e,
                                  [&](auto i, auto k) { return edits[k].y[i] != edits[0].y[i]; }));
  record.add(matrix<float>("answer/margin", "condition", n, e, [&](auto i, auto k) {
    return bad(i) ? kUndefined : edits[k].y[i] == 1 ? 1.0 : -1.0;
  }));
  Array label = matrix<std::int32_t>("label/yes_no", "condition", n, e, [&](auto i, auto k) {
    return bad(i) ? -1 : std::max(edits[k].y[i], -1);
  });
  label.attributes = {{"version", "1"}, {"primary", "1"}};
  record.add(std::move(label));
}

/// Baseline, masks, neurons of the last block with a random control of three draws, scaled random
/// sets and the bypass. Every kth right answer is lost, k as given.
inline std::vector<TestEdit> usual_edits(const std::vector<int>& y) {
  const auto losing = [&](std::size_t every, std::size_t shift = 0) {
    std::vector<int> out = y;
    for (std::size_t i = 0; every > 0 && i < out.size(); ++i)
      if (out[i] == 1 && (i + shift) % every == 0) out[i] = 0;
    return out;
  };
  constexpr int kLast = static_cast<int>(kBlocks) - 1;
  std::vector<TestEdit> edits = {{"baseline", "baseline", "", "", -1, -1, -1, y},
                                 {"mask high", "mask", "high", "pixel", -1, -1, -1, losing(3)},
                                 {"mask low", "mask", "low", "pixel", -1, -1, -1, losing(9)}};
  for (int draw = 0; draw < 3; ++draw)
    edits.push_back({concat("mask random ", draw), "mask", "random", "pixel", -1, -1, draw,
                     losing(6, static_cast<std::size_t>(draw))});
  std::vector<int> nowhere(y.size(), -2);
  edits.push_back({"mask region", "mask", "region", "pixel", -1, -1, -1, nowhere});
  edits.push_back({"L3 single1 zero", "neuron", "single", "zero", kLast, 1, -1, y});
  edits.push_back({"L3 top5 zero", "neuron", "top", "zero", kLast, 5, -1, losing(7)});
  edits.push_back({"L3 top10 zero", "neuron", "top", "zero", kLast, 10, -1, losing(5)});
  for (int draw = 0; draw < 3; ++draw)
    edits.push_back({concat("L3 random5 draw ", draw, " zero"), "neuron", "random", "zero", kLast,
                     5, draw, losing(20, static_cast<std::size_t>(draw))});
  for (int share : {25, 50})
    for (int draw = 0; draw < 2; ++draw)
      edits.push_back(
          {concat("L3 random ", share, "% draw ", draw), "scaled", "random", "zero", kLast, share,
           draw,
           losing(static_cast<std::size_t>(200 / share) + 1, static_cast<std::size_t>(draw))});
  edits.push_back({"L3 bypass", "bypass", "", "bypass", kLast, -1, -1, losing(2)});
  return edits;
}

}  // namespace vrp::testing
