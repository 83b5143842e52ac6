// Attention of a capture record as learners read it.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "stages/probes/attention_input.hpp"
#include "tests/unit/probes_attention_cell.hpp"

namespace vrp {
namespace {

using testing::AttentionCell;
using testing::CellPlan;

CellPlan small() {
  CellPlan plan;
  plan.items = 6;
  plan.per_unit = 6;
  plan.ragged = true;
  plan.status = {0, 0, 1, 2, 0, 0};
  return plan;
}

Array& array(Record& record, const std::string& name) {
  for (Array& a : record.arrays())
    if (a.name == name) return a;
  throw std::runtime_error("no array " + name);
}

TEST_CASE("maps of an item are normalised layer by layer", "[probes][attention]") {
  const AttentionCell cell(small());
  const AttentionView view(cell.units[0]);
  REQUIRE(view.size() == 6);
  CHECK(view.layers() == 4);
  const Record& record = cell.units[0];
  for (const std::size_t item : {std::size_t{0}, std::size_t{4}}) {
    CHECK(view.fault(item).empty());
    const auto maps = view.maps(item);
    const auto cells = static_cast<std::size_t>(view.cells(item));
    CHECK(cells == (item == 0 ? 20 : 16));
    REQUIRE(maps.size() == 4 * cells);
    const auto& raw = record.values<float>("attention/map");
    const auto tokens =
        static_cast<std::size_t>(record.values<std::int64_t>("item/patch_offset")[6]);
    for (std::size_t l = 0; l < 4; ++l) {
      const auto row = maps.begin() + static_cast<std::ptrdiff_t>(l * cells);
      CHECK(std::accumulate(row, row + static_cast<std::ptrdiff_t>(cells), 0.0) == Approx(1));
      const auto from = l * tokens + static_cast<std::size_t>(view.begin(item));
      CHECK(row[1] / row[0] == Approx(raw[from + 1] / raw[from]));
    }
    CHECK(view.maps(item, 3) ==
          std::vector<double>(maps.begin() + static_cast<std::ptrdiff_t>(3 * cells), maps.end()));
  }
  CHECK(view.shares(0, 2) == std::vector<double>{0.5, 0.5});
}

TEST_CASE("an item's maps are refused with the reason", "[probes][attention][bad]") {
  AttentionCell cell(small());
  Record& record = cell.units[0];
  CHECK(AttentionView(record).fault(2) == "failed: made so");
  CHECK(AttentionView(record).fault(3) == "attention invalid: made so");
  auto& map = std::get<std::vector<float>>(array(record, "attention/map").data);
  SECTION("negative") {
    map[1] = -1;
    CHECK_THAT(AttentionView(record).fault(0), Catch::StartsWith("attention map of layer 0"));
  }
  SECTION("no mass") {
    std::fill_n(map.begin(), 20, 0.0F);
    CHECK_THAT(AttentionView(record).fault(0), Catch::Contains("no mass"));
  }
  SECTION("another grid") {
    std::get<std::vector<std::int32_t>>(array(record, "item/grid").data)[1] = 7;
    CHECK(AttentionView(record).fault(0) ==
          "attention map has 20 image tokens, expected a grid of 4 x 7");
  }
  SECTION("offsets that descend") {
    std::get<std::vector<std::int64_t>>(array(record, "item/patch_offset").data)[1] = 50;
    CHECK_THROWS_WITH(AttentionView(record), Catch::Contains("does not ascend from 0"));
  }
  SECTION("maps of another length") {
    array(record, "attention/map").shape[1] -= 1;
    CHECK_THROWS_WITH(AttentionView(record), Catch::Contains("'attention/map' is [4, "));
  }
}

TEST_CASE("one grid is kept, several become the common one", "[probes][attention]") {
  CommonGrid one, many;
  one.add({16, 16});
  one.add({16, 16});
  CHECK(one.grid().cells() == 256);
  many.add({16, 16});
  many.add({8, 32});  // as many cells, another shape
  CHECK(many.grid().rows == 24);
  CHECK(many.grid().cols == 24);
  CHECK(CommonGrid().grid().cells() == 0);
}

TEST_CASE("the ensemble probe's input sums to 1 for each layer on any grid",
          "[probes][attention]") {
  const AttentionCell cell(small());
  const AttentionView view(cell.units[0]);
  const auto own = attention_input(view, 4, {4, 4});
  const auto maps = view.maps(4);
  REQUIRE(own.size() == maps.size());
  for (std::size_t s = 0; s < own.size(); ++s) CHECK(own[s] == static_cast<float>(maps[s]));
  const auto resampled = attention_input(view, 0, {24, 24});
  REQUIRE(resampled.size() == 4 * 576);
  for (std::size_t l = 0; l < 4; ++l) {
    const auto row = resampled.begin() + static_cast<std::ptrdiff_t>(576 * l);
    CHECK(std::accumulate(row, row + 576, 0.0) == Approx(1).epsilon(1e-6));
  }
}

TEST_CASE("features of a cell are the inputs of its items, on disk as in memory",
          "[probes][attention]") {
  CellPlan plan;
  plan.items = 30;
  plan.per_unit = 8;
  plan.status.assign(30, 0);
  plan.status[4] = 1;
  plan.status[17] = 2;
  for (const bool ragged : {false, true}) {
    plan.ragged = ragged;
    const AttentionCell cell(plan);
    const std::int64_t width = 4 * (ragged ? 576 : 16);
    for (const int memory : {64, 0}) {
      ProbesParams params;
      params.memory_mb = memory;
      CellItems items;
      std::vector<std::uint8_t> defined;
      const FeatureSource features = attention_features(cell.input(), params, items, defined);
      REQUIRE(features.rows() == 30);
      REQUIRE(features.layers() == 1);
      REQUIRE(features.width(0) == width);
      CHECK(features.in_memory() == (memory > 0));
      CHECK(items.size() == 30);
      std::vector<float> x(static_cast<std::size_t>(30 * width));
      features.read(0, 0, 30, x.data());
      for (std::size_t i = 0; i < 30; ++i) {
        CHECK(defined[i] == (i == 4 || i == 17 ? 0 : 1));
        const auto row = x.begin() + static_cast<std::ptrdiff_t>(i) * width;
        std::vector<float> expected(static_cast<std::size_t>(width));
        const AttentionView view(cell.units[i / 8]);
        if (defined[i] != 0)
          expected = attention_input(view, i % 8, ragged ? kCommonGrid : Grid{4, 4});
        CHECK(std::vector<float>(row, row + width) == expected);
      }
    }
  }
  plan.status.assign(30, 2);
  CellItems items;
  std::vector<std::uint8_t> defined;
  const AttentionCell none(plan);
  const FeatureSource features = attention_features(none.input(), ProbesParams{}, items, defined);
  CHECK(features.width(0) == 1);
  CHECK(std::accumulate(defined.begin(), defined.end(), 0) == 0);
}

TEST_CASE("bilinear resampling keeps planes and repeats edges", "[probes][attention]") {
  std::vector<double> plane;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 5; ++c) plane.push_back(10 * r + c);
  CHECK(resample_bilinear(plane.data(), {3, 5}, {3, 5}) == plane);
  const auto big = resample_bilinear(plane.data(), {3, 5}, {6, 10});
  CHECK(big.front() == 0);
  CHECK(big.back() == 24);
  CHECK(big[11] == Approx(2.75));  // row 1 at 0.25, column 1 at 0.25
}

TEST_CASE("a map whose mass falls between the new cells gives no input", "[probes][attention]") {
  CellPlan plan;
  plan.items = 1;
  plan.layers = 1;
  plan.rows = 1;
  plan.cols = 64;
  AttentionCell cell(plan);
  auto& map = std::get<std::vector<float>>(array(cell.units[0], "attention/map").data);
  std::fill(map.begin(), map.end(), 0.0F);
  map[3] = 1;  // 24 columns of 64 sample cells 0-1, 3-4 half way, 6 ...
  const AttentionView view(cell.units[0]);
  CHECK(attention_input(view, 0, {1, 24}).size() == 24);
  map[3] = 0;
  map[2] = 1;
  CHECK(attention_input(AttentionView(cell.units[0]), 0, {1, 24}).empty());
}

}  // namespace
}  // namespace vrp
