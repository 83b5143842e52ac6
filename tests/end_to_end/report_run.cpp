// make_report_run OUT: writes a run folder with made-up answers, maps and samples in the formats of
// the pipeline (item tables, unit files, stats.h5, tables, manifest). Pictures are expected in
// OUT/images (written by report_test.py): 200 x 160 pixels.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "pipeline/base/files.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/items/labels.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/metrics/metrics.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/results.hpp"
#include "tests/unit/reduce_inside_fixture.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kLayers = 4, kSide = 12, kPaths = 10;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

template <class T>
void add_items(Record& record, const std::string& name, std::vector<T> values,
               std::map<std::string, std::string> attributes = {}) {
  const auto n = static_cast<std::int64_t>(values.size());
  record.add(Array{name, {"item"}, {n}, "1", name, ArrayData(std::move(values)), attributes});
}

ItemTable make_items(const std::string& benchmark, std::size_t n, const fs::path& images) {
  ItemTable items;
  items.benchmark = benchmark;
  items.kind = benchmark == "demo_counting" ? "integer" : "yes_no";
  items.scorers = {items.kind + "@1", "exact@1"};
  items.image_root = images;
  items.facts = {{"source", "made up & <b>not real</b>"},
                 {"choice", "first, n = 96, seed 42: 96 of 120 rows"}};
  for (std::size_t i = 0; i < n; ++i) {
    const std::string number = std::to_string(1000 + i), image = std::to_string(i / 4);
    items.key.push_back(benchmark + "/test/" + number);
    items.id.push_back(number);
    items.group.push_back("image-" + image);
    items.image.push_back("scene-" + image + ".png");
    items.image_hash.push_back("hash " + image);
    items.question.push_back(benchmark +
                             "<script>alert('question')</script>: is there a \"kettle\" <number " +
                             number + "> & more?");
    items.answer.push_back(items.kind == "integer" ? std::to_string(1 + i % 5)
                                                   : (i % 2 ? "yes" : "no"));
    items.answers.emplace_back();
    items.choices.emplace_back();
    items.hint.emplace_back();
    items.type.push_back(i % 3 ? "kettle" : "lamp");
    Region region;
    region.category = "kettle";
    region.box = {60.0 + static_cast<double>(i % 4) * 10, 40, 50, 60};
    items.regions.push_back(i % 5 ? std::vector<Region>{region} : std::vector<Region>{});
    items.metadata.push_back(R"({"width": 200, "height": 160})");
  }
  return items;
}

/// What an item of the made-up model does: failed, right, how sure, where it looks.
struct Behaviour {
  bool failed = false, map_invalid = false, right = false;
  double certainty = 0, centre_row = 0, centre_col = 0, width = 1;
};

Behaviour behaviour(const std::string& key) {
  const Rng rng(11, "report", "demo", key, "behaviour");
  Behaviour b;
  b.failed = rng.uniform(0) < 0.04;
  b.map_invalid = !b.failed && rng.uniform(1) < 0.03;
  b.certainty = rng.uniform(2);
  b.right = rng.uniform(3) < 0.35 + 0.6 * b.certainty;
  b.centre_row = 2 + 8 * rng.uniform(4);
  b.centre_col = 2 + 8 * rng.uniform(5);
  b.width = 0.8 + 2.5 * rng.uniform(6);
  return b;
}

