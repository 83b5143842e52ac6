#include "pipeline/items/official_figures.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "tests/unit/items/figures_table.hpp"

using namespace vrp;

namespace {

/// The one figure of that name in that group.
OfficialFigure at(const std::vector<OfficialFigure>& figures, const std::string& kind,
                  const std::string& group, const std::string& figure) {
  std::vector<OfficialFigure> found;
  for (const auto& f : figures) {
    if (f.group_kind == kind && f.group == group && f.figure == figure) found.push_back(f);
  }
  INFO(kind << " " << group << " " << figure);
  REQUIRE(found.size() == 1);
  return found.front();
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// Adds a yes/no row: truth, what was read ("" = nothing).
void answer(FiguresTable& table, const std::string& split, const std::string& truth,
            const std::string& read, const std::string& metadata = "{}") {
  table.add(std::to_string(table.items.size()), truth, "kettle", metadata, split);
  table.label(read == truth ? 1 : 0, read == truth ? 1 : 0, read);
}

/// Adds the question of an image's line: category, image, whether the answer is right.
void mme(FiguresTable& table, const std::string& category, const std::string& image, int y) {
  table.add(std::to_string(table.items.size()), "yes", category,
            "{\"category\": \"" + category + "\", \"pair\": \"" + image + "\"}");
  table.label(y, y, y == 1 ? "yes" : "no");
}

}  // namespace

TEST_CASE("POPE's figures stand per split and as the mean of the splits", "[items][official]") {
  FiguresTable table("yes_no", "pope@1", {"yes_no@1"});
  // popular: TP 2, FN 1, FP 1, TN 0; random: TP 1, TN 2, one unread yes
  answer(table, "popular", "yes", "yes");
  answer(table, "popular", "yes", "Yes");
  answer(table, "popular", "yes", "no");
  answer(table, "popular", "no", "yes");
  answer(table, "random", "yes", "yes");
  answer(table, "random", "no", "no");
  answer(table, "random", "no", "no");
  answer(table, "random", "yes", "");
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "split", "popular", "accuracy").value == 0.5);
  CHECK(at(figures, "split", "popular", "precision").value == Approx(2.0 / 3));
  CHECK(at(figures, "split", "popular", "recall").value == Approx(2.0 / 3));
  CHECK(at(figures, "split", "popular", "f1").value == Approx(2.0 / 3));
  CHECK(at(figures, "split", "popular", "yes_ratio").value == 0.75);
  CHECK(at(figures, "split", "random", "accuracy").value == 0.75);
  CHECK(at(figures, "split", "random", "precision").value == 1);
  CHECK(at(figures, "split", "random", "recall").value == 0.5);
  CHECK(at(figures, "split", "random", "unparsed").value == 0.25);
  CHECK(at(figures, "mean", "splits", "accuracy").value == Approx(0.625));
  CHECK(at(figures, "mean", "splits", "precision").value == Approx(5.0 / 6));
  CHECK(at(figures, "mean", "splits", "accuracy").n == 8);
  // over all rows precision is 3 / 4, not the mean of the splits
  CHECK(at(figures, "all", "all", "precision").value == 0.75);
  CHECK(at(figures, "all", "all", "accuracy").unit == "1");
}

TEST_CASE("precision without a predicted yes is undefined, not zero", "[items][official]") {
  FiguresTable table("yes_no", "pope@1", {"pope_official@1"});
  answer(table, "popular", "yes", "no");
  answer(table, "popular", "no", "no");
  auto figures = official_figures(table.items, table.labels);
  CHECK(std::isnan(at(figures, "split", "popular", "precision").value));
  CHECK_THAT(at(figures, "split", "popular", "precision").note, Catch::Contains("nothing"));
  CHECK(std::isnan(at(figures, "split", "popular", "f1").value));
  CHECK(at(figures, "split", "popular", "recall").value == 0);
  CHECK(at(figures, "split", "popular", "yes_ratio").value == 0);
  for (const auto& figure : figures) CHECK(figure.group_kind != "mean");  // one split
  table.labels.scorer = "vlmevalkit";
  figures = official_figures(table.items, table.labels);
  CHECK_THAT(at(figures, "all", "all", "precision").note, Catch::Contains("VLMEvalKit prints 0"));
}

