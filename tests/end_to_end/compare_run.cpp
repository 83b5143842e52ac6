// make_compare_run OUT [ITEMS UNIT SEED VARIANT]: writes a run folder of two made-up models on two
// sets in the formats of the pipeline, without a model: item tables, unit files of UNIT items,
// manifest, and RUN/reduce for runs of at most 1000 items. Answers and signals depend on SEED and
// the item alone. VARIANT: "" | other (every tenth item asks another question under its key) | more
// (the tables have 12 items more) | flat (every answer is right).
#include <cmath>
#include <filesystem>
#include <iostream>

#include "pipeline/base/files.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/items/labels.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/results.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kPaths = 4;

struct Settings {
  fs::path run;
  std::size_t items = 96, unit = 20;
  std::uint64_t seed = 1;
  std::string variant;
};

struct Model {
  std::string name;
  std::int64_t layers;
};
const std::vector<Model> kModels = {{"model-a", 3}, {"model-b", 4}};
const std::vector<std::string> kSets = {"demo_pope", "demo_counting"};

ItemTable make_items(const std::string& benchmark, const Settings& settings) {
  ItemTable items;
  items.benchmark = benchmark;
  items.kind = benchmark == "demo_counting" ? "integer" : "yes_no";
  items.scorers = {items.kind + "@1", "exact@1"};
  items.image_root = "images";
  items.facts = {{"source", "made up"}};
  const std::size_t n = settings.items + (settings.variant == "more" ? 12 : 0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::string number = std::to_string(100000 + i), image = std::to_string(i / 4);
    items.key.push_back(benchmark + "/test/" + number);
    items.id.push_back(number);
    items.group.push_back("image, " + image);
    items.image.push_back("scene-" + image + ".png");
    items.image_hash.push_back("hash " + image);
    const bool other = settings.variant == "other" && i % 10 == 3;
    items.question.push_back(benchmark + ": is there a \"kettle\", " + number +
                             (other ? ", or a lamp?" : "?"));
    items.answer.push_back(items.kind == "integer" ? std::to_string(1 + i % 5)
                                                   : (i % 2 ? "yes" : "no"));
    items.answers.emplace_back();
    items.choices.emplace_back();
    items.hint.emplace_back();
    items.type.push_back(i % 3 ? "kettle" : "lamp");
    items.regions.emplace_back();
    items.metadata.push_back("{}");
  }
  return items;
}

struct Behaviour {
  bool failed = false, right = false, no_map = false;
  double certainty = 0, noise = 0;
};

Behaviour behaviour(const Settings& settings, const Model& model, const std::string& key) {
  const Rng rng(settings.seed, "compare", model.name, key, "behaviour");
  Behaviour b;
  b.failed = rng.uniform(0) < 0.05;
  b.no_map = !b.failed && rng.uniform(1) < 0.05;
  b.certainty = rng.uniform(2);
  b.right = settings.variant == "flat" || rng.uniform(3) < 0.25 + 0.6 * b.certainty;
  b.noise = rng.uniform(4);
  return b;
}

template <class T>
void add_column(Record& record, const std::string& name, std::vector<T> values) {
  const auto n = static_cast<std::int64_t>(values.size());
  record.add(name, {"item"}, {n}, std::move(values), "1", name);
}

struct UnitRecords {
  Record capture, metrics, consistency;
};

