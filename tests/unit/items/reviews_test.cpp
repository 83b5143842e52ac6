#include "pipeline/items/reviews.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "tests/unit/items/figures_table.hpp"
#include "tests/unit/items/scratch.hpp"

using namespace vrp;

namespace {

ItemTable llava() {
  FiguresTable table("open", "llava_bench@1", {"judge@1", "rouge_l@1"});
  table.add("0", "Two clocks.", "conv", R"({"category": "conv"})");
  table.add("1", "A shelf.", "detail", R"({"category": "detail"})");
  table.add("2", "Because.", "complex", R"({"category": "complex"})");
  return table.items;
}

ItemTable mm_vet() {
  FiguresTable table("open", "mm_vet@1", {"grade@1", "rouge_l@1"});
  table.add("v1_0", "1", "ocr,math", R"({"capability": ["ocr", "math"]})");
  table.add("v1_1", "2", "rec", R"({"capability": ["rec"]})");
  return table.items;
}

std::string line(const std::string& id, const std::string& rest) {
  return "{\"question_id\": " + id + ", " + rest + "}\n";
}

/// Lines of questions 1 and 2, to stand behind one of question 0.
const std::string kRest = line("1", R"("tuple": [8, 6])") + line("\"2\"", R"("tuple": [9.5, 10])");

struct Reader {
  Scratch scratch;
  ReviewFile operator()(const std::string& text, const ItemTable& items, bool skip = false) {
    return read_reviews(scratch.file("reviews.jsonl", text), items, skip);
  }
};

void check_refused(const std::string& text, const ItemTable& items, const std::string& message) {
  Reader read;
  INFO(text);
  CHECK_THROWS_WITH(read(text, items),
                    Catch::Contains(message) && Catch::Contains("reviews.jsonl"));
}

}  // namespace

TEST_CASE("reviews are joined by question id, the reference's score comes first",
          "[items][reviews]") {
  Reader read;
  // another order than the table's; ids as integers and as text
  const auto file = read("\xEF\xBB\xBF" + kRest +
                             line("0", R"("answer1_id": "r", "category": "llava_bench_conv",)"
                                       R"("content": "ignored", "tuple": [7.0, 5.5])") +
                             "\r\n\n",
                         llava());
  CHECK(file.reviews[0].reference == 7);
  CHECK(file.reviews[0].score == 5.5);
  CHECK(file.reviews[1].score == 6);
  CHECK(file.reviews[2].reference == 9.5);
  CHECK(file.facts.at("format") == "LLaVA-Bench reviews");
  CHECK(file.facts.at("rows") == "3");
  CHECK(file.facts.at("unreadable") == "0");
  CHECK(file.facts.at("source_sha256").size() == 64);
  CHECK(file.warnings.empty());
}

TEST_CASE("without a tuple the first line of the content is parsed", "[items][reviews]") {
  const struct {
    const char* content;
    double reference, score;  ///< -1 = unreadable
    const char* lenient;
  } rows[] = {{"8 6\\nThe second misses the radio.", 8, 6, "0"},
              {"8,6", 8, 6, "0"},
              {"8.5 6.0\\r\\nx", 8.5, 6, "0"},
              {"8, 6", 8, 6, "1"},  // three pieces at single spaces
              {"  8   6 ", 8, 6, "1"},
              {"8\\t6", 8, 6, "1"},
              {"8 6 7", -1, -1, "0"},
              {"8/10 6/10", -1, -1, "0"},
              {"\\n8 6", -1, -1, "0"},
              {"Assistant 1: 8", -1, -1, "0"},
              {"", -1, -1, "0"}};
  for (const auto& row : rows) {
    INFO(row.content);
    Reader read;
    const auto file =
        read(line("0", std::string(R"("content": ")") + row.content + "\"") + kRest, llava());
    CHECK(file.published[0].score == row.score);
    CHECK(file.published[0].reference == row.reference);
    CHECK(file.facts.at("lenient") == row.lenient);
    CHECK(std::isnan(file.reviews[0].score) == (row.score < 0));
    CHECK(file.facts.at("unreadable") == (row.score < 0 ? "1" : "0"));
    CHECK(file.warnings.empty() == (row.score > 0 && row.lenient == std::string("0")));
  }
}

