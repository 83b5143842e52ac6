// The stage on a small checkpoint: what it writes against the same edits by hand.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/store/frame.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/capture/capture.hpp"
#include "stages/interventions/interventions.hpp"
#include "stages/interventions/masks.hpp"
#include "stages/interventions/plan.hpp"
#include "stages/probes/record.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using namespace vrp::test;
using Catch::Contains;

namespace {

constexpr std::size_t kItems = 5;
constexpr std::size_t kNeuron = 9, kHidden = 32;

/// Dimension 9 of the residual stream is written by the last block's MLP alone, and decides between
/// tokens 100 and 101; see the model's own test of edits.
void plant(TinyTensors& tensors) {
  const auto row_to_zero = [&](const std::string& name) {
    TinyTensor& t = tensors.at(name);
    const std::size_t cols = t.values.size() / static_cast<std::size_t>(t.shape[0]);
    std::fill_n(t.values.begin() + static_cast<std::ptrdiff_t>(kNeuron * cols), cols, 0.0f);
  };
  const std::string text = "language_model.model.";
  TinyTensor& embedding = tensors.at(text + "embed_tokens.weight");
  TinyTensor& head = tensors.at("language_model.lm_head.weight");
  for (std::size_t id = 0; id < 272; ++id) {
    embedding.values[id * kHidden + kNeuron] = 0;
    head.values[id * kHidden + kNeuron] = id == 100 ? 5000.0f : id == 101 ? -5000.0f : 0.0f;
  }
  row_to_zero("multi_modal_projector.linear_2.weight");
  tensors.at("multi_modal_projector.linear_2.bias").values[kNeuron] = 0;
  for (int l = 0; l < 3; ++l) {
    row_to_zero(concat(text, "layers.", l, ".self_attn.o_proj.weight"));
    if (l < 2) row_to_zero(concat(text, "layers.", l, ".mlp.down_proj.weight"));
  }
}

/// Items 0 and 3 have a region; folds are 0, 1, 0, 1 and none.
struct Cell {
  explicit Cell(const std::function<void(TinyTensors&)>& change = {}, int tokens = 5)
      : checkpoint({}, change), generation{tokens, {271}, false} {
    table.benchmark = "set";
    table.kind = "text";
    table.scorers = {"exact"};
    for (std::size_t i = 0; i < kItems; ++i) {
      table.key.push_back(concat("set/all/", i));
      table.id.push_back(concat(i));
      table.group.push_back(concat("g", i));
      table.image.push_back("x.png");
      table.image_hash.emplace_back();
      table.question.push_back(concat("what is item ", i, "?"));
      table.answer.push_back("cat");
      table.answers.emplace_back();
      table.choices.emplace_back();
      table.hint.emplace_back();
      table.type.push_back("t");
      table.regions.emplace_back();
      table.metadata.push_back("{}");
      pictures.push_back(
          {noise_image(40 + static_cast<int>(i), 30, static_cast<std::uint32_t>(i)), ""});
    }
    table.regions[0].push_back({"cat", 1, {5, 5, 20, 20}, {}});
    table.regions[3].push_back({"cat", 2, {10, 0, 8, 8}, {}});
    table.answer[4] = "";  // no reference
    captured.blank = false;
    record = capture(table, 0, pictures, model, {}, generation, captured, [] {});
    std::vector<std::int32_t> folds{0, 1, 0, 1, -1};
    std::vector<NeuronRow> rows;
    for (const int layer : {1, 2}) {
      for (const int fold : {0, 1}) {
        for (int rank = 0; rank < 6; ++rank) {
          NeuronRow row;
          row.layer = layer;
          row.fold = fold;
          row.kind = "ranked";
          row.rank = rank;
          row.neuron = rank == 0 ? std::int64_t{kNeuron} : 10 + 2 * rank + fold;
          row.mean = 0.25 * rank;
          rows.push_back(row);
        }
      }
    }
    probes.add("item/key", {"item"}, {static_cast<std::int64_t>(kItems)}, table.key, "", "");
    probes.add("item/fold", {"item"}, {static_cast<std::int64_t>(kItems)}, folds, "1", "");
    add_frame(probes, "neuron", rows);
    params.masks = {"pixel", "embed", "attn"};
    params.tops = {"5"};
    params.singles = 2;
    params.random_draws = 3;
    params.sweep_draws = 1;
    params.scaled_draws = 2;
    params.sweep = {"0"};
  }

