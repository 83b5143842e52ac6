// What the learners on attention compute, as JSON for the oracle in Python.
//   probes_attention_program columns            features, columns and folds of a synthetic cell
//   probes_attention_program trees              XGBoost's settings, inputs and predictions
//   probes_attention_program heads              gains, maps, folds and signals of a synthetic cell
//   probes_attention_program resample           a map on other grids
//   probes_attention_program memory N           fits the stress test on N items, prints peak memory
#include <sys/resource.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "stages/probes/attention_input.hpp"
#include "stages/probes/heads.hpp"
#include "stages/probes/stress.hpp"
#include "tests/unit/probes_attention_cell.hpp"

namespace vrp::testing {
namespace {

using Json = nlohmann::json;

Json folds_of(const CellItems& items, const Folds& folds) {
  Json out;
  out["y"] = std::vector<int>(items.y.begin(), items.y.end());
  out["fold"] = std::vector<int>(folds.fold.begin(), folds.fold.end());
  for (const auto& inner : folds.inner_fold)
    out["inner"].push_back(std::vector<int>(inner.begin(), inner.end()));
  return out;
}

Json columns() {
  CellPlan plan;
  plan.items = 60;
  plan.planted = 0.3;
  plan.ragged = true;
  const AttentionCell cell(plan);
  StressItems features;
  std::size_t first = 0;
  Json out;
  for (const Record& unit : cell.units) {
    features.add(unit, first);
    const auto& offset = unit.values<std::int64_t>("item/patch_offset");
    const auto& map = unit.values<float>("attention/map");
    const auto& share = unit.values<double>("attention/share");
    const auto& grid = unit.values<std::int32_t>("item/grid");
    for (std::size_t i = 0; i + 1 < offset.size(); ++i) {
      Json item;
      for (std::size_t l = 0; l < 4; ++l) {
        const auto row = map.begin() + static_cast<std::ptrdiff_t>(l) * offset.back();
        item["maps"].push_back(std::vector<double>(row + offset[i], row + offset[i + 1]));
        item["shares"].push_back(share[i * 4 + l]);
      }
      item["grid"] = {grid[2 * i], grid[2 * i + 1]};
      item["features"] = features.rows[first + i];
      out["items"].push_back(item);
    }
    first += offset.size() - 1;
  }
  std::vector<std::size_t> train, all;
  for (std::size_t i = 0; i < plan.items; ++i) {
    all.push_back(i);
    if (i % 4 != 0) train.push_back(i);
  }
  const StressColumns made(features.rows, train);
  out["train"] = train;
  out["matrix"] = made.matrix(features.rows, all);
  out["kept"] = made.kept();
  return out;
}

Json trees() {
  const Rng rng(8, "trees");
  constexpr std::size_t kRows = 160, kColumns = 77;
  std::vector<float> x, y, weight;
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t c = 0; c < kColumns; ++c)
      x.push_back(static_cast<float>(2 * rng.uniform(i, c) - 1));
    const double odds = x[i * kColumns] + x[i * kColumns + 1] * x[i * kColumns + 2];
    y.push_back(odds + rng.uniform(i, 900) > 0.3 ? 1.0F : 0.0F);
    weight.push_back(y.back() == 1 ? 0.75F : 1.5F);
  }
  const TreeInput input{x.data(), kRows, kColumns};
  Json out;
  out["x"] = x;
  out["y"] = y;
  out["weight"] = weight;
  out["version"] = xgboost_version();
  const ProbesParams params;
  const auto add = [&](const char* name, const TreeParams& tree, bool weighted) {
    const TreeModel model(
        input, y, weighted ? std::span<const float>(weight) : std::span<const float>(), tree);
    Json one;
    for (const auto& [key, value] : tree.settings()) one["settings"].push_back({key, value});
    one["rounds"] = tree.rounds;
    one["predictions"] = model.predict(input);
    out[name] = one;
  };
  add("boosted", boosted_params(params, 1234567), false);
  add("forest", forest_params(params, kColumns, 7654321), true);
  add("stacking", stacking_params(42), false);
  return out;
}