TEST_CASE("the pair -1, -1 is no review, but the published figure keeps it", "[items][reviews]") {
  Reader read;
  const auto file = read(line("0", R"("tuple": [-1, -1], "content": "8 6")") + kRest, llava());
  CHECK(std::isnan(file.reviews[0].score));
  CHECK(std::isnan(file.reviews[0].reference));
  CHECK(file.published[0].score == -1);
  CHECK(file.published[1].score == 6);
  CHECK(file.facts.at("unreadable") == "1");
  CHECK(file.facts.at("missing") == "0");
}

TEST_CASE("malformed review lines are refused with their place", "[items][reviews]") {
  const auto refused = [](const std::string& first, const std::string& message) {
    check_refused(first + kRest, llava(), message);
  };
  refused(line("0", R"("tuple": [0, 6])"), ":1: scores 0 and 6, expected both in 1..10");
  refused(line("0", R"("tuple": [8, 10.5])"), "scores 8 and 10.5");
  refused(line("0", R"("tuple": [-1, 6])"), "scores -1 and 6");
  refused(line("0", R"("tuple": [8])"), "field 'tuple' is [8]");
  refused(line("0", R"("tuple": ["8", "6"])"), "field 'tuple'");
  refused(line("0", R"("content": "11 6")"), "scores 11 and 6");
  refused(line("0", R"("content": 5)"), "field 'content' is 5");
  refused(line("0", R"("x": 1, "tuple": [8, 6])") + line("0", R"("tuple": [8, 6])"),
          ":2: question '0' has a second review, the first is at ");
  refused(line("7", R"("tuple": [8, 6])"), ":1: question id '7' is not in the item table");
  refused(line("0", R"("category": "llava_bench_detail", "tuple": [8, 6])"),
          "field 'category' is 'llava_bench_detail', expected 'conv'");
  refused(line("0", R"("category": "poem", "tuple": [8, 6])"), "field 'category' is 'poem'");
  refused("", "1 of 3 questions have no review: 0");
  refused("{\"tuple\": [8, 6]}\n", "question_id");
  refused("{\"question_id\": 0, \"tuple\": [8, 6\n", "malformed JSON");
  refused(line("0", R"("judge": "a", "tuple": [8, 6])") + line("9", R"("judge": "b")"),
          "judged by 'b', expected 'a'");
  check_refused("", llava(), "the file is empty");
  check_refused(line("0", R"("text": "8 6")"), llava(), "neither of the fields");
}

TEST_CASE("skip leaves bad reviews out, lists and counts them", "[items][reviews]") {
  Reader read;
  const auto file = read(line("0", R"("tuple": [0, 6])") + kRest, llava(), true);
  CHECK(std::isnan(file.reviews[0].score));
  CHECK(file.reviews[1].score == 6);
  CHECK(file.facts.at("left_out") == "1");
  CHECK(file.facts.at("missing") == "1");
  CHECK(file.facts.at("rows") == "2");
  REQUIRE(file.warnings.size() == 2);
  CHECK_THAT(file.warnings[0], Catch::Contains("scores 0 and 6"));
  CHECK_THAT(file.warnings[1], Catch::Contains("no review: 0"));
}

TEST_CASE("MM-Vet grades are means over runs, with the spread of the totals", "[items][reviews]") {
  Reader read;
  const auto file =
      read(R"({"v1_1": {"model": ["j", "j"], "content": ["x", "y"], "score": [1.0, 0.5]},
                             "v1_0": {"model": ["j", "j"], "score": [0.0, 0.1]}})",
           mm_vet());
  CHECK(file.reviews[0].score == Approx(0.05));
  CHECK(file.reviews[1].score == Approx(0.75));
  CHECK(std::isnan(file.reviews[0].reference));
  CHECK(file.facts.at("runs") == "2");
  CHECK(file.facts.at("judge") == "j");
  CHECK(file.facts.at("run_totals") == "50, 30");  // 100 (0 + 1) / 2, 100 (.1 + .5) / 2
  CHECK(file.facts.at("spread") == "10");          // population, not sample: divided by n
}