Record make_capture(const ItemTable& items) {
  const std::size_t n = items.size();
  std::vector<std::string> text, reason;
  std::vector<std::int32_t> status, grid, prompt;
  std::vector<std::int64_t> offset = {0};
  std::vector<double> geometry, p_tok, entropy, confidence, share;
  std::vector<std::vector<float>> maps(kLayers);
  for (std::size_t i = 0; i < n; ++i) {
    const Behaviour b = behaviour(items.key[i]);
    status.push_back(b.failed ? 1 : b.map_invalid ? 2 : 0);
    reason.push_back(b.failed        ? "image is truncated <at byte 12>"
                     : b.map_invalid ? "attention map is constant"
                                     : "");
    text.push_back(b.failed     ? ""
                   : b.right    ? items.answer[i] + (i % 9 == 0 ? ", it seems." : "")
                   : i % 7 == 0 ? "<script>alert('answer')</script>"
                                : "maybe & perhaps");
    prompt.push_back(b.failed ? 0 : 160 + static_cast<int>(i % 5));
    const double certainty = 0.4 + 0.6 * b.certainty;
    confidence.push_back(b.failed ? kNan : certainty);
    p_tok.push_back(b.failed ? kNan : std::log(certainty));
    entropy.push_back(b.failed ? kNan : 2 * (1 - b.certainty));
    const bool has_map = !b.failed && !b.map_invalid;
    grid.insert(grid.end(),
                {has_map ? static_cast<int>(kSide) : 0, has_map ? static_cast<int>(kSide) : 0});
    // 200 x 160 scaled by 0.6 to 120 x 96, the middle 96 x 96 is the model's input.
    geometry.insert(geometry.end(), {200, 160, 0.6, 0.6, 12, 0, 96, 96});
    for (std::int64_t layer = 0; layer < kLayers; ++layer) {
      share.push_back(has_map ? 0.3 : kNan);
      if (!has_map) continue;
      const double width = b.width * (1 + 0.3 * static_cast<double>(layer));
      for (std::int64_t row = 0; row < kSide; ++row)
        for (std::int64_t col = 0; col < kSide; ++col) {
          const double dr = static_cast<double>(row) - b.centre_row;
          const double dc = static_cast<double>(col) - b.centre_col;
          const double second = b.certainty < 0.5 ? 0.008 : 0;  // a mirrored spot when unsure
          const double mr = static_cast<double>(kSide - 1 - row) - b.centre_row;
          const double mc = static_cast<double>(kSide - 1 - col) - b.centre_col;
          const double squared = 2 * width * width;
          maps[static_cast<std::size_t>(layer)].push_back(
              static_cast<float>(0.002 + 0.01 * std::exp(-(dr * dr + dc * dc) / squared) +
                                 second * std::exp(-(mr * mr + mc * mc) / squared)));
        }
    }
    offset.push_back(offset.back() + (has_map ? kSide * kSide : 0));
  }
  Record record;
  add_items(record, "item/key", items.key);
  add_items(record, "item/id", items.id);
  add_items(record, "item/group", items.group);
  add_items(record, "item/type", items.type);
  add_items(record, "item/status", status);
  add_items(record, "item/reason", reason);
  add_items(record, "item/prompt_tokens", prompt);
  const std::int64_t tokens = offset.back(), count = static_cast<std::int64_t>(n);
  record.add(Array{"item/patch_offset",
                   {"item_plus_one"},
                   {count + 1},
                   "1",
                   "",
                   ArrayData(offset),
                   {{"ragged_dim", "image_token"}}});
  record.add("item/grid", {"item", "axis"}, {count, 2}, grid, "1", "");
  record.add("item/geometry", {"item", "geometry_field"}, {count, 8}, geometry, "1", "");
  std::vector<std::int32_t> length;
  for (const std::string& answer : text) length.push_back(answer.empty() ? 0 : 1);
  add_items(record, "answer/length", length);
  add_items(record, "answer/text", text);
  record.add(signal_array("output/p_tok", p_tok, 1, "nats", "mean log probability of the answer"));
  record.add(signal_array("output/logit_entropy", entropy, -1, "nats", "entropy, first token"));
  record.add(signal_array("output/confidence", confidence, 1, "probability", "first token"));
  std::vector<float> map;
  for (const auto& layer : maps) map.insert(map.end(), layer.begin(), layer.end());
  record.add("attention/map", {"layer", "image_token"}, {kLayers, tokens}, map, "probability", "");
  record.add("attention/map_first", {"layer", "image_token"}, {kLayers, tokens}, map, "probability",
             "");
  record.add("attention/share", {"item", "layer"}, {count, kLayers}, share, "probability", "");
  return record;
}

Record make_consistency(const ItemTable& items) {
  Record record;
  std::vector<std::string> path, reason, majority;
  std::vector<std::int32_t> status, y;
  std::vector<double> s_sc, distinct;
  for (const std::string& key : items.key) {
    const Behaviour b = behaviour(key);
    const auto same = b.failed ? 0 : static_cast<std::int64_t>(std::lround(1 + 9 * b.certainty));
    for (std::int64_t k = 0; k < kPaths; ++k)
      path.push_back(b.failed ? "" : k < same ? "yes" : "no <" + std::to_string(k) + ">");
    status.push_back(b.failed);
    reason.push_back(b.failed ? "image is truncated <at byte 12>" : "");
    s_sc.push_back(b.failed ? kNan : static_cast<double>(same) / kPaths);
    distinct.push_back(b.failed ? kNan : static_cast<double>(kPaths - same + 1));
    y.push_back(b.failed ? -1 : b.right);
    majority.push_back("yes");
  }
  const auto n = static_cast<std::int64_t>(items.size());
  add_items(record, "item/key", items.key);
  add_items(record, "item/status", status);
  add_items(record, "item/reason", reason);
  record.add("path/text", {"item", "path"}, {n, kPaths}, path, "1", "");
  record.add(signal_array("consistency/s_sc", s_sc, 1, "probability", "share of equal answers"));
  record.add(signal_array("consistency/distinct", distinct, -1, "count", "distinct answers"));
  add_items(record, "consistency/majority", majority);
  add_items(record, "label_majority/" + items.kind, y);
  return record;
}

/// Lens, probes and interventions of the cell, in the order of its items.
void add_inside(CellData& cell, const ItemTable& items) {
  std::vector<int> y, status;
  for (const std::string& key : items.key) {
    const Behaviour b = behaviour(key);
    y.push_back(b.right);
    status.push_back(b.failed);
  }
  vrp::testing::add_lens(cell, y, status, false);
  vrp::testing::add_probes(cell, y, status, false);
  vrp::testing::add_interventions(cell, vrp::testing::usual_edits(y), status, false);
}