  Record run(std::size_t first = 0, std::size_t last = kItems) const {
    const std::vector<Picture> some(pictures.begin() + static_cast<std::ptrdiff_t>(first),
                                    pictures.begin() + static_cast<std::ptrdiff_t>(last));
    const Record part = first == 0 && last == kItems
                            ? record
                            : capture(table, first, some, model, {}, generation, captured, [] {});
    int done = 0;
    const Record out = interventions({table,
                                      first,
                                      some,
                                      model,
                                      "tiny",
                                      {},
                                      generation,
                                      part,
                                      probes,
                                      params,
                                      metrics,
                                      captured,
                                      11},
                                     [&] { ++done; });
    CHECK(done == static_cast<int>(last - first));
    return out;
  }

  TinyCheckpoint checkpoint;
  Model model = Model::load(checkpoint.path(), {});
  ItemTable table;
  std::vector<Picture> pictures;
  GenerationParams generation;
  CaptureParams captured;
  MetricsParams metrics;
  InterventionsParams params;
  Record record, probes;
};

/// One condition's column of an interventions record.
struct Seen {
  explicit Seen(const Record& r) : record(r), names(r.values<std::string>("edit/name")) {}
  std::size_t at(const std::string& name) const {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) FAIL("no condition " << name);
    return static_cast<std::size_t>(found - names.begin());
  }
  template <class T>
  T get(const std::string& array, std::size_t item, const std::string& name) const {
    return record.values<T>(array)[item * names.size() + at(name)];
  }
  std::string text(std::size_t item, const std::string& name) const {
    return get<std::string>("answer/text", item, name);
  }
  int length(std::size_t item, const std::string& name) const {
    return get<std::int32_t>("answer/length", item, name);
  }
  const Record& record;
  std::vector<std::string> names;
};

}  // namespace

TEST_CASE("the baseline is the captured answer with the captured margin", "[interventions]") {
  const Cell cell;
  const Record record = cell.run();
  const Seen seen(record);
  CHECK(record.values<std::int32_t>("item/status") == std::vector<std::int32_t>(kItems, 0));
  CHECK(record.values<std::int32_t>("item/fold") == std::vector<std::int32_t>{0, 1, 0, 1, -1});
  for (std::size_t i = 0; i < kItems; ++i) {
    CHECK(seen.text(i, "baseline") == cell.record.values<std::string>("answer/text")[i]);
    CHECK(seen.length(i, "baseline") == cell.record.values<std::int32_t>("answer/length")[i]);
    CHECK(seen.get<std::uint8_t>("answer/changed", i, "baseline") == 0);
    const auto margin = static_cast<float>(cell.record.values<double>("lens/margin_last")[i]);
    const float found = seen.get<float>("answer/margin", i, "baseline");
    if (i == 4) {
      CHECK((std::isnan(margin) && std::isnan(found)));
    } else {
      CHECK(found == margin);
    }
  }
}