TEST_CASE("MM-Vet grades as lines say the same", "[items][reviews]") {
  Reader read;
  const auto file = read(line("\"v1_1\"", R"("run": 1, "score": 0.5)") +
                             line("\"v1_0\"", R"("run": 0, "score": 0.0)") +
                             line("\"v1_1\"", R"("run": 0, "score": 1.0)") +
                             line("\"v1_0\"", R"("run": 1, "score": 0.1)"),
                         mm_vet());
  CHECK(file.reviews[0].score == Approx(0.05));
  CHECK(file.reviews[1].score == Approx(0.75));
  CHECK(file.facts.at("run_totals") == "50, 30");
}

TEST_CASE("malformed grades are refused with id, field and text", "[items][reviews]") {
  const auto refused = [](const std::string& text, const std::string& message) {
    check_refused(text, mm_vet(), message);
  };
  refused(R"({"v1_0": {"score": [1.5]}, "v1_1": {"score": [1]}})",
          "'v1_0': field 'score' has 1.5, expected a grade in 0..1");
  refused(R"({"v1_0": {"score": [-0.1]}, "v1_1": {"score": [1]}})", "has -0.1");
  refused(R"({"v1_0": {"score": ["1"]}, "v1_1": {"score": [1]}})", "has \"1\"");
  refused(R"({"v1_0": {"score": 1}, "v1_1": {"score": [1]}})", "one grade per run");
  refused(R"({"v1_0": {"score": []}, "v1_1": {"score": [1]}})", "one grade per run");
  refused(R"({"v1_0": {}, "v1_1": {"score": [1]}})", "field 'score' is missing");
  refused(R"({"v1_0": {"score": [1, 1]}, "v1_1": {"score": [1]}})",
          "'v1_1' has 1 runs, expected the 2");
  refused(R"({"v1_0": {"score": [1]}})", "1 of 2 questions have no review: v1_1");
  refused(R"({"v1_0": {"score": [1]}, "v1_1": {"score": [1]}, "v1_9": {"score": [1]}})",
          "question id 'v1_9' is not in the item table");
  refused(R"({"v1_0": {"score": [1]}, "v1_1": {"score": [1]}, "v1_0": {"score": [0]}})",
          "'v1_0' is there twice");
  refused(R"({"v1_0": {"score": [1], "model": ["a"]}, "v1_1": {"score": [1], "model": ["b"]}})",
          "judged by 'b', expected 'a'");
  refused(line("\"v1_0\"", R"("score": 1)") + line("\"v1_0\"", R"("score": 1)"),
          ":2: question 'v1_0' has a second grade of run 0");
  refused(line("\"v1_0\"", R"("score": 1)") + line("\"v1_1\"", R"("run": 1, "score": 1)"),
          "'v1_1' has 1 runs, expected the 1 of 'v1_0'");
  refused(line("\"v1_0\"", R"("run": "0", "score": 1)"), "field 'run'");
  refused("{}", "2 of 2 questions have no review");
}

TEST_CASE("a format that no scorer of the table reads is refused", "[items][reviews]") {
  check_refused(line("0", R"("score": 1)"), llava(), "need the scorer 'grade'");
  check_refused(line("\"v1_0\"", R"("tuple": [8, 6])"), mm_vet(), "need the scorer 'judge'");
  ItemTable twice = llava();
  twice.id[1] = "0";
  check_refused(kRest, twice, "question id '0' twice");
}

TEST_CASE("a question without an answer may lack a review, one with an answer may not",
          "[items][reviews]") {
  const Scratch scratch;
  const auto path = scratch.file("reviews.jsonl", kRest);  // none of question 0
  const auto read = [&](const std::vector<bool>& required) {
    return read_reviews(path, llava(), false, required);
  };
  const ReviewFile file = read({false, true, true});
  CHECK(std::isnan(file.reviews[0].score));
  CHECK(file.reviews[1].score == 6);
  CHECK(file.facts.at("missing") == "1");
  CHECK(file.warnings.empty());
  CHECK_THROWS_WITH(read({true, true, false}), Catch::Contains("have no review: 0"));
  CHECK_THROWS_WITH(read({}), Catch::Contains("have no review: 0"));
}
