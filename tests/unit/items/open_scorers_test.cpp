#include <catch2/catch.hpp>

#include "pipeline/items/answer_rules.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/items/scorer.hpp"

using namespace vrp;

namespace {

using Texts = std::vector<std::string>;
const Texts kNone;

Verdict rouge(std::string_view answer, std::string_view reference, const Texts& references = {},
              const ScoringRules& rules = {}) {
  return score(find_scorer("rouge_l"), {reference, references, kNone}, {answer}, rules);
}

Verdict reviewed(const char* scorer, const Review* review, const ScoringRules& rules = {}) {
  return score(find_scorer(scorer), {"", kNone, kNone}, {"text", {}, review}, rules);
}

}  // namespace

TEST_CASE("rouge_l takes the best reference", "[items][scorer]") {
  // 3 common words of 3 and 4: 2 * 3 / 7
  CHECK(rouge("The cat sat.", "the cat sat down").score == Approx(6.0 / 7));
  CHECK(rouge("The cat sat.", "the cat sat down").correct);
  CHECK_FALSE(rouge("The cat sat.", "the cat sat down", {}, {.soft_threshold = 0.9}).correct);
  CHECK(rouge("two cups", "", {"a dog", "Two cups"}).score == 1);
  CHECK(rouge("a dog", "a dog", {"two cups"}).score == 0);  // the list counts where there is one
  CHECK(rouge("...", "a dog").invalid);
  CHECK_FALSE(rouge("...", "a dog").correct);
  CHECK_FALSE(rouge("a dog", "").labelled);
}

TEST_CASE("rouge_l reads MM-Vet's alternatives and parts", "[items][scorer]") {
  CHECK(rouge("blue", "red<OR>blue").score == 1);
  CHECK(rouge("-1 -5", "-1<AND>-5").score == 1);
  CHECK(rouge("or", "red<OR>blue").score == 0);
}

TEST_CASE("judge compares the score with the threshold", "[items][scorer]") {
  const Review seven{7, 8}, low{6.5, 7}, none;
  CHECK(reviewed("judge", &seven).correct);
  CHECK(reviewed("judge", &seven).score == Approx(0.7));
  CHECK(reviewed("judge", &seven).parsed == "7");
  CHECK_FALSE(reviewed("judge", &low).correct);
  CHECK(reviewed("judge", &low, {.judge_threshold = 6}).correct);
  CHECK(reviewed("judge", &low, {.judge_relative = 0.8}).correct);  // 6.5 / 7
  CHECK(reviewed("judge", &seven, {.judge_relative = 0.875}).correct);
  CHECK_FALSE(reviewed("judge", &seven, {.judge_relative = 0.9}).correct);
  const Review alone{9, std::numeric_limits<double>::quiet_NaN()};
  CHECK(reviewed("judge", &alone).correct);
  CHECK_FALSE(reviewed("judge", &alone, {.judge_relative = 0.8}).labelled);
  CHECK_FALSE(reviewed("judge", &none).labelled);
  CHECK_FALSE(reviewed("judge", nullptr).labelled);
}

TEST_CASE("grade compares with the soft threshold", "[items][scorer]") {
  const Review half{0.5, 0}, less{0.4, 0}, none;
  CHECK(reviewed("grade", &half).correct);
  CHECK(reviewed("grade", &half).score == 0.5);
  CHECK_FALSE(reviewed("grade", &less).correct);
  CHECK_FALSE(reviewed("grade", &less).invalid);
  CHECK_FALSE(reviewed("grade", &none).labelled);
}

TEST_CASE("a review does not label an item without reference under the other rules",
          "[items][scorer]") {
  const Review review{9, 8};
  for (const Scorer& scorer : all_scorers()) {
    INFO(scorer.name);
    const Verdict verdict = score(scorer, {"", kNone, kNone}, {"text", {}, &review});
    CHECK(verdict.labelled == (scorer.name == "judge" || scorer.name == "grade"));
  }
}

TEST_CASE("lmms-eval wants the whole answer to be yes or no", "[items][scorer]") {
  for (const char* answer : {"yes", " YES\n", "\xC2\xA0Yes "}) {
    CHECK(read_lmms_eval(answer) == "yes");
  }
  CHECK(read_lmms_eval("NO") == "no");
  for (const char* answer : {"Yes.", "yes, there is", "y", "", "no no"}) {
    CHECK(read_lmms_eval(answer).empty());
  }
}

TEST_CASE("lmms-eval on MME trims, deletes periods and takes y and n", "[items][scorer]") {
  const std::pair<const char*, const char*> rows[] = {
      {"  yes", "yes"}, {"Y.", "yes"},       {"n", "no"},        {"N.", "no"},
      {"n.o", "no"},    {"...yes", "yes"},   {"x", ""},          {"", ""},
      {"north", "no"},  {"there is no", ""}, {"not sure", "no"}, {"yeah", ""}};
  for (const auto& [answer, want] : rows) {
    INFO("'" << answer << "'");
    CHECK(read_mme_lmms_eval(answer) == want);
  }
}

TEST_CASE("every kind has scorers, the primary first", "[items][scorer]") {
  CHECK(default_scorers("yes_no") ==
        Texts{"yes_no@1", "pope_official@1", "vlmevalkit@1", "lmms_eval@1", "exact@1"});
  CHECK(default_scorers("vqa") ==
        Texts{"vqa_official@1", "vqa_vlmevalkit@1", "vqa_lmms_eval@1", "textvqa@1", "exact@1"});
  CHECK(default_scorers("choice") == Texts{"letter_vlmevalkit@1", "letter_exact@1",
                                           "letter_first@1", "likelihood@1", "exact@1"});
  CHECK(default_scorers("open") == Texts{"judge@1", "rouge_l@1"});
}