Json heads() {
  CellPlan plan;
  plan.planted_head = 0.4;
  plan.items = 120;
  plan.per_unit = 120;
  const AttentionCell cell(plan);
  ProbesParams params;
  params.heads = {"1", "3", "7"};
  const ProbeOutcome fit = fit_heads(cell.input(), params);
  const CellItems items = read_items(cell.input(), params);
  Json out = folds_of(items, make_folds(items, items.y, 5, 4));
  const Record& unit = cell.units[0];
  out["gain"] = unit.values<float>("head/gain");
  out["maps"] = unit.values<float>("attention/head_map");
  out["logprob"] = unit.values<double>("answer/logprob");
  const auto add = [&](const std::string& form, const ProbeOutcome& outcome) {
    for (const ProbeColumn& c : outcome.columns) out[form]["score"][c.name] = c.score;
    for (const ProbeControlRow& r : outcome.controls)
      out[form]["control"][r.probe + " " + r.control] = r.value;
    for (const ProbeFoldRow& r : outcome.folds) {
      out[form]["choice"][r.probe].push_back(r.choice);
      out[form]["inner"][r.probe].push_back(r.inner_auroc);
      out[form]["auroc"][r.probe].push_back(r.auroc);
    }
  };
  add("mean_gain", fit);
  params.heads_form = "authors";
  add("authors", fit_heads(cell.input(), params));
  return out;
}

Json resample() {
  const Rng rng(9, "map");
  Json out;
  for (const Grid from : {Grid{12, 17}, Grid{30, 40}, Grid{1, 9}}) {
    std::vector<double> map;
    for (std::int64_t s = 0; s < from.cells(); ++s)
      map.push_back(rng.uniform(static_cast<std::uint64_t>(s)));
    out.push_back({{"from", {from.rows, from.cols}},
                   {"map", map},
                   {"to", resample_bilinear(map.data(), from, kCommonGrid)}});
  }
  return out;
}

/// A cell that is made unit by unit, so that only what the fit keeps grows with the items.
Json memory(std::size_t n) {
  CellPlan plan;
  plan.items = 25;
  plan.per_unit = 25;
  plan.layers = 8;
  plan.heads = 16;
  plan.rows = plan.cols = 24;
  const AttentionCell unit(plan);
  const std::size_t units = n / plan.items;
  ItemTable items;
  items.benchmark = "synthetic";
  for (std::size_t i = 0; i < n; ++i) {
    items.key.push_back("synthetic/test/" + std::to_string(i));
    items.group.push_back("image-" + std::to_string(i / 2));
    items.image_hash.push_back(items.group.back());
    items.type.push_back("a");
  }
  ProbeInput input = unit.input();
  input.items = &items;
  input.each = [&](const std::string&, const std::function<void(const Record&)>& each) {
    for (std::size_t u = 0; u < units; ++u) {
      Record record = unit.units[0];
      for (Array& a : record.arrays()) {
        if (a.name == "item/key")
          for (std::size_t i = 0; i < plan.items; ++i)
            std::get<std::vector<std::string>>(a.data)[i] = items.key[u * plan.items + i];
        if (a.name == "attention/map")
          for (float& value : std::get<std::vector<float>>(a.data))
            value *= 1 + 0.1F * static_cast<float>(u % 7);
      }
      each(record);
    }
  };
  ProbesParams params;
  params.boosted_trees = params.forest_trees = 2;
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  fit_heads(input, params);
  const long with_heads = peak();
  const ProbeOutcome stress = fit_stress(input, params);
#ifdef __SANITIZE_ADDRESS__
  const bool sanitized = true;  // the sanitizer keeps freed memory
#else
  const bool sanitized = false;
#endif
  return {{"heads_kb", with_heads},
          {"kb", peak()},
          {"n", stress.layers.back().n},
          {"sanitized", sanitized}};
}

}  // namespace
}  // namespace vrp::testing

int main(int argc, char** argv) {
  using namespace vrp::testing;
  const std::string what = argc > 1 ? argv[1] : "";
  const std::string more = argc > 2 ? argv[2] : "1";
  Json out;
  if (what == "columns") out = columns();
  if (what == "trees") out = trees();
  if (what == "heads") out = heads();
  if (what == "resample") out = resample();
  if (what == "memory") out = memory(std::stoul(more));
  if (out.is_null()) {
    std::cerr << "expected columns, trees, heads, resample or memory\n";
    return 2;
  }
  std::cout << out << "\n";
}
