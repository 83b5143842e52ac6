// An item without a map is a row of NaNs with a flag, never a zero, and never stops its unit.
#include <limits>

#include "metrics_cell.hpp"
#include "pipeline/base/error.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

/// A sound item, the item under test, a sound item.
Cell around(const Item& middle) {
  Cell cell;
  for (int k = 0; k < 3; ++k) {
    Item item = middle;
    if (k != 1) {
      item = Item();
      item.maps = peak(14, 0.065);
      item.regions = {box(240, 160, 80, 80)};
    }
    item.key = "made/" + std::to_string(k);
    cell.items.push_back(item);
  }
  return cell;
}

/// All signals and all floating-point arrays of item 1 are NaN, but those in `kept`.
void all_missing(const Record& r, const std::vector<std::string>& kept = {}) {
  for (const Array& array : r.arrays()) {
    if (std::get_if<std::vector<double>>(&array.data) == nullptr &&
        std::get_if<std::vector<float>>(&array.data) == nullptr)
      continue;
    if (std::find(kept.begin(), kept.end(), array.name) != kept.end()) continue;
    const auto values = r.as_double(array.name);
    const std::size_t width = values.size() / 3;
    for (std::size_t k = 0; k < width; ++k) {
      INFO(array.name << ", " << k);
      CHECK(std::isnan(values[width + k]));
    }
  }
  for (const std::size_t i : {0u, 2u}) {  // the neighbours are as if alone
    CHECK_FALSE(std::isnan(value(r, "metrics/h_s", i)));
    CHECK_FALSE(std::isnan(value(r, "relevance/mass", i)));
    CHECK(value(r, "relevance/defined", i) == 1);
    CHECK(value(r, "item/status", i) == 0);
  }
  CHECK(value(r, "relevance/defined", 1) == 0);
  CHECK_FALSE(text(r, "relevance/reason", 1).empty());
}

Item sound() {
  Item item;
  item.maps = peak(14, 0.065);
  item.regions = {box(240, 160, 80, 80)};
  return item;
}

}  // namespace

TEST_CASE("a failed item keeps its status and reason, and has no metric", "[metrics][missing]") {
  Item item = sound();
  item.status = 1;
  item.reason = "image is truncated";
  item.maps.clear();
  item.rows = item.cols = 0;
  item.geometry.assign(8, std::nan(""));
  const Record r = around(item).metrics();
  all_missing(r);
  CHECK(value(r, "item/status", 1) == 1);
  CHECK(text(r, "item/reason", 1) == "image is truncated");
  CHECK(text(r, "metrics/flag", 1) == "failed");
}

TEST_CASE("an item whose attention is invalid has no attention metric", "[metrics][missing]") {
  Item item = sound();
  item.status = 2;
  item.reason = "attention is constant";
  const Record r = around(item).metrics();
  all_missing(r, {"relevance/area"});
  near(value(r, "relevance/area", 1), 1.0 / 36, 1e-12);
  CHECK(value(r, "item/status", 1) == 2);
  CHECK(text(r, "item/reason", 1) == "attention is constant");
  CHECK(text(r, "metrics/flag", 1) == "attention_invalid");
  CHECK(text(r, "relevance/reason", 1) == "no attention map");
  item.maps.clear();
  all_missing(around(item).metrics(), {"relevance/area"});
}

TEST_CASE("a map without mass is att_zero, not entropy 0 and not a uniform map",
          "[metrics][missing]") {
  Item item = sound();
  item.maps = flat(0);
  const Record r = around(item).metrics();
  all_missing(r, {"relevance/area"});
  CHECK(text(r, "metrics/flag", 1) == "att_zero");
  CHECK(value(r, "item/status", 1) == 2);
  CHECK_THAT(text(r, "item/reason", 1), Catch::Contains("is 0 in layers all"));
}

TEST_CASE("a layer without mass is missing alone", "[metrics][missing]") {
  Item item = sound();
  item.maps[0].assign(36, 0.0f);
  const Record r = around(item).metrics();
  CHECK(value(r, "item/status", 1) == 0);
  CHECK(std::isnan(value(r, "metrics/h_s_layer", 2)));
  CHECK_FALSE(std::isnan(value(r, "metrics/h_s_layer", 3)));
  CHECK(std::isnan(value(r, "metrics/dh_last", 1)));
  CHECK(std::isnan(value(r, "relevance/mass_layer", 2)));
  CHECK(value(r, "relevance/peak_layer", 1) == 1);
  CHECK_FALSE(std::isnan(value(r, "metrics/h_s", 1)));
}

TEST_CASE("bad values that slipped through capture are refused", "[metrics][missing]") {
  for (const float bad :
       {-0.1f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Item item = sound();
    item.maps[1][5] = bad;
    const Record r = around(item).metrics();
    all_missing(r, {"relevance/area"});
    CHECK(value(r, "item/status", 1) == 2);
    CHECK_THAT(text(r, "item/reason", 1), Catch::Contains("layer 1, cell 5"));
    CHECK(text(r, "metrics/flag", 1) == "attention_invalid");
  }
}

TEST_CASE("a map that does not fill its grid is refused", "[metrics][missing]") {
  Item item = sound();
  item.rows = 5;
  const Record r = around(item).metrics();
  all_missing(r, {"relevance/area"});
  CHECK_THAT(text(r, "item/reason", 1),
             Catch::Contains("36 image tokens, expected a grid of 5 x 6"));
  item.rows = item.cols = 0;
  all_missing(around(item).metrics());
}

TEST_CASE("a unit of failed items alone is a unit", "[metrics][missing]") {
  Cell cell;
  Item item;
  item.key = "made/0";
  item.status = 1;
  item.rows = item.cols = 0;
  item.geometry.assign(8, std::nan(""));
  cell.items.push_back(item);
  CHECK(std::isnan(value(cell.metrics(), "metrics/h_s", 0)));
}

TEST_CASE("a capture record of other items, or with other lengths, is an error",
          "[metrics][missing]") {
  const Cell cell = random_cell(6);
  const ItemTable table = cell.table();
  const auto refused = [&](std::size_t first, std::size_t last, const Record& capture,
                           const std::string& word) {
    try {
      compute_metrics(table, first, last, capture, {}, 1, "model");
      FAIL("no error, expected one with '" << word << "'");
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::bad_input);
      CHECK_THAT(error.what(), Catch::Contains(word));
    }
  };
  refused(0, 3, cell.capture(1, 4), "capture.h5: item 0 is 'made/1', expected 'made/0'");
  refused(0, 3, cell.capture(0, 4), "'item/key' is [4], expected [3]");
  refused(5, 7, cell.capture(0, 2), "rows 5..7");
  refused(3, 2, cell.capture(0, 1), "rows 3..2");
  for (const char* name : {"item/status", "item/reason", "item/patch_offset", "item/grid",
                           "item/geometry", "answer/length", "attention/map_first"}) {
    const Record whole = cell.capture(0, 3), shorter = cell.capture(0, 2);
    Record without, wrong;
    for (const Array& array : whole.arrays()) {
      if (array.name == name) {
        wrong.add(shorter.at(name));
        continue;
      }
      without.add(array);
      wrong.add(array);
    }
    refused(0, 3, without, name);
    refused(0, 3, wrong, name);
  }
  Record backwards = cell.capture(0, 3);
  for (Array& array : backwards.arrays())
    if (array.name == "item/patch_offset") array.data = std::vector<std::int64_t>{0, 72, 36, 108};
  refused(0, 3, backwards, "does not ascend");
}