UnitRecords make_unit(const Settings& settings, const Model& model, const ItemTable& items,
                      std::size_t first, std::size_t last) {
  std::vector<std::string> key, id, reason, text, path, majority;
  std::vector<std::int32_t> status, tokens, prompt, answer_tokens;
  std::vector<std::int64_t> patch = {0}, offset = {0};
  std::vector<double> p_tok, entropy, margin_last, h_s, h_s_layer, s_sc;
  std::vector<float> margin;
  std::vector<std::vector<float>> maps(static_cast<std::size_t>(model.layers));
  std::vector<Half> hidden;
  for (std::size_t i = first; i < last; ++i) {
    const Behaviour b = behaviour(settings, model, items.key[i]);
    const auto defined = [&](double value) { return b.failed ? kNan : value; };
    key.push_back(items.key[i]);
    id.push_back(items.id[i]);
    status.push_back(b.failed ? 1 : b.no_map ? 2 : 0);
    reason.push_back(b.failed ? "image is \"truncated\", byte 12" : b.no_map ? "no map" : "");
    text.push_back(b.failed ? "" : b.right ? items.answer[i] : i % 3 ? "maybe, \"so\"" : "yes");
    tokens.push_back(b.failed ? 0 : 1 + static_cast<int>(i % 3));
    prompt.push_back(b.failed ? 0 : 160 + static_cast<int>(i % 5));
    p_tok.push_back(defined(std::log(0.3 + 0.7 * b.certainty)));
    entropy.push_back(defined(2 * (1 - b.certainty) + 0.1 * b.noise));
    margin_last.push_back(defined(b.right ? 1 + b.noise : -b.noise));
    h_s.push_back(b.no_map ? kNan : defined(3 + b.noise - 0.4 * b.right));
    s_sc.push_back(defined(std::ceil(4 * b.certainty + 1e-9) / 4));
    majority.push_back(text.back());
    for (std::int64_t p = 0; p < kPaths; ++p)
      path.push_back(b.failed ? "" : p % 2 ? "no" : items.answer[i]);
    for (std::int64_t l = 0; l < model.layers; ++l) {
      h_s_layer.push_back(b.no_map ? kNan : defined(static_cast<double>(l) + b.noise));
      const bool has_map = !b.failed && !b.no_map;
      for (std::size_t cell = 0; has_map && cell < 2 + i % 3; ++cell)
        maps[static_cast<std::size_t>(l)].push_back(
            static_cast<float>(0.1 * static_cast<double>(l + 1) + static_cast<double>(cell)));
    }
    patch.push_back(patch.back() +
                    (b.failed || b.no_map ? 0 : static_cast<std::int64_t>(2 + i % 3)));
    for (std::int64_t l = 0; l <= model.layers; ++l) {
      margin.push_back(static_cast<float>(defined(0.1 * static_cast<double>(l) + b.noise)));
      for (int d = 0; d < 2; ++d)
        hidden.push_back(Half::from_float(b.failed ? 0.0F : static_cast<float>(l + 0.5 * d)));
    }
    for (int t = 0; t < tokens.back(); ++t) answer_tokens.push_back(static_cast<int>(i) + t);
    offset.push_back(offset.back() + tokens.back());
  }
  const auto n = static_cast<std::int64_t>(last - first), layers = model.layers;
  UnitRecords out;
  for (Record* record : {&out.capture, &out.metrics, &out.consistency}) {
    add_column(*record, "item/key", key);
    add_column(*record, "item/status", status);
    add_column(*record, "item/reason", reason);
  }
  Record& capture = out.capture;
  add_column(capture, "item/id", id);
  add_column(capture, "item/prompt_tokens", prompt);
  add_column(capture, "answer/text", text);
  add_column(capture, "answer/length", tokens);
  capture.add(Array{"answer/token_offset",
                    {"item_plus_one"},
                    {n + 1},
                    "1",
                    "",
                    ArrayData(offset),
                    {{"ragged_dim", "answer_token"}}});
  capture.add("answer/tokens", {"answer_token"}, {offset.back()}, answer_tokens, "1", "token ids");
  capture.add(Array{"item/patch_offset",
                    {"item_plus_one"},
                    {n + 1},
                    "1",
                    "",
                    ArrayData(patch),
                    {{"ragged_dim", "image_token"}}});
  std::vector<float> map;
  for (const auto& layer : maps) map.insert(map.end(), layer.begin(), layer.end());
  capture.add("attention/map", {"layer", "image_token"}, {layers, patch.back()}, map, "probability",
              "attention");
  capture.add("hidden/first", {"item", "state", "hidden"}, {n, layers + 1, 2}, hidden, "1",
              "states");
  capture.add("lens/margin", {"item", "state"}, {n, layers + 1}, margin, "logits", "margin");
  capture.add(signal_array("output/p_tok", p_tok, 1, "nats", "mean log probability"));
  capture.add(signal_array("output/logit_entropy", entropy, -1, "nats", "first token's entropy"));
  Array diagnostic = signal_array("lens/margin_last", margin_last, 1, "logits", "final margin");
  diagnostic.attributes["needs_reference"] = "1";
  capture.add(std::move(diagnostic));
  out.metrics.add(signal_array("metrics/h_s", h_s, -1, "nats", "spatial entropy"));
  out.metrics.add("metrics/h_s_layer", {"item", "layer"}, {n, layers}, h_s_layer, "nats",
                  "H_s by layer");
  out.consistency.add(signal_array("consistency/s_sc", s_sc, 1, "probability", "agreement"));
  out.consistency.add("path/text", {"item", "path"}, {n, kPaths}, path, "", "sampled answers");
  add_column(out.consistency, "consistency/majority", majority);
  return out;
}

Record make_probes(const Settings& settings, const Model& model, const ItemTable& items) {
  std::vector<double> score;
  for (const std::string& key : items.key) {
    const Behaviour b = behaviour(settings, model, key);
    score.push_back(b.failed ? kNan : 0.2 + 0.3 * b.right + 0.4 * b.noise);
  }
  Record out;
  add_column(out, "item/key", items.key);
  out.add(signal_array("probe/hidden_probe", score, 1, "probability", "out-of-fold probability"));
  return out;
}

std::string unit_name(std::size_t index) {
  const std::string number = std::to_string(index);
  return "unit-" + std::string(6 - number.size(), '0') + number + ".h5";
}

