#include <catch2/catch.hpp>
#include <limits>

#include "pipeline/items/letter_rules.hpp"
#include "pipeline/items/scorer.hpp"

using namespace vrp;

namespace {

using Texts = std::vector<std::string>;
const Texts kOptions = {"One", "Two", "Three cups", "Four"};
const Texts kNone;

std::string infer(std::string_view answer, const Texts& options = kOptions) {
  return read_letter_vlmevalkit(answer, options);
}

Verdict judge(const char* scorer, std::string_view answer, std::string_view reference,
              std::span<const double> losses = {}, const Texts& options = kOptions) {
  return score(find_scorer(scorer), {reference, kNone, options}, {answer, losses});
}

}  // namespace

TEST_CASE("LLaVA's letter must be the whole answer", "[items][letter]") {
  CHECK(read_letter_exact("C", 4) == "C");
  for (const char* answer : {"C.", "(C)", "c", " C", "C ", "", "CC", "E", "C\n"}) {
    INFO("'" << answer << "'");
    CHECK(read_letter_exact(answer, 4).empty());
  }
  CHECK(read_letter_exact("E", 5) == "E");
}

TEST_CASE("lmms-eval takes the first character of the trimmed answer", "[items][letter]") {
  CHECK(read_letter_first(" \n\xC2\xA0"
                          "B. Two",
                          4) == "B");
  CHECK(read_letter_first("Cannot say", 4) == "C");
  CHECK(read_letter_first("(B)", 4).empty());
  CHECK(read_letter_first("b", 4).empty());
  CHECK(read_letter_first("E", 4).empty());
  CHECK(read_letter_first("", 4).empty());
}

TEST_CASE("VLMEvalKit: one letter as a word among the last four words", "[items][letter]") {
  CHECK(infer("B") == "B");
  CHECK(infer("(B)") == "B");
  CHECK(infer("**B**") == "B");
  CHECK(infer("{B}:") == "B");
  CHECK(infer("Option B, two of them") == "B");  // fourth from the end
  CHECK(infer("B it is but not in the rest").empty());
  CHECK(infer("B ... and again B").find('B') == 0);  // first occurrence within the last four
  CHECK(infer("B we saw that it is B").empty());     // the first occurrence counts
  CHECK(infer("A or B").empty());
  CHECK(infer("b").empty());
  CHECK(infer("B-side").empty());
  CHECK(infer("E").empty());
  CHECK(infer("E", {"1", "2", "3", "4", "5"}) == "E");
}

TEST_CASE("VLMEvalKit: Z alone says that there is no answer, before the other rules",
          "[items][letter]") {
  CHECK(infer("Z. Two").empty());
  CHECK(infer("Z, the answer is b").empty());  // "b" is no letter as a word
  CHECK(infer("Z or B") == "B");               // a letter is there
  CHECK(infer("Two") == "B");
}

TEST_CASE("VLMEvalKit: `answer is X` where the words do not decide", "[items][letter]") {
  CHECK(infer("The answer is C because A and B are wrong, you see") == "C");
  CHECK(infer("ANSWER  IS **d** not A or B, they would be wrong") == "D");
  CHECK(infer("the answer is\n a. A or B would be much too few") == "A");
  CHECK(infer("the answer: A or B").empty());
  CHECK(infer("the answeris A or B").empty());
  CHECK(infer("answer is x; answer is B, not A or C, or something") == "B");
  // the published pattern has no word end: "is b..." is B
  CHECK(infer("I think the answer is blue") == "B");
  // a letter beyond the options is no answer
  CHECK(infer("the answer is d, neither A nor B nor anything else", {"x1", "x2"}).empty());
}

TEST_CASE("VLMEvalKit: the one option text, in answers that are not too long", "[items][letter]") {
  CHECK(infer("there are three CUPS") == "C");
  CHECK(infer("one and two").empty());
  CHECK(infer("nothing").empty());
  // options have 20 characters together: at most 40 in the answer
  CHECK(infer("two" + std::string(37, '!')).empty() == false);
  CHECK(infer("two" + std::string(38, '!')).empty());
  // characters, not bytes: two bytes each
  std::string accents = "two";
  for (int i = 0; i < 37; ++i) accents += "\xC3\xA9";
  CHECK(infer(accents) == "B");
  CHECK(infer("\xC3\x89T\xC3\x89", {"\xC3\xA9t\xC3\xA9", "hiver"}) == "A");
}

TEST_CASE("options without a text are absent", "[items][letter]") {
  const Texts gap = {"One", "", "Three"};
  CHECK(infer("B", gap).empty());
  CHECK(infer("three", gap) == "C");
  CHECK(infer("C or B", gap).empty() == false);  // B is no option, so C is the only letter
  CHECK(infer("D", {}) == "D");                  // a question that lists none has A-D
  CHECK(infer("E", {}).empty());
  const double losses[] = {2, 0.5, 1};
  CHECK(least_loss(losses, gap) == 2);
}

TEST_CASE("likelihood takes the least loss, the earliest on ties", "[items][letter]") {
  const double losses[] = {2, 1, 1, 3};
  CHECK(least_loss(losses, kOptions) == 1);
  CHECK(judge("likelihood", "", "B", losses).correct);
  CHECK(judge("likelihood", "", "B", losses).parsed == "B");
  CHECK_FALSE(judge("likelihood", "", "C", losses).correct);
  CHECK_FALSE(judge("likelihood", "B", "B").labelled);  // no losses
  CHECK_FALSE(judge("likelihood", "B", "B", std::span(losses).first(3)).labelled);
  const double nan[] = {2, 1, std::numeric_limits<double>::quiet_NaN(), 3};
  CHECK_FALSE(judge("likelihood", "B", "B", nan).labelled);
  CHECK_FALSE(judge("likelihood", "B", "B", {}, {}).labelled);
}

TEST_CASE("letters are judged against the reference, unread answers are wrong", "[items][scorer]") {
  for (const char* name : {"letter_exact", "letter_first", "letter_vlmevalkit"}) {
    INFO(name);
    CHECK(judge(name, "C", "C").correct);
    CHECK_FALSE(judge(name, "C", "B").correct);
    CHECK(judge(name, "?", "B").invalid);
    CHECK_FALSE(judge(name, "?", "B").correct);
    CHECK(judge(name, "C", "C", {}, {}).correct);
    CHECK_FALSE(judge(name, "C", "").labelled);
  }
}

TEST_CASE("exact takes the letter or the option's text", "[items][scorer]") {
  CHECK(judge("exact", "c.", "C").correct);
  CHECK(judge("exact", "Three cups!", "C").correct);
  CHECK_FALSE(judge("exact", "Two", "C").correct);
  CHECK_FALSE(judge("exact", "C Three cups", "C").correct);
  CHECK(judge("exact", "...", "C").invalid);
}
