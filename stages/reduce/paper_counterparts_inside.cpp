// Counterparts among layers, interventions, neurons and the case study.
#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/edited_block.hpp"
#include "stages/reduce/paper_counterparts.hpp"

namespace vrp {
namespace {

template <class Row>
bool of_cell(const Row& row, const CellPlace& place) {
  return row.model == place.model && row.benchmark == place.benchmark;
}

/// "L17" as 17; -2 for anything else.
std::int64_t block_of(const std::string& text) {
  std::int64_t layer = -2;
  if (text.starts_with('L')) parse_field(text.substr(1), layer);
  return layer;
}

Counterpart number(std::string what, std::int64_t n, double estimate, std::string method,
                   std::string interval, std::string note = {}) {
  Counterpart out;
  out.value.what = std::move(what);
  out.value.n = n;
  out.value.estimate = estimate;
  out.value.method = std::move(method);
  out.value.interval = std::move(interval);
  out.value.note = std::move(note);
  return out;
}

Counterpart block_number(std::int64_t layer, const LensSummaryRow& row, std::string method) {
  Counterpart out = number("lens", row.n, layer < 0 ? kUndefined : static_cast<double>(layer),
                           std::move(method), "none: a block, compared as it is", row.note);
  out.exact = true;
  return out;
}

std::optional<Counterpart> mlp_share(const CellPlace& place, const Results& results) {
  for (const ShareRow& row : results.shares) {
    if (!of_cell(row, place)) continue;
    const bool wanted = place.statistic == "mlp_share"
                            ? row.is_default != 0
                            : place.statistic == concat(row.form, ' ', row.layer_set);
    if (!wanted) continue;
    Counterpart out = number(concat("MLP share, ", row.form, ", ", row.layer_set), row.n, row.share,
                             concat("blocks ", row.blocks), row.interval, row.note);
    out.value.low = row.low;
    out.value.high = row.high;
    return out;
  }
  return std::nullopt;
}

std::optional<Counterpart> peak(const CellPlace& place, const Results& results) {
  for (const LensSummaryRow& row : results.lens) {
    if (!of_cell(row, place)) continue;
    if (place.statistic == "l_sep")
      return block_number(row.l_sep, row,
                          "block of the largest gap of correct and incorrect items");
    if (place.statistic == "peak_layer" || place.statistic == "peak_value_layer")
      return block_number(row.l_vis, row, "block of the largest mean delta_img");
    Counterpart out = number("lens", row.n, row.delta_vis, "mean delta_img at its largest block",
                             row.interval, row.note);
    out.value.invalid = row.invalid;
    out.value.low = row.delta_vis_low;
    out.value.high = row.delta_vis_high;
    return out;
  }
  return std::nullopt;
}

std::optional<Counterpart> change_of_entropy(const CellPlace& place, const Results& results) {
  const LensLayerRow* found = nullptr;
  for (const LensLayerRow& row : results.lens_layers)
    if (of_cell(row, place) && (place.signal == "last" ? !found || row.layer > found->layer
                                                       : row.layer == block_of(place.signal)))
      found = &row;
  if (!found) return std::nullopt;
  return number(concat("L", found->layer), found->n_h, found->dh_s, "mean H_s(l) - H_s(l-1), nats",
                "none: not computed for a change from block to block", found->note);
}

/// Residual updates of blocks first..last; empty where a block is missing.
std::vector<double> updates(const CellPlace& place, const Results& results, std::int64_t first,
                            std::int64_t last, std::int64_t& n) {
  std::vector<double> out;
  for (const LensLayerRow& row : results.lens_layers)
    if (of_cell(row, place) && row.layer >= first && row.layer <= last &&
        std::isfinite(row.resid)) {
      out.push_back(row.resid);
      n = row.n_resid;
    }
  if (std::ssize(out) != last - first + 1) out.clear();
  return out;
}

std::optional<Counterpart> residual(const CellPlace& place, const Results& results) {
  std::int64_t n = 0;
  const std::vector<double> middle = updates(place, results, 5, 28, n);
  if (middle.empty()) return std::nullopt;
  const auto [low, high] = std::ranges::minmax(middle);
  if (place.statistic == "resid_flat")
    return number("blocks 5 to 28", n, high / low, "largest over smallest mean update",
                  "none: a ratio of means over blocks");
  const std::vector<double> end = updates(place, results, 30, 31, n);
  if (end.empty()) return std::nullopt;
  double sum = 0;
  for (const double value : middle) sum += value;
  return number(
      "blocks 30, 31", n, (end[0] + end[1]) / 2 / (sum / static_cast<double>(middle.size())),
      "mean update there over that in blocks 5 to 28", "none: a ratio of means over blocks");
}

std::optional<Counterpart> role(const CellPlace& place, const Results& results) {
  for (const LensLayerRow& row : results.lens_layers) {
    if (!of_cell(row, place) || row.layer != block_of(place.signal)) continue;
    Counterpart out = number(concat("L", row.layer), row.n_blank, row.delta_img,
                             "mean margin minus blank-image margin", row.interval, row.note);
    out.value.low = row.delta_low;
    out.value.high = row.delta_high;
    return out;
  }
  return std::nullopt;
}

// Interventions.

/// The first condition of the cell's name, on all items of the set; nullptr = none.
const EffectRow* condition_of(const CellPlace& place, const Results& results, std::int64_t block) {
  const std::string& what = place.signal;
  const EffectRow* found = nullptr;
  for (const EffectRow& row : results.effects) {
    if (!of_cell(row, place) || !row.type.empty()) continue;
    if (row.family == "baseline") {
      if (what == "baseline") return &row;
      continue;
    }
    if (row.against != "baseline") continue;
    const bool zero = row.operation == "zero", here = row.layer == block;
    const bool top = row.family == "neuron" && row.target == "top" && zero;
    if (what == "mask high" && row.family == "mask" && row.target == "high" &&
        row.operation == "pixel")
      return &row;
    if (what == "other blocks" && top && row.count == 5 && !here &&
        (!found || std::abs(row.delta_pp) > std::abs(found->delta_pp)))
      found = &row;
    if (!here) continue;
    const bool one = row.family == "neuron" && row.target == "single";
    const bool named = (what == "bypass" && row.family == "bypass") ||
                       (what == "single" && one && zero) ||
                       (what == "single +100" && one && row.value == 100) ||
                       (what == "single -100" && one && row.value == -100) ||
                       (top && what == concat("top", row.count)) ||
                       (row.family == "neuron" && row.target == "random" && zero &&
                        what == concat("random", row.count)) ||
                       (row.family == "scaled" && what == concat("random", row.count));
    if (named) return &row;
  }
  return found;
}

/// The same condition on the items that ask whether an object is there.
const EffectRow* on_existence(const EffectRow& row, const Results& results) {
  for (const EffectRow& other : results.effects)
    if (other.model == row.model && other.benchmark == row.benchmark &&
        other.condition == row.condition && other.against == row.against &&
        asks_existence(other.type))
      return &other;
  return nullptr;
}

/// Share of right answers with Wilson's limits; of random draws the mean, as one set of answers.
Counterpart level_of(const EffectRow& row) {
  TableValue value = value_of(row, {}, nullptr);
  value.what = row.condition;
  value.estimate = row.accuracy;
  value.low = value.high = value.p = value.p_adjusted = kUndefined;
  value.method = "correct answers / n, mean over draws";
  value.test = "none: the effect is tested";
  value.interval = row.draws > 1 ? "Wilson, of the mean over draws" : "Wilson";
  if (std::isfinite(row.accuracy)) {
    const stats::Estimate limits =
        stats::wilson(std::llround(row.accuracy * static_cast<double>(row.n)), row.n);
    value.low = limits.low.value_or(kUndefined);
    value.high = limits.high.value_or(kUndefined);
  }
  return {std::move(value), false, {}};
}

}  // namespace

std::optional<Counterpart> lens_beside(const CellPlace& place, const Results& results) {
  const std::string& what = place.statistic;
  if (what == "dh_s") return change_of_entropy(place, results);
  if (what.starts_with("resid")) return residual(place, results);
  if (what == "layer_role") return role(place, results);
  if (what.starts_with("peak") || what == "l_sep") return peak(place, results);
  return mlp_share(place, results);
}

std::optional<Counterpart> effect_beside(const CellPlace& place, const Results& results) {
  const std::int64_t block = edited_block(results, place.model);
  const EffectRow* row = condition_of(place, results, block);
  if (row && place.statistic.starts_with("object")) row = on_existence(*row, results);
  if (!row) return std::nullopt;
  Counterpart out;
  if (place.statistic.ends_with("accuracy")) {
    out = level_of(*row);
  } else {
    const auto at = static_cast<std::size_t>(row - results.effects.data());
    out.value = value_of(*row, results.effects_adjusted[at], nullptr);
  }
  if (place.statistic == "p") {
    out.value.estimate = row->p;
    out.value.low = out.value.high = out.value.p = out.value.p_adjusted = kUndefined;
    out.value.interval = "none: p, compared as it is";
    out.exact = true;
  }
  const std::string_view table = place.cell->figure.table, model = place.cell->figure.model;
  const std::int64_t theirs = table == "T5"   ? 31
                              : table == "T6" ? (model == "paligemma" ? 15 : 25)
                                              : -1;
  if (theirs >= 0 && block != theirs)
    out.obstacle = concat("another block (L", block, "; the paper's: L", theirs, ")");
  return out;
}

std::optional<Counterpart> neuron_beside(const CellPlace& place, const Results& results) {
  std::int64_t last = -2, n = 0;
  for (const CellNeuron& row : results.neurons)
    if (of_cell(row, place) && row.fold == -1) last = std::max(last, row.layer);
  for (const CellProbeLayer& row : results.probe_layers)
    if (of_cell(row, place) && row.probe == "sparse") n = row.n;
  for (const CellNeuron& row : results.neurons) {
    if (!of_cell(row, place) || row.fold != -1 || row.layer != last || row.kind == "ranked")
      continue;
    if (place.signal != concat(row.kind, row.rank) && place.signal != concat("N", row.neuron))
      continue;
    return number(concat("L", row.layer, " N", row.neuron), n,
                  place.statistic == "weight" ? row.weight : row.delta,
                  place.statistic == "weight" ? "weight on the z-scored activation"
                                              : "mean on correct minus incorrect items",
                  "none: chosen among all neurons of the block");
  }
  return std::nullopt;
}

std::optional<Counterpart> case_beside(const CellPlace& place, const Results& results) {
  for (const CaseRow& row : results.cases) {
    if (!of_cell(row, place) || row.key.empty()) continue;
    const auto value = [&](double estimate, const char* method) {
      Counterpart out = number(row.key, row.n, estimate, method, "none: one item", row.note);
      out.exact = true;
      return out;
    };
    const std::string& what = place.statistic;
    if (what == "h_s") return value(row.h_s, "H_s of the wrong answer of lowest H_s, nats");
    if (what == "percentile") return value(row.percentile, "percentile of its H_s in its set");
    if (what == "c_k") return value(row.c_k, "its C_k");
    if (what == "confidence") return value(row.confidence, "its output confidence");
    if (what == "margin") return value(row.margin_final, "its final margin, logits");
    if (what == "answer") {
      Counterpart out = value(kUndefined, "its answer");
      out.value.note = concat("an answer, no number: '", excerpt(row.answer), "'");
      return out;
    }
    const CaseLayerRow* lowest = nullptr;
    for (const CaseLayerRow& layer : results.case_layers)
      if (of_cell(layer, place) && layer.layer >= 0 && std::isfinite(layer.margin) &&
          (!lowest || layer.margin < lowest->margin))
        lowest = &layer;
    if (!lowest) return std::nullopt;
    return value(static_cast<double>(lowest->layer), "block of its lowest margin");
  }
  return std::nullopt;
}

}  // namespace vrp