class Maker {
 public:
  explicit Maker(const Settings& settings) : settings_(settings) {}

  void make() {
    manifest_ = {{"sweep", "made up"},
                 {"seed", settings_.seed},
                 {"profile", "default"},
                 {"partial", false},
                 {"limit", 0},
                 {"program", "VRP test"},
                 {"settings", Json::object()},
                 {"work", Json::array()}};
    fs::create_directories(settings_.run / "items");
    for (const std::string& set : kSets) {
      tables_.push_back(make_items(set, settings_));
      write_item_table(settings_.run / "items" / (set + ".h5"), tables_.back());
      const auto n = tables_.back().size();
      manifest_["benchmarks"][set] = {{"items", n},
                                      {"items_used", n},
                                      {"table", "items/" + set + ".h5"},
                                      {"table_hash", tables_.back().hash().hex()},
                                      {"scorers", tables_.back().scorers}};
    }
    for (const Model& model : kModels) {
      manifest_["models"][model.name] = {{"hash", model.name}, {"dtype", "fp32"}};
      for (std::size_t s = 0; s < kSets.size(); ++s) make_cell(model, tables_[s]);
    }
    if (settings_.items <= 1000) reduce();
    write_atomically(settings_.run / "manifest.json", manifest_.dump(1));
  }

 private:
  void add_work(const Model& model, const std::string& set, const std::string& stage,
                const std::string& folder, const Json& files) {
    manifest_["work"].push_back({{"model", model.name},
                                 {"benchmark", set},
                                 {"stage", stage},
                                 {"folder", folder},
                                 {"pooled", false},
                                 {"fingerprint",
                                  {{"stage", stage + " version 1"},
                                   {"seed", std::to_string(settings_.seed)},
                                   {"items", set},
                                   {"upstream x of y", std::to_string(settings_.seed)}}},
                                 {"files", files}});
  }

  void make_cell(const Model& model, const ItemTable& items) {
    const std::string folder = model.name + "/" + items.benchmark + "/";
    Json files = Json::array();
    for (std::size_t first = 0, u = 0; first < items.size(); first += settings_.unit, ++u) {
      const std::size_t last = std::min(items.size(), first + settings_.unit);
      const UnitRecords unit = make_unit(settings_, model, items, first, last);
      write(folder + "capture@aaaa/" + unit_name(u), unit.capture);
      write(folder + "metrics@bbbb/" + unit_name(u), unit.metrics);
      write(folder + "consistency@cccc/" + unit_name(u), unit.consistency);
      files.push_back({unit_name(u), first, last});
    }
    add_work(model, items.benchmark, "capture", folder + "capture@aaaa", files);
    add_work(model, items.benchmark, "metrics", folder + "metrics@bbbb", files);
    add_work(model, items.benchmark, "consistency", folder + "consistency@cccc", files);
    write(folder + "probes@dddd/" + unit_name(0), make_probes(settings_, model, items));
    add_work(model, items.benchmark, "probes", folder + "probes@dddd",
             Json::array({{unit_name(0), 0, items.size()}}));
  }

  void write(const std::string& name, const Record& record) const {
    fs::create_directories((settings_.run / name).parent_path());
    write_record(settings_.run / name, record, {{"program", "make_compare_run"}});
  }

  /// The run's own statistics, from the records as a whole.
  void reduce() const {
    ReduceParams params;
    params.replicates = 200;
    std::vector<Record> results;
    std::vector<std::string> models;
    for (const Model& model : kModels) {
      models.push_back(model.name);
      for (const ItemTable& items : tables_) {
        UnitRecords all = make_unit(settings_, model, items, 0, items.size());
        add_labels(all.capture, items);
        add_majority_labels(all.consistency, items);
        results.push_back(reduce_cell({model.name,
                                       items.benchmark,
                                       &items,
                                       all.capture,
                                       all.metrics,
                                       all.consistency,
                                       make_probes(settings_, model, items),
                                       {},
                                       {}},
                                      params, settings_.seed));
      }
    }
    RunFacts facts;
    facts.seed = settings_.seed;
    facts.families = declare_families(models, kSets, params);
    write_results(settings_.run, results, facts);
  }

  Settings settings_;
  Json manifest_;
  std::vector<ItemTable> tables_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 6) {
    std::cerr << "usage: make_compare_run OUT [ITEMS UNIT SEED VARIANT]\n";
    return 2;
  }
  try {
    Settings settings;
    settings.run = argv[1];
    if (argc > 2) settings.items = std::stoul(argv[2]);
    if (argc > 3) settings.unit = std::stoul(argv[3]);
    if (argc > 4) settings.seed = std::stoul(argv[4]);
    if (argc > 5) settings.variant = argv[5];
    Maker(settings).make();
  } catch (const std::exception& error) {
    std::cerr << "make_compare_run: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
