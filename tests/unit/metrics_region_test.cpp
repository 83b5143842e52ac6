// Regions on their way from source pixels to cells.
#include "metrics_cell.hpp"
#include "stages/metrics/regions.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

Cell with_region(std::vector<Region> regions) {
  Cell cell;
  Item item;
  item.key = "made/0";
  item.maps = peak(14, 0.065);  // cell (2, 2)
  item.regions = std::move(regions);
  cell.items.push_back(item);
  return cell;
}

Placement landscape() { return {640, 480, 0.7, 0.7, 56, 0, 336, 336, {6, 6}}; }

}  // namespace

TEST_CASE("a region goes through scale and crop", "[metrics][region]") {
  // Source 240..320 x 160..240 is input 112..168 x 112..168 after the crop: cell (2, 2), whole.
  const Record r = with_region({box(240, 160, 80, 80)}).metrics();
  near(value(r, "relevance/area", 0), 1.0 / 36, 1e-12);
  near(value(r, "relevance/mass", 0), 0.65, 1e-6);
  near(value(r, "relevance/lift", 0), 0.65 * 36, 1e-5);
  near(value(r, "relevance/iou", 0), 1, 0);
  near(value(r, "relevance/pointing", 0), 1, 0);
  near(value(r, "relevance/peak_layer", 0), 0, 0);
  near(value(r, "relevance/mass_layer", 1), 0.65, 1e-6);
  CHECK(value(r, "relevance/defined", 0) == 1);
  CHECK(text(r, "relevance/reason", 0).empty());
}

TEST_CASE("what the crop cuts off does not count", "[metrics][region]") {
  // Source columns 0..160: the crop starts at 80, so half of the box is one column of cells.
  const GridRegion g = grid_region({box(0, 0, 160, 480)}, "outline", landscape());
  near(g.area, 6.0 / 36, 1e-12);
  for (std::size_t s = 0; s < 36; ++s) near(g.share[s], s % 6 == 0 ? 1 : 0, 1e-12);
}

TEST_CASE("several objects are a union", "[metrics][region]") {
  near(grid_region({box(240, 160, 80, 80), box(240, 160, 80, 160)}, "outline", landscape()).area,
       2.0 / 36, 1e-12);
}

TEST_CASE("the outline of an object is used unless the box is asked for", "[metrics][region]") {
  Region triangle = box(240, 160, 80, 80);
  triangle.polygons = {{240, 160, 320, 160, 240, 240}};
  near(grid_region({triangle}, "outline", landscape()).area, 0.5 / 36, 1e-12);
  near(grid_region({triangle}, "box", landscape()).area, 1.0 / 36, 1e-12);
  MetricsParams params;
  near(value(with_region({triangle}).metrics(params), "relevance/area", 0), 0.5 / 36, 1e-12);
  params.region = "box";
  near(value(with_region({triangle}).metrics(params), "relevance/area", 0), 1.0 / 36, 1e-12);
}

TEST_CASE("a region that cannot be used is NaN with its reason, and structure stays",
          "[metrics][region]") {
  Region broken = box(0, 0, 10, 10);
  broken.polygons = {{1, 2, 3, 4, 5}};
  const Region not_finite = box(0, 0, std::nan(""), 10);
  const std::vector<std::pair<std::vector<Region>, std::string>> cases{
      {{}, "no region"},
      {{box(0, 0, 70, 480)}, "region outside the crop"},
      {{box(900, 900, 10, 10)}, "region outside the crop"},
      {{box(300, 300, 0, 20)}, "empty region"},
      {{broken},
       "malformed region: region_coverage: number of coordinates of an outline is 5, "
       "expected an even number"},
      {{not_finite}, "malformed region"}};
  for (const auto& [regions, reason] : cases) {
    const Record r = with_region(regions).metrics();
    INFO(reason);
    CHECK_THAT(text(r, "relevance/reason", 0), Catch::StartsWith(reason));
    CHECK(value(r, "relevance/defined", 0) == 0);
    for (const char* name : {"relevance/mass", "relevance/lift", "relevance/iou",
                             "relevance/pointing", "relevance/c_out", "relevance/mass_square",
                             "relevance/mass_other", "relevance/peak_layer"})
      CHECK(std::isnan(value(r, name, 0)));
    CHECK_FALSE(std::isnan(value(r, "metrics/h_s", 0)));
    CHECK(value(r, "item/status", 0) == 0);
  }
}

TEST_CASE("an item without geometry has no region", "[metrics][region]") {
  for (const std::size_t field : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u}) {
    Cell cell = with_region({box(240, 160, 80, 80)});
    cell.items[0].geometry[field] = std::nan("");
    CHECK(text(cell.metrics(), "relevance/reason", 0) == "no geometry");
  }
}

TEST_CASE("count_match compares the regions looked at with the reference count",
          "[metrics][region]") {
  // Top mass: two cells far apart, one on each of two boxes; a third box is not looked at.
  Cell cell = with_region({box(80, 0, 80, 80), box(480, 400, 80, 80), box(240, 160, 80, 80)});
  cell.items[0].maps = flat(0);
  for (auto& map : cell.items[0].maps) map[0] = map[35] = 0.1f;
  MetricsParams params;
  params.top_mass = 0.9;
  cell.kind = "integer";
  cell.items[0].answer = " 3 ";
  Record r = cell.metrics(params);
  near(value(r, "relevance/c_in", 0), 2, 0);
  near(value(r, "relevance/c_out", 0), 0, 0);
  near(value(r, "relevance/count_match", 0), -1, 0);
  cell.items[0].answer = "2";
  near(value(cell.metrics(params), "relevance/count_match", 0), 0, 0);
  for (const char* answer : {"", "two", "2.5", "2 cats"}) {
    cell.items[0].answer = answer;
    CHECK(std::isnan(value(cell.metrics(params), "relevance/count_match", 0)));
  }
  cell.kind = "yes_no";
  cell.items[0].answer = "2";
  CHECK(std::isnan(value(cell.metrics(params), "relevance/count_match", 0)));
}

TEST_CASE("the centred square has the area it is asked for and stays in the middle",
          "[metrics][region]") {
  const auto total = [](const std::vector<double>& share) {
    double sum = 0;
    for (const double s : share) sum += s;
    return sum / static_cast<double>(share.size());
  };
  for (const double area : {1e-4, 0.01, 0.1111, 0.5, 0.97, 1.0}) {
    Placement wide{640, 480, 1, 1, 0, 0, 560, 280, {10, 20}};
    for (const Placement& p : {landscape(), wide}) {
      const auto share = centred_square(area, p);
      near(total(share), area, 1e-9);
      for (std::size_t s = 0; s < share.size(); ++s)
        near(share[s], share[share.size() - 1 - s], 1e-9);
    }
  }
  const auto share = centred_square(4.0 / 36, landscape());
  for (const std::size_t s : {14u, 15u, 20u, 21u}) near(share[s], 1, 1e-9);
}
