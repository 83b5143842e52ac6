// Units of capture, consistency, both together and interventions under a falling memory ceiling:
// the same records, or items that failed and say why; never an error of the unit.
#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "stages/capture/record.hpp"
#include "stages/capture_with_paths.hpp"
#include "stages/interventions/interventions.hpp"
#include "tests/unit/model/ceiling.hpp"

using namespace vrp;
using namespace vrp::test;
using Catch::Matchers::Contains;

namespace {

const std::string kGolden = VRP_SOURCE_DIR "/tests/golden/data/";
constexpr std::size_t kItems = 4;

/// Items that failed; each must say that memory was short.
int failed_items(const Record& record) {
  int failed = 0;
  const auto& status = record.values<std::int32_t>("item/status");
  const auto& reason = record.values<std::string>("item/reason");
  REQUIRE(status.size() == kItems);
  for (std::size_t i = 0; i < kItems; ++i) {
    if (status[i] == static_cast<int>(ItemStatus::ok)) continue;
    ++failed;
    CHECK_THAT(reason[i], Contains("out of memory: prompt of "));
  }
  return failed;
}

struct Cell {
  explicit Cell(const std::string& family) : folder(kGolden + family + "/checkpoint") {
    table.benchmark = "toy";
    table.kind = "text";
    table.scorers = {"exact@1"};
    for (std::size_t i = 0; i < kItems; ++i) {
      table.key.push_back(concat("toy/val/", i));
      table.id.push_back(concat(i));
      table.group.push_back(concat("g", i));
      table.image.emplace_back("rgb.png");
      table.image_hash.emplace_back();
      table.question.push_back(concat("Is there a lantern ", i, "?"));
      table.answer.emplace_back("Yes");
      table.answers.emplace_back();
      table.choices.emplace_back();
      table.hint.emplace_back();
      table.type.emplace_back("one");
      table.regions.emplace_back();
      table.metadata.emplace_back("{}");
      pictures.push_back({read_image(kGolden + "images/rgb.png"), ""});
    }
    consistency_params.samples = 24;
    edits.masks = {"embed", "attn"};
  }

  void load() {
    model.reset();
    Ceiling::install().set_limit(0);
    model = std::make_unique<Model>(Model::load(folder, {}));
  }
  Record captured() const {
    return capture(table, 0, pictures, *model, {}, {.max_new_tokens = 4}, capture_params, [] {});
  }
  Record sampled() const {
    return consistency(table, 0, pictures, *model, "toy", {}, {.max_new_tokens = 4},
                       consistency_params, 7, [] {});
  }
  /// What capture leaves of the pass that both share; consistency leaves what it does alone.
  Record together(const Record& alone) const {
    auto both = capture_with_paths({table,
                                    0,
                                    pictures,
                                    *model,
                                    "toy",
                                    {},
                                    {.max_new_tokens = 4},
                                    capture_params,
                                    consistency_params,
                                    7},
                                   [] {});
    if (failed_items(both.second) == 0) CHECK(both.second.digest() == alone.digest());
    return std::move(both.first);
  }
  Record edited(const Record& capture) const {
    return interventions({table,
                          0,
                          pictures,
                          *model,
                          "toy",
                          {},
                          {.max_new_tokens = 4},
                          capture,
                          probes,
                          edits,
                          metrics,
                          capture_params,
                          7},
                         [] {});
  }

  std::string folder;
  std::unique_ptr<Model> model;
  ItemTable table;
  std::vector<Picture> pictures;
  CaptureParams capture_params;
  ConsistencyParams consistency_params;
  InterventionsParams edits;
  MetricsParams metrics;
  Record probes;
};

}  // namespace

TEST_CASE("units of every stage end under any ceiling", "[memory]") {
  Ceiling& ceiling = Ceiling::install();
  int rescued = 0, failed = 0;
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    Cell cell(family);
    struct Stage {
      const char* name;
      std::function<Record()> run;
    };
    cell.load();
    const Record capture = cell.captured(), sampled = cell.sampled();
    for (const Stage& stage : {Stage{"capture", [&] { return cell.captured(); }},
                               Stage{"consistency", [&] { return cell.sampled(); }},
                               Stage{"together", [&] { return cell.together(sampled); }},
                               Stage{"interventions", [&] { return cell.edited(capture); }}}) {
      CAPTURE(family, stage.name);
      cell.load();
      const std::int64_t base = ceiling.live();
      ceiling.reset_peak();
      const Record reference = stage.run();
      REQUIRE(failed_items(reference) == 0);
      const std::int64_t need = ceiling.peak() - base;
      for (const int percent : {90, 70, 50, 20, 5}) {
        CAPTURE(percent);
        cell.load();
        ceiling.say_by(percent % 20 == 10 ? Refusal::host : Refusal::device);
        ceiling.set_limit(ceiling.live() + need * percent / 100);
        const Record record = stage.run();
        ceiling.set_limit(0);
        const std::int64_t tries = cell.model->counters().out_of_memory;
        const int short_of = failed_items(record);
        failed += short_of;
        if (short_of > 0) continue;
        CHECK(record.digest() == reference.digest());
        if (tries == 0) continue;
        ++rescued;
        // The same items again: their ceilings are known by now.
        ceiling.set_limit(ceiling.live() + need * percent / 100);
        CHECK(stage.run().digest() == reference.digest());
        CHECK(cell.model->counters().out_of_memory == tries);
        ceiling.set_limit(0);
      }
    }
  }
  CHECK(rescued > 0);
  CHECK(failed > 0);
}
