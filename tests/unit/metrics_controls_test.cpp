#include <algorithm>
#include <numeric>

#include "metrics_cell.hpp"
#include "stages/metrics/controls.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

Item item(const std::string& key, const std::string& group, std::vector<Region> regions) {
  Item out;
  out.key = key;
  out.group = group;
  out.maps = peak(14, 0.065);
  out.regions = std::move(regions);
  return out;
}

/// Mean lift of the cell, and the share of permutations whose mean lift is at least as large.
std::pair<double, double> mean_lift(const Record& r) {
  const auto lift = r.as_double("relevance/lift"), null = r.as_double("relevance/null_lift");
  const std::size_t draws = null.size() / lift.size();
  double observed = 0, reached = 0;
  for (const double value : lift) observed += value / static_cast<double>(lift.size());
  for (std::size_t k = 0; k < draws; ++k) {
    double sum = 0, n = 0;
    for (std::size_t i = 0; i < lift.size(); ++i) {
      if (std::isnan(null[i * draws + k])) continue;
      sum += null[i * draws + k];
      n += 1;
    }
    reached += sum / n >= observed;
  }
  return {observed, (1 + reached) / (1 + static_cast<double>(draws))};
}

/// Boxes of one cell each, spread over the grid; the map peaks where `shift` says.
Cell boxes_and_peaks(std::size_t n, std::size_t shift) {
  Cell cell;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = i * 7 % 36, look = (i + shift) * 7 % 36;
    Item it = item(
        "made/" + std::to_string(i), "",
        {box(80 + 80 * static_cast<double>(at % 6), 80 * static_cast<double>(at / 6), 80, 80)});
    it.maps = peak(look, 0.065);
    cell.items.push_back(it);
  }
  return cell;
}

}  // namespace

TEST_CASE("the control region is the nearest in area among other images' items",
          "[metrics][controls]") {
  Cell cell;
  cell.items = {item("made/0", "a", {box(240, 160, 80, 80)}),
                item("made/1", "a", {box(80, 0, 80, 80)}),      // same image
                item("made/2", "b", {box(320, 240, 80, 84)}),   // 5 % larger
                item("made/3", "c", {box(160, 240, 80, 82)}),   // 2.5 % larger
                item("made/4", "d", {box(80, 80, 160, 160)})};  // four times as large
  const Record r = cell.metrics();
  CHECK(text(r, "relevance/donor", 0) == "made/3");
  near(value(r, "relevance/area_other", 0), 1.025 / 36, 1e-12);
  near(value(r, "relevance/mass_other", 0), 0.01025, 1e-5);
  near(value(r, "relevance/lift_other", 0), 0.01025 * 36 / 1.025, 1e-5);
  near(value(r, "relevance/pointing_other", 0), 0, 0);
  // nothing within 10 % of the large one
  CHECK(text(r, "relevance/donor", 4).empty());
  CHECK(std::isnan(value(r, "relevance/mass_other", 4)));
  CHECK(std::isnan(value(r, "relevance/area_other", 4)));
  CHECK_FALSE(std::isnan(value(r, "relevance/mass_square", 4)));
  MetricsParams params;
  params.control_area = 0.01;
  CHECK(text(cell.metrics(params), "relevance/donor", 0).empty());
}

TEST_CASE("equal areas: the first item lends its region", "[metrics][controls]") {
  Cell cell;
  cell.items = {item("made/0", "a", {box(240, 160, 80, 80)}),
                item("made/1", "b", {box(160, 160, 80, 80)}),
                item("made/2", "c", {box(320, 160, 80, 80)})};
  const Record r = cell.metrics();
  CHECK(text(r, "relevance/donor", 0) == "made/1");
  CHECK(text(r, "relevance/donor", 1) == "made/0");
  CHECK(text(r, "relevance/donor", 2) == "made/0");
}

TEST_CASE("a region is laid over another picture by its place in its own", "[metrics][controls]") {
  // The lender's picture is twice as wide and high; the same quarter of it is lent.
  Cell cell;
  cell.items = {item("made/0", "a", {box(240, 160, 80, 80)}),
                item("made/1", "b", {box(480, 320, 160, 160)})};
  cell.items[1].metadata = R"({"width": 1280, "height": 960})";
  cell.items[1].geometry = {1280, 960, 0.35, 0.35, 56, 0, 336, 336};
  const Record r = cell.metrics();
  near(value(r, "relevance/mass_other", 0), 0.65, 1e-6);
  near(value(r, "relevance/area_other", 0), 1.0 / 36, 1e-9);
}

