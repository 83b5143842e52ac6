#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/items/figures_table.hpp"

using namespace vrp;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double value(const std::vector<OfficialFigure>& figures, const std::string& group,
             const std::string& figure) {
  for (const auto& f : figures) {
    if (f.group == group && f.figure == figure) return f.value;
  }
  FAIL("no figure " << figure << " of " << group);
  return kNaN;
}

std::string note(const std::vector<OfficialFigure>& figures, const std::string& group) {
  for (const auto& f : figures) {
    if (f.group == group) return f.note;
  }
  FAIL("no group " << group);
  return {};
}

FiguresTable llava(std::size_t rows, const std::vector<std::string>& categories) {
  FiguresTable table("open", "llava_bench@1", {"judge@1"});
  for (std::size_t i = 0; i < rows; ++i) {
    table.add(std::to_string(i), "reference", categories[i],
              "{\"category\": \"" + categories[i] + "\"}");
    table.label(1, 0.7, "7");
  }
  return table;
}

}  // namespace

TEST_CASE("LLaVA-Bench is a ratio of means that are rounded first", "[items][official]") {
  const auto table = llava(4, {"complex", "conv", "conv", "conv"});
  // conv: model (5 + 6 + 6) / 3 = 5.667, reference (8 + 9 + 9) / 3 = 8.667: 65.386 -> 65.4
  const Reviews reviews = {{9, 10}, {5, 8}, {6, 9}, {6, 9}};
  const auto figures = official_figures(table.items, table.labels, reviews);
  CHECK(value(figures, "conv", "ratio") == 65.4);
  CHECK(value(figures, "conv", "reference") == 86.7);
  CHECK(value(figures, "conv", "model") == 56.7);
  CHECK(value(figures, "complex", "ratio") == 90);
  CHECK(value(figures, "all", "ratio") == 72.2);  // 26 / 36
  // conv, detail, complex: the published order
  CHECK(figures.front().group == "conv");
  CHECK(note(figures, "all").empty());
}

TEST_CASE("the first rounding can change the last digit", "[items][official]") {
  const auto table = llava(3, {"conv", "conv", "conv"});
  // 3.001 / 3 -> 1.000 and 3.002 / 3 -> 1.001: 99.9001 -> 99.9; unrounded 99.967 -> 100.0
  const Reviews close = {{1.001, 1.002}, {1, 1}, {1, 1}};
  CHECK(value(official_figures(table.items, table.labels, close), "all", "ratio") == 99.9);
}

TEST_CASE("pairs without scores are left out; the published figure averages -1 in",
          "[items][official]") {
  const auto table = llava(3, {"conv", "conv", "conv"});
  const Reviews kept = {{6, 8}, {kNaN, kNaN}, {6, 8}};
  auto figures = official_figures(table.items, table.labels, kept);
  CHECK(value(figures, "all", "ratio") == 75);
  CHECK(note(figures, "all") == "1 rows without a pair of scores left out");
  const Reviews published = {{6, 8}, {-1, -1}, {6, 8}};
  figures = official_figures(table.items, table.labels, published);
  CHECK(value(figures, "all", "ratio") == 73.3);  // 3.667 / 5
  CHECK_THAT(note(figures, "all"), Catch::Contains("1 unreadable reviews averaged in as -1"));
  figures = official_figures(table.items, table.labels, {});
  CHECK(std::isnan(value(figures, "all", "ratio")));
  const Reviews negative = {{-1, -1}, {-1, -1}, {-1, -1}};
  figures = official_figures(table.items, table.labels, negative);
  CHECK(std::isnan(value(figures, "all", "ratio")));
}

TEST_CASE("MM-Vet: an entry counts in each of its capabilities", "[items][official]") {
  FiguresTable table("open", "mm_vet@1", {"grade@1"});
  const auto add = [&](const char* set, const char* list, double grade) {
    table.add(std::to_string(table.items.size()), "x", set,
              std::string("{\"capability\": ") + list + "}");
    table.label(grade >= 0.5, grade, "g");
  };
  add("ocr,math", R"(["ocr", "math"])", 0.5);
  add("ocr,math", R"(["ocr", "math"])", 1);
  add("rec", R"(["rec"])", 0.25);
  add("ocr", R"(["ocr"])", 0);
  const auto figures = official_figures(table.items, table.labels);
  CHECK(value(figures, "ocr", "score") == 50);
  CHECK(value(figures, "math", "score") == 75);
  CHECK(value(figures, "rec", "score") == 25);
  CHECK(value(figures, "ocr,math", "score") == 75);
  CHECK(value(figures, "all", "score") == 43.8);  // 43.75, ties to even as Python's round
  CHECK(figures[0].group == "rec");
  CHECK(figures[1].group == "ocr");
  // VLMEvalKit's table: a list only where there are several
  for (auto& metadata : table.items.metadata) {
    metadata =
        metadata.find(',') == std::string::npos ? "{}" : R"({"categories": ["ocr", "math"]})";
  }
  CHECK(value(official_figures(table.items, table.labels), "ocr", "score") == 50);
  CHECK(value(official_figures(table.items, table.labels), "rec", "score") == 25);
  table.labels.scorer = "rouge_l";
  CHECK(official_figures(table.items, table.labels).empty());
}