TEST_CASE("a row of VLMEvalKit's POPE table counts in each of its categories",
          "[items][official]") {
  FiguresTable table("yes_no", "tsv@1", {"yes_no@1"});
  answer(table, "test", "yes", "yes", R"({"categories": ["adversarial", "popular"]})");
  answer(table, "test", "no", "yes", R"({"category": "popular"})");  // one alone: its type
  table.items.type[1] = "popular";
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "category", "adversarial", "accuracy").value == 1);
  CHECK(at(figures, "category", "popular", "accuracy").value == 0.5);
  CHECK(at(figures, "mean", "categories", "accuracy").value == 0.75);
  CHECK(at(figures, "all", "all", "accuracy").n == 3);
  CHECK(at(figures, "all", "all", "accuracy").value == Approx(2.0 / 3));
}

TEST_CASE("rows without a label are left out and counted", "[items][official]") {
  FiguresTable table("yes_no", "pope@1", {"yes_no@1"});
  answer(table, "popular", "yes", "yes");
  answer(table, "popular", "no", "yes");
  table.labels.y[1] = -1;
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "all", "all", "accuracy").value == 1);
  CHECK(at(figures, "all", "all", "accuracy").n == 1);
  CHECK_THAT(at(figures, "all", "all", "accuracy").note, Catch::Contains("1 row without a label"));
}

TEST_CASE("MME: acc, acc+ and score per category, sums over those that are there",
          "[items][official]") {
  FiguresTable table("yes_no", "mme@1", {"mme@1"});
  for (const int y : {1, 1}) mme(table, "existence", "a", y);
  for (const int y : {1, 0}) mme(table, "existence", "b", y);
  for (const int y : {0, 0}) mme(table, "code_reasoning", "a", y);
  for (const int y : {1, 1}) mme(table, "OCR", "a", y);
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "category", "existence", "acc").value == 75);
  CHECK(at(figures, "category", "existence", "acc+").value == 50);
  CHECK(at(figures, "category", "existence", "score").value == 125);
  CHECK(at(figures, "category", "OCR", "score").value == 200);
  CHECK(at(figures, "category", "code_reasoning", "score").value == 0);
  CHECK(at(figures, "sum", "perception", "score").value == 325);
  CHECK(at(figures, "sum", "perception", "score").note ==
        "without count, position, color, posters, celebrity, scene, landmark, artwork");
  CHECK(at(figures, "sum", "cognition", "score").value == 0);
  CHECK(at(figures, "all", "all", "acc").value == 62.5);
}

TEST_CASE("MME: an image without both answers is left out of acc+", "[items][official]") {
  FiguresTable table("yes_no", "mme@1", {"mme@1"});
  for (const int y : {1, 1}) mme(table, "count", "a", y);
  for (const int y : {1, -1}) mme(table, "count", "b", y);
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "category", "count", "acc").value == 100);
  CHECK(at(figures, "category", "count", "acc").n == 3);
  CHECK(at(figures, "category", "count", "acc+").value == 100);
  CHECK(at(figures, "category", "count", "acc+").n == 2);
  CHECK_THAT(at(figures, "category", "count", "acc+").note, Catch::Contains("1 images without"));
  CHECK(std::isnan(at(figures, "sum", "cognition", "score").value));
}

TEST_CASE("VQA: percent to two decimals, overall, per answer type and question type",
          "[items][official]") {
  FiguresTable table("vqa", "vqav2@1", {"vqa_official@1"});
  const auto add = [&](const char* answer_type, const char* question_type, double score) {
    table.add(std::to_string(table.items.size()), "red", question_type,
              std::string("{\"answer_type\": \"") + answer_type + "\", \"question_type\": \"" +
                  question_type + "\"}");
    table.label(score >= 0.5, score, "red");
  };
  add("other", "what is the", 0.3);
  add("other", "what color is the", 1);
  add("number", "how many", 0.9);
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "all", "all", "accuracy").value == 73.33);  // 2.2 / 3
  CHECK(at(figures, "answer_type", "other", "accuracy").value == 65);
  CHECK(at(figures, "answer_type", "number", "accuracy").value == 90);
  CHECK(at(figures, "question_type", "what is the", "accuracy").value == 30);
  table.labels.scorer = "exact";
  CHECK(official_figures(table.items, table.labels).empty());
}