TEST_CASE("conditions are what the model gives under the same edits", "[interventions]") {
  const Cell cell;
  const Record record = cell.run();
  const Seen seen(record);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    const int fold = i % 2 == 0 ? 0 : 1;
    const PreparedItem item =
        cell.model.prepare(cell.pictures[i].image, cell.table.question[i], {});
    const auto answer = [&](const Edit& edit) {
      return cell.model
          .edited(item, cell.generation, std::vector<EditCondition>{{"by hand", {edit}}})
          .front()
          .answer.text;
    };
    std::vector<std::int64_t> top{kNeuron};
    std::vector<float> means{0};
    for (int rank = 1; rank < 5; ++rank) {
      top.push_back(10 + 2 * rank + fold);
      means.push_back(0.25f * static_cast<float>(rank));
    }
    using enum EditOperation;
    CHECK(seen.text(i, "L2 top5 zero") == answer({EditSite::mlp_out, 2, set, top, 0, {}, {}}));
    CHECK(seen.text(i, "L2 top5 +100") == answer({EditSite::mlp_out, 2, set, top, 100, {}, {}}));
    CHECK(seen.text(i, "L2 top5 mean") ==
          answer({EditSite::mlp_out, 2, replace, top, 0, means, {}}));
    CHECK(seen.text(i, "L2 single2 -100") ==
          answer({EditSite::mlp_out, 2, set, {top[1]}, -100, {}, {}}));
    CHECK(seen.text(i, "L2 bypass") == answer({EditSite::mlp_out, 2, bypass, {}, 0, {}, {}}));
    CHECK(seen.text(i, "L0 top5 zero") == answer({EditSite::mlp_out, 0, set, top, 0, {}, {}}));
    // Masks: the same cells in three ways.
    const auto condition = plan_conditions(cell.params, {3, 32, 48});
    MaskItem maskable;
    maskable.grid = {4, 4};
    maskable.seed = 11;
    maskable.model = "tiny";
    maskable.key = cell.table.key[i];
    const auto random = std::ranges::find(condition, "mask random 1", &PlannedCondition::name);
    const auto cells = *mask_of(*random, maskable);
    CHECK(cells.size() == 4);
    CHECK(seen.get<std::int32_t>("mask/cells", i, "mask random 1 embed") == 4);
    PreparedItem grey = item;
    grey.image = mask_cells(item.image, cell.model.spec(), cells);
    CHECK(seen.text(i, "mask random 1") == cell.model.greedy(grey, cell.generation).text);
    CHECK(seen.text(i, "mask random 1 embed") ==
          answer({EditSite::image_features, -1, mean, cells, 0, {}, {}}));
    CHECK(seen.text(i, "mask random 1 attn") ==
          answer({EditSite::attention, -1, set, cells, 0, {}, {}}));
  }
}

TEST_CASE("high and low follow the metrics' map, or the last block's first query",
          "[interventions]") {
  Cell cell;
  for (const char* scores : {"map", "last_first"}) {
    cell.params.mask_scores = scores;
    const Record record = cell.run();
    const Seen seen(record);
    const bool first = std::string_view(scores) == "last_first";
    const auto& map =
        cell.record.values<float>(first ? "attention/map_first" : "attention/map");  // [L, N * 16]
    for (std::size_t i = 0; i < kItems; ++i) {
      std::vector<double> m(16, 0.0);
      for (std::size_t l = first ? 2 : 0; l < 3; ++l) {
        for (std::size_t s = 0; s < 16; ++s) m[s] += double{map[(l * kItems + i) * 16 + s]};
      }
      std::vector<std::int64_t> order(16);
      for (std::size_t s = 0; s < 16; ++s) order[s] = static_cast<std::int64_t>(s);
      std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
        return m[static_cast<std::size_t>(a)] > m[static_cast<std::size_t>(b)];
      });
      PreparedItem item = cell.model.prepare(cell.pictures[i].image, cell.table.question[i], {});
      const PreparedImage plain = item.image;
      item.image = mask_cells(plain, cell.model.spec(), std::span(order).first(4));
      CHECK(seen.text(i, "mask high") == cell.model.greedy(item, cell.generation).text);
      item.image = mask_cells(plain, cell.model.spec(), std::span(order).last(4));
      CHECK(seen.text(i, "mask low") == cell.model.greedy(item, cell.generation).text);
    }
  }
}

TEST_CASE("what is not defined for an item has no answer", "[interventions]") {
  const Cell cell;
  const Record record = cell.run();
  const Seen seen(record);
  for (std::size_t i = 0; i < kItems; ++i) {
    const bool region = i == 0 || i == 3;
    for (const char* name : {"mask region", "mask outside embed"}) {
      CHECK((seen.length(i, name) >= 0) == region);
      CHECK((seen.get<std::int32_t>("mask/cells", i, name) > 0) == region);
      if (!region) CHECK(std::isnan(seen.get<float>("answer/margin", i, name)));
    }
    CHECK((seen.length(i, "L2 top5 zero") >= 0) == (i != 4));  // item 4 is in no fold
    CHECK(seen.length(i, "L2 bypass") >= 0);
    CHECK(seen.length(i, "L2 random 25% draw 1") >= 0);
  }
  CHECK(seen.get<std::int32_t>("mask/cells", 0, "mask region") ==
        seen.get<std::int32_t>("mask/cells", 0, "mask outside"));
}

TEST_CASE("a unit's record is that of its items one by one, whatever memory there is",
          "[interventions]") {
  Cell cell;
  const Record whole = cell.run();
  std::vector<Record> parts;
  for (std::size_t i = 0; i < kItems; ++i) parts.push_back(cell.run(i, i + 1));
  CHECK(concatenate(parts).digest() == whole.digest());
  cell.params.memory_mb = 1;
  CHECK(cell.run().digest() == whole.digest());
}