TEST_CASE("an item whose picture size is not known lends nothing and has no null",
          "[metrics][controls]") {
  for (const char* metadata :
       {"{}", "", "[]", "not json", R"({"width": 640})", R"({"width": "640", "height": "480"})",
        R"({"width": 0, "height": 480})"}) {
    Cell cell;
    cell.items = {item("made/0", "a", {box(240, 160, 80, 80)}),
                  item("made/1", "b", {box(160, 160, 80, 80)})};
    cell.items[1].metadata = metadata;
    const Record r = cell.metrics();
    INFO(metadata);
    CHECK(text(r, "relevance/donor", 0).empty());
    CHECK(std::isnan(value(r, "relevance/mass_other", 0)));
    CHECK(text(r, "relevance/donor", 1) == "made/0");
    CHECK_FALSE(std::isnan(value(r, "relevance/mass", 1)));
    CHECK_FALSE(std::isnan(value(r, "relevance/null_lift", 0)));
    CHECK(std::isnan(value(r, "relevance/null_lift", 1000)));
  }
}

TEST_CASE("a malformed region is no donor", "[metrics][controls]") {
  Region broken = box(0, 0, 10, 10);
  broken.polygons = {{1, 2, 3}};
  Cell cell;
  cell.items = {item("made/0", "a", {box(240, 160, 80, 80)}), item("made/1", "b", {broken})};
  CHECK(text(cell.metrics(), "relevance/donor", 0).empty());
  CHECK(Donors(cell.table(), "outline").size() == 1);
  CHECK(Donors(cell.table(), "box").size() == 2);
}

TEST_CASE("each permutation hands every donor's region to exactly one donor",
          "[metrics][controls]") {
  const std::size_t donors = 13;
  const auto p = region_permutations(donors, 200, 5, "model", "made");
  std::vector<int> met(donors, 0);
  for (std::size_t r = 0; r < 200; ++r) {
    std::vector<std::uint32_t> row(p.begin() + static_cast<std::ptrdiff_t>(r * donors),
                                   p.begin() + static_cast<std::ptrdiff_t>((r + 1) * donors));
    ++met[row[0]];
    std::sort(row.begin(), row.end());
    for (std::size_t d = 0; d < donors; ++d) CHECK(row[d] == d);
  }
  for (const int count : met) CHECK((count > 2 && count < 40));  // 15.4 expected
  CHECK(p == region_permutations(donors, 200, 5, "model", "made"));
  CHECK(p != region_permutations(donors, 200, 6, "model", "made"));
  CHECK(p != region_permutations(donors, 200, 5, "other", "made"));
  CHECK(p != region_permutations(donors, 200, 5, "model", "pope"));
  CHECK(region_permutations(0, 200, 5, "model", "made").empty());
  CHECK(region_permutations(1, 2, 5, "model", "made") == std::vector<std::uint32_t>{0, 0});
}

TEST_CASE("the null of the mean lift finds maps that lie on their regions, and only those",
          "[metrics][controls]") {
  const auto [on, p_on] = mean_lift(boxes_and_peaks(30, 0).metrics());
  near(on, 0.65 * 36, 1e-4);
  near(p_on, 1.0 / 1001, 1e-12);
  const auto [off, p_off] = mean_lift(boxes_and_peaks(30, 1).metrics());
  near(off, 0.36, 1e-4);
  CHECK(p_off > 0.3);
}

TEST_CASE("p of the mean lift is uniform when maps know nothing of their regions",
          "[metrics][controls][slow]") {
  // 200 sets of 20 items with random regions and maps: p <= 0.1 in about 10 % of them.
  MetricsParams params;
  params.permutations = 99;
  int small = 0, half = 0;
  const std::size_t sets = 200;
  const Cell pool = random_cell(22 * sets);
  for (std::size_t k = 0; k < sets; ++k) {
    Cell cell;
    for (std::size_t i = 0; i < 22; ++i) {
      Item it = pool.items[22 * k + i];
      if (it.status == 0 && !it.regions.empty()) cell.items.push_back(it);
    }
    const double p = mean_lift(cell.metrics(params, k)).second;
    small += p <= 0.1;
    half += p <= 0.5;
  }
  INFO("p <= 0.1: " << small << ", p <= 0.5: " << half << " of 200");
  CHECK((small >= 9 && small <= 33));  // 20 expected, sd 4.2
  CHECK((half >= 79 && half <= 121));  // 100 expected, sd 7.1
}

TEST_CASE("no permutations, no array", "[metrics][controls]") {
  MetricsParams params;
  params.permutations = 0;
  CHECK(random_cell(4).metrics(params).find("relevance/null_lift") == nullptr);
}