void write_unit(const fs::path& path, const Record& record) {
  fs::create_directories(path.parent_path());
  write_record(path, record, {{"program", "make_report_run"}});
}

void make_run(const fs::path& run) {
  const std::string model = "demo-llava";
  ReduceParams params;
  params.replicates = 1000;
  std::vector<std::string> benchmarks = {"demo_pope", "demo_counting", "demo_spatial"};
  std::vector<ItemTable> tables;
  std::vector<CellData> cells;
  Json manifest = {
      {"sweep", "demo <run>"},
      {"program", "VRP 0.1.0"},
      {"revision", "0123456789ab"},
      {"seed", 20260617},
      {"profile", "default"},
      {"partial", true},
      {"limit", 96},
      {"created", "2026-06-17T08:00:00Z"},
      {"libraries", {{"hdf5", "1.10.8"}}},
      {"settings", {{"reduce", {{"replicates", {{"value", "1000"}, {"origin", "demo.ini:3"}}}}}}},
      {"launches",
       {{{"time", "2026-06-17T08:00:00Z"},
         {"host", "node"},
         {"ranks", 2},
         {"command", "mpirun -n 2 vrp-run -C demo.ini"}}}},
      {"models",
       {{model,
         {{"checkpoint", "checkpoints/demo"},
          {"dtype", "fp32"},
          {"template", "plain"},
          {"hash", "abcdef"}}}}}};
  for (const std::string& benchmark : benchmarks) {
    tables.push_back(make_items(benchmark, 96, run / "images"));
    const ItemTable& items = tables.back();
    fs::create_directories(run / "items");
    write_item_table(run / "items" / (benchmark + ".h5"), items);
    manifest["benchmarks"][benchmark] = {{"items", 96},
                                         {"items_used", 96},
                                         {"table", "items/" + benchmark + ".h5"},
                                         {"table_hash", items.hash().hex()},
                                         {"images", (run / "images").string()},
                                         {"scorers", items.scorers},
                                         {"facts", items.facts}};
  }
  for (std::size_t i = 0; i < benchmarks.size(); ++i) {
    CellData cell{model,      benchmarks[i],
                  &tables[i], make_capture(tables[i]),
                  {},         make_consistency(tables[i]),
                  {},         {},
                  {}};
    cell.metrics = compute_metrics(tables[i], 0, tables[i].size(), cell.capture, {}, 1, model);
    add_inside(cell, tables[i]);
    const fs::path folder = fs::path(model) / benchmarks[i];
    write_unit(run / folder / "capture@aaaa" / "unit-000000.h5", cell.capture);
    write_unit(run / folder / "metrics@bbbb" / "unit-000000.h5", cell.metrics);
    write_unit(run / folder / "consistency@cccc" / "unit-000000.h5", cell.consistency);
    write_unit(run / folder / "probes@dddd" / "unit-000000.h5", cell.probes);
    add_labels(cell.capture, tables[i]);
    write_unit(run / folder / "interventions@eeee" / "unit-000000.h5", cell.interventions);
    manifest["cells"].push_back({{"model", model},
                                 {"benchmark", benchmarks[i]},
                                 {"pooled", false},
                                 {"stages",
                                  {{"capture", (folder / "capture@aaaa").string()},
                                   {"metrics", (folder / "metrics@bbbb").string()},
                                   {"consistency", (folder / "consistency@cccc").string()},
                                   {"probes", (folder / "probes@dddd").string()},
                                   {"interventions", (folder / "interventions@eeee").string()},
                                   {"reduce", (folder / "reduce@ffff").string()}}}});
    for (const auto& [stage, place] : manifest["cells"].back()["stages"].items())
      manifest["work"].push_back({{"model", model},
                                  {"benchmark", benchmarks[i]},
                                  {"stage", stage},
                                  {"folder", place},
                                  {"pooled", false},
                                  {"fingerprint", Json::object()},
                                  {"files", {{"unit-000000.h5", 0, tables[i].size()}}}});
    cells.push_back(std::move(cell));
  }
  manifest["cells"].push_back(
      {{"model", model}, {"benchmark", "pooled"}, {"pooled", true}, {"stages", Json::object()}});
  std::vector<Record> results;
  for (const CellData& cell : cells) {
    results.push_back(reduce_cell(cell, params, 1));
    write_unit(run / cell.model / cell.benchmark / "reduce@ffff" / "unit-000000.h5",
               results.back());
  }
  results.push_back(reduce_pooled(cells, params, 1));
  RunFacts facts;
  facts.partial = "--limit 96";
  facts.seed = 1;
  facts.families = declare_families({model}, benchmarks, params);
  manifest["families"] = facts.families;
  write_results(run, results, facts);
  write_atomically(run / "manifest.json", manifest.dump(1));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_report_run OUT\n";
    return 2;
  }
  try {
    make_run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "make_report_run: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
