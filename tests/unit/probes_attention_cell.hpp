#pragma once
// A synthetic cell whose capture records hold attention maps, head gains and head maps.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "pipeline/base/rng.hpp"
#include "stages/probes/probes.hpp"

namespace vrp::testing {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct CellPlan {
  std::size_t items = 200, per_image = 2, per_unit = 40;
  int layers = 4, heads = 3, rows = 4, cols = 4;
  double correct_share = 0.6;
  double planted = 0;       ///< 0: maps know nothing of y; 1: correct items look at one spot
  double planted_head = 0;  ///< the same for head 1 of layer 2, which has the largest gain
  bool ragged = false;      ///< every third item has one column of cells more
  bool gains = true, head_maps = true;
  std::vector<int> status;         ///< per item; empty = all ok
  std::vector<int> y;              ///< empty = drawn
  std::vector<std::string> group;  ///< empty = per_image items to an image
  bool equal_maps = false;         ///< every item has the same maps
  std::uint64_t seed = 1;
};

struct AttentionCell {
  ItemTable items;
  std::vector<Record> units;
  std::vector<int> y;

  explicit AttentionCell(const CellPlan& plan) {
    const Rng rng(plan.seed, "attention cell");
    items.benchmark = "synthetic";
    for (std::size_t i = 0; i < plan.items; ++i) {
      items.key.push_back("synthetic/test/" + std::to_string(i));
      items.group.push_back(plan.group.empty() ? "image-" + std::to_string(i / plan.per_image)
                                               : plan.group[i]);
      items.image_hash.push_back("hash of " + items.group.back());
      items.type.push_back(i % 3 == 0 ? "a" : "b");
      y.push_back(plan.y.empty() ? (rng.uniform(i, 0) < plan.correct_share ? 1 : 0) : plan.y[i]);
    }
    for (std::size_t first = 0; first < plan.items; first += plan.per_unit)
      units.push_back(unit(plan, rng, first, std::min(first + plan.per_unit, plan.items)));
  }

  ProbeInput input() const {
    ProbeInput in;
    in.items = &items;
    in.model = "tiny";
    in.benchmark = items.benchmark;
    in.seed = kDefaultSeed;
    in.layers = 4;
    in.each = [this](const std::string&, const std::function<void(const Record&)>& each) {
      for (const Record& record : units) each(record);
    };
    return in;
  }

 private:
  /// Weights exp(3 u) of cells, u uniform, those of the first cell times e^boost.
  static std::vector<float> map(const Rng& rng, std::uint64_t item, std::uint64_t which, int cells,
                                double boost) {
    std::vector<double> weight;
    double sum = 0;
    for (int s = 0; s < cells; ++s) {
      const auto b = 1000 * which + static_cast<std::uint64_t>(s) + 10;
      weight.push_back(std::exp(3 * rng.uniform(item, b) + (s == 0 ? boost : 0)));
      sum += weight.back();
    }
    std::vector<float> out;
    for (const double w : weight) out.push_back(static_cast<float>(0.5 * w / sum));
    return out;
  }

  Record unit(const CellPlan& plan, const Rng& rng, std::size_t first, std::size_t last) const {
    const auto n = static_cast<std::int64_t>(last - first);
    const std::int64_t layers = plan.layers, heads = plan.heads;
    std::vector<std::int32_t> status, grid, prompt(static_cast<std::size_t>(n), 20), label;
    std::vector<std::int64_t> offset{0}, answer_offset{0};
    std::vector<double> share, logprob, p_tok;
    std::vector<float> gain;
    std::vector<std::string> key, reason;
    std::vector<std::vector<std::vector<float>>> maps, head_maps;  // [item][plane][cell]
    for (std::size_t i = first; i < last; ++i) {
      const std::uint64_t draw = plan.equal_maps ? 0 : i + 1;
      key.push_back(items.key[i]);
      status.push_back(plan.status.empty() ? 0 : plan.status[i]);
      reason.push_back(status.back() == 0 ? "" : "made so");
      label.push_back(y[i]);
      const int cols = plan.cols + (plan.ragged && i % 3 == 0 ? 1 : 0);
      const int cells = status.back() == 1 ? 0 : plan.rows * cols;
      grid.insert(grid.end(), {plan.rows, cols});
      offset.push_back(offset.back() + cells);
      maps.emplace_back();
      head_maps.emplace_back();
      for (std::int64_t l = 0; l < layers; ++l) {
        const double boost = y[i] == 1 && l == layers - 1 ? 3 * plan.planted : 0;
        maps.back().push_back(map(rng, draw, static_cast<std::uint64_t>(l), cells, boost));
        share.push_back(0.5);
        for (std::int64_t h = 0; h < heads; ++h) {
          const bool chosen = l == 2 && h == 1;
          const auto which = static_cast<std::uint64_t>(100 + l * heads + h);
          head_maps.back().push_back(
              map(rng, draw, which, cells, chosen && y[i] == 1 ? 3 * plan.planted_head : 0));
          gain.push_back(static_cast<float>((chosen ? 1 : 0) + rng.uniform(i, which)));
        }
      }
      logprob.push_back(-rng.uniform(i, 5));
      p_tok.push_back(logprob.back());
      answer_offset.push_back(answer_offset.back() + 1);
    }
    Record out;
    const auto add = [&](const char* name, std::vector<std::int64_t> shape, auto values) {
      std::vector<std::string> dims(shape.size(), "d");
      out.add(name, dims, shape, std::move(values), "1", "synthetic");
    };
    add("item/key", {n}, key);
    add("item/status", {n}, status);
    add("item/reason", {n}, reason);
    add("item/prompt_tokens", {n}, prompt);
    add("item/grid", {n, 2}, grid);
    add("item/patch_offset", {n + 1}, offset);
    add("answer/token_offset", {n + 1}, answer_offset);
    add("answer/logprob", {answer_offset.back()}, logprob);
    add("output/p_tok", {n}, p_tok);
    out.add(Array{"label/yes_no", {"item"}, {n}, "1", "", label, {{"primary", "1"}}});
    add("attention/share", {n, layers}, share);
    add("attention/map", {layers, offset.back()}, planes(maps, layers));
    if (plan.gains) add("head/gain", {n, layers, heads}, gain);
    if (plan.head_maps)
      add("attention/head_map", {layers, heads, offset.back()}, planes(head_maps, layers * heads));
    return out;
  }

  static std::vector<float> planes(const std::vector<std::vector<std::vector<float>>>& maps,
                                   std::int64_t count) {
    std::vector<float> out;
    for (std::size_t p = 0; p < static_cast<std::size_t>(count); ++p)
      for (const auto& item : maps) out.insert(out.end(), item[p].begin(), item[p].end());
    return out;
  }
};

}  // namespace vrp::testing
