// Counterparts among the statistics of answers and signals, and among the probes' frames.
#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/paper_counterparts.hpp"

namespace vrp {
namespace {

/// A number that is its own interval.
Counterpart exactly(TableValue value, double estimate) {
  value.estimate = estimate;
  value.low = value.high = value.p = value.p_adjusted = kUndefined;
  value.interval = "none: the number itself is compared";
  value.test = "none: compared as it is";
  value.family.clear();
  return {std::move(value), true, {}};
}

std::optional<Counterpart> from(const Found& found) {
  if (!found) return std::nullopt;
  return Counterpart{value_of(*found.row, *found.adjusted, nullptr), false, {}};
}

/// 0.5 by definition, on the items of the set.
std::optional<Counterpart> random_guess(const CellPlace& place, const Results& results) {
  const Found accuracy = find(results, place.model, place.benchmark, "", "accuracy");
  if (!accuracy) return std::nullopt;
  TableValue value = value_of(*accuracy.row, *accuracy.adjusted, nullptr);
  value.what = "random";
  value.statistic = "auroc";
  value.method = "by definition";
  return exactly(std::move(value), 0.5);
}

/// R with Fisher's limits, whose interval the paper prints.
std::optional<Counterpart> fisher_limits(const Found& r) {
  std::optional<Counterpart> out = from(r);
  if (!out) return std::nullopt;
  out->value.low = r.row->low_fisher;
  out->value.high = r.row->high_fisher;
  out->value.interval = "Fisher's transform";
  return out;
}

template <class Row>
bool of_cell(const Row& row, const CellPlace& place) {
  return row.model == place.model && row.benchmark == place.benchmark;
}

std::optional<Counterpart> largest_r2(const CellPlace& place, const Results& results) {
  std::optional<Counterpart> out;
  for (const CellProbeControl& row : results.probe_controls) {
    if (!of_cell(row, place) || row.control != "r2" || !row.probe.starts_with("head_entropy_k"))
      continue;
    if (out && !(row.value > out->value.estimate) && !std::isnan(out->value.estimate)) continue;
    out.emplace();
    out->value.what = row.probe;
    out->value.n = row.n;
    out->value.estimate = row.value;
    out->value.interval = "none: a maximum over k is biased upwards";
    out->value.method = row.note.empty() ? "largest R2 of the k tried" : row.note;
    out->value.note = std::isfinite(row.value) ? std::string() : row.note;
  }
  return out;
}

std::optional<Counterpart> one_split(const CellPlace& place, const Results& results) {
  for (const CellProbeControl& row : results.probe_controls) {
    if (!of_cell(row, place) || row.probe != place.signal || row.control != "authors_split")
      continue;
    Counterpart out;
    out.value.what = row.probe;
    out.value.n = row.n;
    out.value.estimate = row.value;
    out.value.interval = "none: the test part of one random split";
    out.value.method = "AUROC on the test part of one random split of items";
    out.value.note = row.note;
    return out;
  }
  return std::nullopt;
}

/// Median of the blocks that the outer folds chose, the lower one of two, with their range.
std::optional<Counterpart> chosen_layer(const CellPlace& place, const Results& results) {
  std::vector<std::int64_t> layers;
  Counterpart out;
  for (const CellProbeFold& row : results.probe_folds)
    if (of_cell(row, place) && (row.probe == "hidden_mlp" || row.probe == place.signal) &&
        row.layer >= -1) {
      layers.push_back(row.layer);
      out.value.n += row.test;
    }
  if (layers.empty()) return std::nullopt;
  std::ranges::sort(layers);
  out.value.what = "hidden_probe";
  out.value.estimate = static_cast<double>(layers[(layers.size() - 1) / 2]);
  out.value.low = static_cast<double>(layers.front());
  out.value.high = static_cast<double>(layers.back());
  out.value.interval = concat("range over ", layers.size(), " outer folds");
  out.value.method = "block of the largest inner AUROC, median over outer folds";
  return out;
}

/// The block that the early version names for a model's probe.
std::int64_t early_layer(const PublishedCell& cell) {
  for (const PublishedCell& other : published_cells())
    if (other.figure.statistic == "best_layer" && other.figure.model == cell.figure.model)
      return static_cast<std::int64_t>(other.figure.value);
  return -2;
}

/// A probe on one block: its accuracy with Wilson's limits, or its share of nonzero weights.
std::optional<Counterpart> at_layer(const CellPlace& place, const Results& results) {
  std::int64_t layer = -2;
  if (place.statistic == "layer_accuracy")
    layer = early_layer(*place.cell);
  else
    parse_field(place.signal.substr(1), layer);  // "L17"
  const std::string_view probe = place.statistic == "layer_accuracy" ? "hidden_mlp" : "sparse";
  for (const CellProbeLayer& row : results.probe_layers) {
    if (!of_cell(row, place) || row.probe != probe || row.layer != layer) continue;
    Counterpart out;
    out.value.what = concat(probe, " L", layer);
    out.value.n = row.n;
    out.value.note = row.note;
    if (place.statistic == "nonzero") {
      out.value.estimate = row.nonzero;
      out.value.interval = "none: a mean over folds that share items";
      out.value.method = "share of nonzero weights, mean over folds";
      return out;
    }
    out.value.estimate = row.accuracy;
    out.value.method = "accuracy at probability 0.5, out of fold";
    out.value.interval = "Wilson";
    if (std::isfinite(row.accuracy)) {
      const auto right = std::llround(row.accuracy * static_cast<double>(row.n));
      const stats::Estimate limits = stats::wilson(right, row.n);
      out.value.low = limits.low.value_or(kUndefined);
      out.value.high = limits.high.value_or(kUndefined);
    }
    return out;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Counterpart> statistic_beside(const CellPlace& place, const Results& results) {
  if (place.signal == "random") return random_guess(place, results);
  const auto look = [&](std::string_view statistic) {
    return find(results, place.model, place.benchmark, place.signal, statistic);
  };
  if (place.statistic == "r_interval") return fisher_limits(look("r"));
  if (place.statistic == "precision_interval") return from(look("precision_at_sc1"));
  for (const auto& [name, statistic] :
       {std::pair{"n", "r"}, {"p", "r"}, {"precision_n", "precision_at_sc1"}}) {
    if (place.statistic != name) continue;
    const Found found = look(statistic);
    std::optional<Counterpart> out = from(found);
    if (!out) return std::nullopt;
    return exactly(std::move(out->value),
                   place.statistic == "p" ? found.row->p : static_cast<double>(found.row->n));
  }
  return from(look(place.statistic));
}

std::optional<Counterpart> probe_beside(const CellPlace& place, const Results& results) {
  if (place.statistic == "r2_max") return largest_r2(place, results);
  if (place.statistic == "authors_split") return one_split(place, results);
  if (place.statistic == "best_layer") return chosen_layer(place, results);
  return at_layer(place, results);
}

}  // namespace vrp
