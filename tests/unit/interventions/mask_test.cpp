// Cells that masks choose.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "pipeline/base/error.hpp"
#include "stages/interventions/masks.hpp"

using namespace vrp;

namespace {

using Cells = std::vector<std::int64_t>;

PlannedCondition mask(const std::string& target, int draw = -1) {
  PlannedCondition condition;
  condition.family = "mask";
  condition.target = target;
  condition.operation = "pixel";
  condition.draw = draw;
  return condition;
}

MaskItem item(std::int32_t rows, std::int32_t cols, const std::string& key = "set/all/1") {
  MaskItem out;
  out.grid = {rows, cols};
  out.seed = 5;
  out.model = "tiny";
  out.key = key;
  return out;
}

bool connected(const Cells& cells, std::int64_t cols) {
  std::set<std::int64_t> rest(cells.begin(), cells.end());
  Cells open{*rest.begin()};
  rest.erase(rest.begin());
  while (!open.empty()) {
    const std::int64_t c = open.back();
    open.pop_back();
    for (const std::int64_t next :
         {c - cols, c + cols, c % cols > 0 ? c - 1 : -1, c % cols < cols - 1 ? c + 1 : -1}) {
      if (rest.erase(next) > 0) open.push_back(next);
    }
  }
  return rest.empty();
}

}  // namespace

TEST_CASE("high and low take floor(0.3 S) cells by score, the lower index on ties",
          "[interventions][mask]") {
  MaskItem one = item(2, 5);
  one.scores = {0.1, 0.3, 0.1, 0.3, 0.0, 0.3, 0.3, 0.0, 0.0, 0.1};
  CHECK(*mask_of(mask("high"), one) == Cells{1, 3, 5});
  CHECK(*mask_of(mask("low"), one) == Cells{4, 7, 8});
  one.share = 0.39;
  CHECK(mask_of(mask("high"), one)->size() == 3);
  one.scores.clear();
  CHECK_FALSE(mask_of(mask("high"), one));
  CHECK_FALSE(mask_of(mask("low"), one));
  CHECK(mask_of(mask("random", 0), one));
  MaskItem tiny = item(1, 3);
  tiny.scores = {0.2, 0.5, 0.3};
  CHECK_FALSE(mask_of(mask("high"), tiny));  // floor(0.9) = 0
  CHECK_FALSE(mask_of(mask("block"), tiny));
  CHECK_FALSE(mask_of(mask("random", 0), tiny));
}

TEST_CASE("random draws are sets of equal size, keyed by item and draw", "[interventions][mask]") {
  const MaskItem one = item(6, 6), other = item(6, 6, "set/all/2");
  std::set<Cells> seen;
  for (int draw = 0; draw < 20; ++draw) {
    const Cells cells = *mask_of(mask("random", draw), one);
    CHECK(cells.size() == 10);
    CHECK(std::set<std::int64_t>(cells.begin(), cells.end()).size() == 10);
    CHECK(std::ranges::is_sorted(cells));
    CHECK((cells.front() >= 0 && cells.back() < 36));
    CHECK(cells == *mask_of(mask("random", draw), one));
    seen.insert(cells);
  }
  CHECK(seen.size() == 20);
  CHECK(*mask_of(mask("random", 0), one) != *mask_of(mask("random", 0), other));
  // Every cell has the same chance: 2000 draws of 10 of 36, 5 standard deviations.
  std::vector<int> hits(36, 0);
  for (int draw = 0; draw < 2000; ++draw) {
    const Cells cells = *mask_of(mask("random", draw), one);
    for (const std::int64_t cell : cells) {
      ++hits[static_cast<std::size_t>(cell)];
    }
  }
  for (const int count : hits) CHECK(std::abs(count - 2000.0 * 10 / 36) < 5 * 20.1);
}

TEST_CASE("a block is connected, of the exact size and near to a square", "[interventions][mask]") {
  std::set<Cells> seen;
  for (int k = 0; k < 200; ++k) {
    for (const auto& [rows, cols] : {std::pair{4, 4}, {6, 9}, {16, 16}, {2, 30}, {1, 12}}) {
      const MaskItem one = item(rows, cols, concat("set/all/", k));
      const Cells cells = *mask_of(mask("block"), one);
      CHECK(std::ssize(cells) == rows * cols * 3 / 10);
      CHECK((cells.front() >= 0 && cells.back() < rows * cols));
      CHECK(connected(cells, cols));
      std::int64_t left = cols, right = 0;
      for (const std::int64_t cell : cells) {
        left = std::min(left, cell % cols);
        right = std::max(right, cell % cols);
      }
      const std::int64_t width = right - left + 1,
                         height = cells.back() / cols - cells.front() / cols + 1;
      if (rows > 3) CHECK((width <= 2 * height && height <= 2 * width));
      if (rows == 6) seen.insert(cells);
    }
  }
  CHECK(seen.size() > 20);
}

TEST_CASE("region hides g, outside as many cells beside it", "[interventions][mask]") {
  MaskItem one = item(2, 5);
  CHECK_FALSE(mask_of(mask("region"), one));
  CHECK_FALSE(mask_of(mask("outside"), one));
  one.region = {0, 1, 1, 0, 0, 0, 1, 0, 0, 0};
  CHECK(*mask_of(mask("region"), one) == Cells{1, 2, 6});
  const Cells beside = *mask_of(mask("outside"), one);
  CHECK(beside.size() == 3);
  for (const std::int64_t cell : beside) CHECK(one.region[static_cast<std::size_t>(cell)] == 0);
  one.region = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  CHECK(mask_of(mask("region"), one)->size() == 6);
  CHECK_FALSE(mask_of(mask("outside"), one));  // four cells are not six
}