TEST_CASE("a unit's file holds the record", "[interventions]") {
  const Cell cell;
  const Record record = cell.run();
  const auto path = cell.checkpoint.path() / "unit.h5";
  write_record(path, record, {});
  CHECK(read_record(path).record.digest() == record.digest());
}

TEST_CASE("a planted neuron among the targets changes every answer, random controls none",
          "[interventions]") {
  const Cell cell(plant, 1);
  const Record record = cell.run();
  const Seen seen(record);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto changed = [&](const std::string& name) {
      return seen.get<std::uint8_t>("answer/changed", i, name) != 0;
    };
    CHECK(changed("L2 single1 zero"));
    CHECK(changed("L2 top5 zero"));
    CHECK(changed("L2 bypass"));
    CHECK_FALSE(changed("L2 single2 zero"));
    for (int draw = 0; draw < 3; ++draw) {
      CHECK_FALSE(changed(concat("L2 random5 draw ", draw, " zero")));
    }
  }
}

TEST_CASE("an item whose unedited answer is not the captured one fails", "[interventions]") {
  Cell cell;
  std::get<std::vector<std::int32_t>>(
      std::ranges::find(cell.record.arrays(), "answer/tokens", &Array::name)->data)[1] += 1;
  cell.pictures[2].problem = "no such file";
  const Record record = cell.run();
  const Seen seen(record);
  CHECK(record.values<std::int32_t>("item/status") == std::vector<std::int32_t>{1, 0, 1, 0, 0});
  CHECK_THAT(record.values<std::string>("item/reason")[0],
             Contains("unedited answer") && Contains("expected the captured"));
  CHECK(record.values<std::string>("item/reason")[2] == "no such file");
  for (const std::string& name : seen.names) {
    CHECK(seen.length(0, name) == -1);
  }
}

TEST_CASE("items that are not evaluated are rows that say so", "[interventions]") {
  Cell cell;
  cell.params.items = 2;
  const auto chosen = evaluated_rows(cell.table, 2, 11);
  CHECK(std::ranges::count(chosen, true) == 2);
  CHECK(evaluated_rows(cell.table, 0, 11) == std::vector<bool>(kItems, true));
  CHECK(evaluated_rows(cell.table, 9, 11) == std::vector<bool>(kItems, true));
  const auto status = cell.run().values<std::int32_t>("item/status");
  for (std::size_t i = 0; i < kItems; ++i) CHECK(status[i] == (chosen[i] ? 0 : 3));
  // A larger choice holds a smaller one, and another seed makes another.
  const auto more = evaluated_rows(cell.table, 3, 11);
  for (std::size_t i = 0; i < kItems; ++i) CHECK((!chosen[i] || more[i]));
}

TEST_CASE("blocks and neurons that the model does not have stop the run", "[interventions]") {
  Cell cell;
  const auto refused = [&](const std::string& text) {
    try {
      cell.run();
      FAIL("no error, expected one with: " << text);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      CHECK_THAT(error.what(), Contains(text));
    }
  };
  cell.params.layer = "3";
  refused("layer is '3', expected a block from 0 to 2");
  cell.params.layer = "2";
  cell.params.ids = {"1512"};
  cell.params.singles = 1;
  cell.params.tops = {};
  cell.params.top_operations = {};
  refused("ids has neuron 1512, expected 0 to 31 for this model");
  cell.params.ids = {};
  cell.params.scaled = {"500"};
  refused("scaled is '500', expected 1 to 32 neurons");
}

TEST_CASE("upstream records of other items are refused", "[interventions]") {
  Cell cell;
  const std::string key = cell.table.key[1];
  cell.table.key[1] = "set/all/other";
  CHECK_THROWS_WITH(cell.run(), Contains("item 1 is '" + key + "', expected 'set/all/other'"));
  cell.table.key[1] = key;
  Record other;
  other.add("item/key", {"item"}, {1}, std::vector<std::string>{"set/all/0"}, "", "");
  other.add("item/fold", {"item"}, {1}, std::vector<std::int32_t>{0}, "", "");
  cell.probes = other;
  CHECK_THROWS_WITH(cell.run(), Contains("array 'item/key' has 1 values, expected 5"));
}
