// The interventions stage on the golden checkpoints of every family: grids of all kinds, masks of
// all ways, and the same record however the items are cut into units.
#include "stages/interventions/interventions.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "stages/capture/capture.hpp"
#include "tests/golden/golden_file.hpp"

using namespace vrp;
using namespace vrp::golden;

namespace {

struct Cell {
  ItemTable table;
  std::vector<Picture> pictures;
};

/// The pictures and questions of the golden cases, each with a region in its middle.
Cell cell_of(const GoldenFile& file) {
  Cell cell;
  ItemTable& table = cell.table;
  table.benchmark = "golden";
  table.kind = "text";
  table.scorers = {"exact"};
  for (const std::string& name : file.list("cases")) {
    const std::string at = "cases/" + name;
    const RgbImage image = read_image(golden_folder() / "images" / file.text(at, "image"));
    table.key.push_back("golden/all/" + name);
    table.id.push_back(name);
    table.group.push_back(file.text(at, "image"));
    table.image.push_back(file.text(at, "image"));
    table.image_hash.emplace_back();
    table.question.push_back(file.text(at, "question"));
    table.answer.push_back("yes");
    table.answers.emplace_back();
    table.choices.emplace_back();
    table.hint.emplace_back();
    table.type.push_back("t");
    const double w = image.width, h = image.height;
    table.regions.push_back({{"thing", 1, {0.3 * w, 0.3 * h, 0.4 * w, 0.4 * h}, {}}});
    table.metadata.push_back("{}");
    cell.pictures.push_back({image, ""});
  }
  return cell;
}

}  // namespace

TEST_CASE("interventions run on every family, and units do not change them", "[golden][edit]") {
  int items = 0;
  for (const Family& family : families()) {
    const auto type = json_text(read_json(family.checkpoint / "config.json"), "model_type",
                                family.checkpoint.string());
    if (std::ranges::find(supported_families(), type) == supported_families().end()) continue;
    const Model model = Model::load(family.checkpoint, {});
    const Cell cell = cell_of(GoldenFile(family.golden));
    const GenerationParams generation{4, {}, false};
    CaptureParams captured;
    captured.blank = false;
    InterventionsParams params;
    params.masks = {"pixel", "embed", "attn"};
    params.mask_draws = 2;
    params.singles = 0;
    params.tops = {};
    params.random_draws = 2;
    params.sweep = {"0%", "50%"};
    params.scaled_draws = 1;
    const auto run = [&](std::size_t first, std::size_t last) {
      const std::vector<Picture> some(cell.pictures.begin() + static_cast<std::ptrdiff_t>(first),
                                      cell.pictures.begin() + static_cast<std::ptrdiff_t>(last));
      const Record capture_record =
          capture(cell.table, first, some, model, {}, generation, captured, [] {});
      return interventions({cell.table,
                            first,
                            some,
                            model,
                            family.name,
                            {},
                            generation,
                            capture_record,
                            Record{},
                            params,
                            MetricsParams{},
                            captured,
                            7},
                           [] {});
    };
    const std::size_t count = cell.pictures.size();
    const Record whole = run(0, count);
    INFO(family.name);
    const auto& names = whole.values<std::string>("edit/name");
    const auto& status = whole.values<std::int32_t>("item/status");
    const auto& length = whole.values<std::int32_t>("answer/length");
    const auto& cells = whole.values<std::int32_t>("mask/cells");
    const auto& margin = whole.values<float>("answer/margin");
    for (std::size_t i = 0; i < count; ++i) {
      INFO(cell.table.key[i] << ": " << whole.values<std::string>("item/reason")[i]);
      CHECK(status[i] == 0);
      const PreparedItem item = model.prepare(cell.pictures[i].image, cell.table.question[i], {});
      const auto size = static_cast<int>(item.image_positions.size());
      for (std::size_t e = 0; e < names.size(); ++e) {
        INFO(names[e]);
        const std::size_t at = i * names.size() + e;
        const bool mask = names[e].starts_with("mask ");
        const bool of_region = names[e].find("region") != std::string::npos ||
                               names[e].find("outside") != std::string::npos;
        if (mask && !of_region) CHECK(cells[at] == (size * 3 / 10 > 0 ? size * 3 / 10 : -1));
        if (!mask) CHECK(cells[at] == -1);
        if (mask) {
          CHECK((length[at] >= 0) == (cells[at] > 0));
        } else {
          CHECK(length[at] >= 0);
        }
        CHECK(std::isfinite(margin[at]) == (length[at] >= 0));
      }
      ++items;
    }
    std::vector<Record> parts;
    for (std::size_t i = 0; i < count; ++i) parts.push_back(run(i, i + 1));
    CHECK(concatenate(parts).digest() == whole.digest());
    std::cout << family.name << ": " << count << " items, " << names.size() << " conditions\n";
  }
  CHECK(items > 0);
}
