#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/items/json_rows.hpp"
#include "pipeline/items/reviews.hpp"
#include "tests/unit/items/figures_table.hpp"
#include "tests/unit/items/scratch.hpp"

using namespace vrp;

namespace {

ItemTable llava() {
  FiguresTable table("open", "llava_bench@1", {"judge@1"});
  table.add("0", "Two clocks.", "conv",
            R"({"category": "conv", "caption": ["A shelf.", "Clocks."]})");
  table.add("1", "A shelf.", "detail",
            R"({"category": "detail", "context": "A room.", "captions": ["A room."]})");
  table.add("2", "", "detail", "{}");
  return table.items;
}

}  // namespace

TEST_CASE("requests for a judge are one JSON line each, in the given order", "[items][reviews]") {
  const Scratch scratch;
  const auto path = scratch.root / "requests.jsonl";
  write_judge_requests(path, llava(),
                       {{"set/test/1", "A \"wide\"\nshelf \xFF"}, {"set/test/0", ""}}, "demo");
  const auto rows = read_json_rows(path);
  REQUIRE(rows.size() == 2);
  const Json& first = rows[0].value;
  CHECK(first["question_id"] == "1");
  CHECK(first["category"] == "detail");
  CHECK(first["question"] == "Question 1?");
  CHECK(first["context"] == "A room.");
  CHECK(first["reference"] == "A shelf.");
  CHECK(first["answer"] == "A \"wide\"\nshelf \xEF\xBF\xBD");
  CHECK(first["model"] == "demo");
  CHECK(first["scale"] == "two scores 1..10");
  const std::string prompt = first["prompt"];
  // the reference is answer 1: the order of the `tuple` of a review
  CHECK(prompt.find("A shelf.") < prompt.find("A \"wide\""));
  CHECK_THAT(prompt, Catch::Contains("first line") && Catch::Contains("A room."));
  CHECK(rows[1].value["context"] == "A shelf.\nClocks.");
  CHECK(rows[1].value["answer"] == "");
}

TEST_CASE("tables with grades ask for a grade", "[items][reviews]") {
  const Scratch scratch;
  FiguresTable table("open", "mm_vet@1", {"grade@1"});
  table.add("v1_0", "-1<AND>-5", "ocr,math", R"({"capability": ["ocr", "math"]})");
  write_judge_requests(scratch.root / "r.jsonl", table.items, {{"set/test/v1_0", "-1"}}, "demo");
  const Json row = read_json_rows(scratch.root / "r.jsonl")[0].value;
  CHECK(row["scale"] == "grade 0..1");
  CHECK(row["category"] == "ocr,math");
  CHECK_THAT(row["prompt"].get<std::string>(), Catch::Contains("<AND>") &&
                                                   Catch::Contains("-1<AND>-5") &&
                                                   !Catch::Contains("What the picture shows"));
}

TEST_CASE("requests that cannot be made leave no file", "[items][reviews]") {
  const Scratch scratch;
  const auto path = scratch.root / "requests.jsonl";
  const auto refused = [&](const std::vector<JudgeRequest>& requests, const char* message) {
    CHECK_THROWS_WITH(write_judge_requests(path, llava(), requests, "demo"),
                      Catch::Contains(message));
    CHECK_FALSE(std::filesystem::exists(path));
  };
  refused({{"set/test/0", "x"}, {"set/test/9", "x"}}, "'set/test/9' is not in the item table");
  refused({{"set/test/0", "x"}, {"set/test/0", "x"}}, "is asked for twice");
  refused({{"set/test/2", "x"}}, "no reference answer");
}
