#include <algorithm>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/clustered.hpp"
#include "stages/probes/collect.hpp"
#include "stages/probes/linear.hpp"
#include "stages/probes/nested.hpp"
#include "stages/probes/outcome.hpp"
#include "stages/probes/problem.hpp"
#include "stages/probes/products.hpp"
#include "stages/probes/stress.hpp"

namespace vrp {
namespace {

struct Set {
  const ProbeInput* input = nullptr;
  PartFeatures features;
  Task task;
  double c = 0.1;
  int layer = -1;  ///< index into features.layers, -1 = none
  std::string note;
};

/// Layer and C of largest mean AUROC over the folds of the set (ties: lowest layer, smallest C).
void choose_layer(Set& set, const ProbesParams& params, const LayerInput& input) {
  set.note = set.task.folds.note;
  double best = kUndefined;
  for (std::size_t l = 0; l < set.features.layers.size() && set.task.folds.defined(); ++l)
    for (const double c : linear_cs(params)) {
      std::vector<Problem> problems;
      for (int o = 0; o < set.task.folds.outer; ++o) problems.push_back({0, {o, -1}, c});
      LayerInput of_layer = input;
      of_layer.layer = l;
      const auto fits = fit_linear(of_layer, {set.task}, problems);
      double sum = 0;
      int defined = 0;
      for (std::size_t k = 0; k < fits.size(); ++k) {
        const auto rows = rows_of(set.task.folds, problems[k].part, Use::test);
        if (fits[k].score.size() != rows.size()) continue;
        std::vector<double> score(set.task.y.size(), kUndefined);
        for (std::size_t i = 0; i < rows.size(); ++i)
          score[static_cast<std::size_t>(rows[i])] = fits[k].score[i];
        const double auroc = score_auroc(score, set.task.y);
        if (!(auroc == auroc)) continue;
        sum += auroc;
        ++defined;
      }
      if (defined == 0 || sum / defined <= best + 1e-12) continue;
      best = sum / defined;
      set.layer = static_cast<int>(l);
      set.c = c;
    }
  if (set.layer < 0 && set.note.empty()) set.note = "no layer gives a defined AUROC in the source";
}

/// Rows of `target` whose image is in no used row of `source`.
std::vector<std::uint8_t> unseen(const Set& source, const Set& target) {
  std::set<std::string> images;
  const auto names = [](const Set& set, std::size_t i) {
    return std::pair{"group " + set.input->items->group[i],
                     "hash " + set.input->items->image_hash[i]};
  };
  for (std::size_t i = 0; i < source.task.y.size(); ++i) {
    if (source.task.y[i] < 0) continue;
    const auto [group, hash] = names(source, i);
    images.insert(group);
    if (hash != "hash ") images.insert(hash);
  }
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < target.task.y.size(); ++i) {
    const auto [group, hash] = names(target, i);
    out.push_back(!images.count(group) && !images.count(hash));
  }
  return out;
}

/// Limits and p of the AUROC on the items that have a score, images as clusters.
void set_interval(const std::vector<double>& score, const std::vector<std::int8_t>& y,
                  const std::vector<std::string>& group, ProbeControlRow& row) {
  const stats::Estimate auroc = stats::auroc_clustered(score, y, stats::number_texts(group));
  row.low = auroc.low.value_or(kUndefined);
  row.high = auroc.high.value_or(kUndefined);
  row.p = auroc.p.value_or(kUndefined);
}

ProbeControlRow transfer(const Set& source, const Set& target, const ProbesParams& params) {
  ProbeControlRow row;
  row.probe = "linear_probe";
  row.control = "transfer:" + source.input->benchmark + ":" + target.input->benchmark;
  row.note = source.note;
  if (source.layer < 0) return row;
  const auto layer = static_cast<std::size_t>(source.layer);
  const std::size_t a = source.task.y.size(), b = target.task.y.size();
  const std::int64_t width = source.features.source.width(layer);
  if (target.features.source.width(layer) != width)
    fail("transfer: ", row.control, ": states of ", target.features.source.width(layer),
         " values, expected ", width);
  FeatureSource both(a + b, {width}, static_cast<std::size_t>(params.memory_mb) << 20);
  Task task;
  task.folds.outer = 1;
  task.folds.fold.assign(a + b, -1);
  const std::vector<std::uint8_t> fresh = unseen(source, target);
  std::vector<float> values(static_cast<std::size_t>(width));
  std::vector<std::string> group;
  std::int64_t shared = 0;
  for (std::size_t i = 0; i < a + b; ++i) {
    const bool trains = i < a;
    const Set& set = trains ? source : target;
    const std::size_t at = trains ? i : i - a;
    group.push_back(set.input->items->group[at]);
    const bool use = set.task.y[at] >= 0 && (trains || fresh[at]);
    shared += set.task.y[at] >= 0 && !use;
    task.y.push_back(use ? set.task.y[at] : std::int8_t{-1});
    task.folds.fold[i] = static_cast<std::int8_t>(use ? (trains ? 1 : 0) : -1);
    set.features.source.read(layer, at, 1, values.data());
    both.set_row(0, i, values);
  }
  LayerInput input;
  input.source = &both;
  input.device = source.input->device;
  const LinearFit fit = fit_linear(input, {task}, {{0, {0, -1}, source.c}}).front();
  const auto rows = rows_of(task.folds, {0, -1}, Use::test);
  row.n = static_cast<std::int64_t>(rows.size());
  std::vector<double> score(a + b, kUndefined);
  for (std::size_t i = 0; i < rows.size() && fit.score.size() == rows.size(); ++i)
    score[static_cast<std::size_t>(rows[i])] = fit.score[i];
  row.value = score_auroc(score, task.y);
  set_interval(score, task.y, group, row);
  row.note = concat("block ", source.features.layers[layer]);
  if (shared > 0) row.note += concat("; ", shared, " items left out: their image is in the source");
  if (!(row.value == row.value)) row.note += "; one class in the target";
  if (!fit.note.empty()) row.note += "; " + fit.note;
  return row;
}

}  // namespace

Record transfer_probes(const std::vector<ProbeInput>& cells, const ProbesParams& params) {
  check(params);
  ProbesParams of_set = params;
  of_set.memory_mb = params.memory_mb / std::max<int>(1, static_cast<int>(cells.size()) + 1);
  std::vector<Set> sets;
  for (const ProbeInput& cell : cells) {
    prepare_products(cell.threads);
    std::vector<std::int64_t> blocks;
    for (int b = 0; b < cell.layers; ++b) blocks.push_back(b);
    Set set;
    set.input = &cell;
    set.features = collect_layers(
        cell, of_set, params.position == "last" ? "hidden/last" : "hidden/first", blocks);
    set.task.y = set.features.items.y;
    set.task.folds =
        make_folds(set.features.items, set.task.y, params.outer_folds, params.inner_folds);
    sets.push_back(std::move(set));
  }
  for (Set& set : sets) {
    LayerInput input;
    input.source = &set.features.source;
    input.device = set.input->device;
    choose_layer(set, params, input);
    if (set.input->advance) set.input->advance(static_cast<std::int64_t>(set.task.y.size()));
  }
  ProbeOutcome out;
  for (const Set& source : sets)
    for (const Set& target : sets)
      if (&source != &target) out.controls.push_back(transfer(source, target, of_set));
  if (fits_probe(params, "stress")) {
    const std::vector<ProbeControlRow> stress = pooled_stress(cells, params);
    out.controls.insert(out.controls.end(), stress.begin(), stress.end());
  }
  Record record;
  add_frame(record, "probe_control", out.controls);
  return record;
}

}  // namespace vrp