TEST_CASE("TextVQA has one figure; a half-grouped table is refused", "[items][official]") {
  FiguresTable table("vqa", "textvqa@1", {"textvqa@1"});
  table.add("0", "", "all", R"({"set_name": "val"})");
  table.label(0, 0.3, "x");
  CHECK(official_figures(table.items, table.labels).size() == 1);
  table.add("1", "", "all", R"({"answer_type": "other"})");
  table.label(0, 0.3, "x");
  CHECK_THROWS_WITH(official_figures(table.items, table.labels),
                    Catch::Contains("metadata of 1 of 2 rows has no 'answer_type'"));
}

TEST_CASE("SEED-Bench: accuracy is a mean over questions, not over types", "[items][official]") {
  FiguresTable table("choice", "seed_bench@1", {"letter_exact@1"});
  const auto add = [&](const char* type, int y) {
    table.add(std::to_string(table.items.size()), "A", type, R"({"data_type": "image"})");
    table.label(y, y, "A");
  };
  add("Scene Understanding", 1);
  add("Scene Understanding", 1);
  add("Scene Understanding", 0);
  add("Visual Reasoning", 0);
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "type", "Scene Understanding", "accuracy").value == Approx(200.0 / 3));
  CHECK(at(figures, "type", "Visual Reasoning", "accuracy").value == 0);
  CHECK(at(figures, "data_type", "image", "accuracy").value == 50);
  CHECK(at(figures, "all", "all", "accuracy").value == 50);
}

TEST_CASE("counting and spatial sets have accuracy per type", "[items][official]") {
  FiguresTable table("integer", "set@1", {"integer@1"});
  table.add("0", "3", "cup", "{}");
  table.label(1, 1, "3");
  table.add("1", "3", "dog", "{}");
  table.label(0, 0, "2");
  const auto figures = official_figures(table.items, table.labels);
  CHECK(at(figures, "type", "cup", "accuracy").value == 100);
  CHECK(at(figures, "all", "all", "accuracy").value == 50);
}

TEST_CASE("figures refuse columns of another length", "[items][official]") {
  FiguresTable table("integer", "set@1", {"integer@1"});
  table.add("0", "3", "cup", "{}");
  CHECK_THROWS_WITH(official_figures(table.items, table.labels), Catch::Contains("0 values of y"));
  table.label(1, 1, "3");
  CHECK_THROWS_WITH(official_figures(table.items, table.labels, Reviews(2)),
                    Catch::Contains("2 reviews, expected 1"));
}

TEST_CASE("labels of a record come by row of the table", "[items][official]") {
  FiguresTable table("integer", "set@1", {"integer@1"});
  for (const char* id : {"0", "1", "2"}) table.add(id, "3", "cup", "{}");
  Record record;
  record.add<std::string>("item/key", {"item"}, {2}, {"set/test/2", "set/test/0"}, "", "");
  record.add<std::int32_t>("item/status", {"item"}, {2}, {0, 0}, "", "");
  record.add<std::string>("answer/text", {"item"}, {2}, {"three", "4"}, "", "");
  add_labels(record, table.items);
  const RowLabels labels = row_labels(record, table.items, "integer");
  CHECK(labels.y == std::vector<std::int32_t>{0, -1, 1});
  CHECK(labels.parsed == std::vector<std::string>{"4", "", "3"});
  CHECK(same(labels.score[1], std::nan("")));
  CHECK(labels.score[2] == 1);
  table.items.key[2] = "set/test/9";
  CHECK_THROWS_WITH(row_labels(record, table.items, "integer"),
                    Catch::Contains("'set/test/2' is not in the item table"));
}

TEST_CASE("decimals are rounded from the exact value", "[items][official]") {
  CHECK(round_decimal(2.675, 2) == 2.67);  // 2.67499999999999982236431605997495353221893310546875
  CHECK(round_decimal(0.125, 2) == 0.12);
  CHECK(round_decimal(62.925, 2) == 62.92);
  CHECK(round_decimal(-1, 1) == -1);
}
