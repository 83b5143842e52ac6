#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/items/lower_case.hpp"
#include "pipeline/items/normalise.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/items/vqa_normalise.hpp"

using namespace vrp;

namespace {

using Texts = std::vector<std::string>;

std::string official(std::string_view text) { return vqa_normalise(text, VqaRule::official); }

/// `k` times `a`, then `b` up to `n` answers.
Texts humans(const std::string& a, std::size_t k, const std::string& b, std::size_t n = 10) {
  Texts out(k, a);
  out.resize(n, b);
  return out;
}

double accuracy(std::string_view answer, const Texts& references, VqaRule rule) {
  return vqa_accuracy(answer, references, rule).accuracy;
}

}  // namespace

TEST_CASE("lower case is Unicode's, character by character", "[items][norm]") {
  CHECK(lower_case("ABCxyz 09!") == "abcxyz 09!");
  CHECK(lower_case("\xC3\x89\xC3\x80") == "\xC3\xA9\xC3\xA0");  // E acute, A grave
  CHECK(lower_case("\xC3\x97") == "\xC3\x97");                  // the times sign is no letter
  CHECK(lower_case("\xCE\xA3") == "\xCF\x83");                  // sigma
  CHECK(lower_case("\xD0\x96") == "\xD0\xB6");                  // zhe
  CHECK(lower_case("\xC4\xB0") == "i");                         // dotted capital I
  CHECK(lower_case("\xE1\xBA\x9E") == "\xC3\x9F");              // capital sharp s
  CHECK(lower_case("\xE2\x84\xAA") == "k");                     // Kelvin sign
  CHECK(lower_case("\xF0\x90\x90\x80") == "\xF0\x90\x90\xA8");  // Deseret, four bytes
  CHECK(lower_case("\xC4\x80\xC4\x81\xC4\x82") == "\xC4\x81\xC4\x81\xC4\x83");  // alternating
  CHECK(lower_case("A\xFF"
                   "B") ==
        "a\xFF"
        "b");  // not UTF-8
}

TEST_CASE("white space goes off both ends as in Python", "[items][norm]") {
  CHECK(strip_white_space(" \t\xC2\xA0x y\xE3\x80\x80\x1F\r\n") == "x y");
  CHECK(strip_white_space("\xE2\x80\x8Bx") == "\xE2\x80\x8Bx");  // U+200B stays
  CHECK(strip_white_space(" \n ").empty());
  CHECK(vqa_trim("\ta\tb\nc\rd\x0B ") == "a b c\rd");
}

TEST_CASE("official normalisation gives the examples of the specification", "[items][vqa]") {
  const std::pair<const char*, const char*> rows[] = {
      {"1,000-2,000", "10002000"},
      {"t-shirt", "t shirt"},
      {"a t-shirt, red", "t shirt red"},
      {"t-shirt - red", "tshirt red"},
      {"yes,no", "yes no"},
      {"yes, no,maybe", "yes nomaybe"},
      {"10:30 a.m.", "10:30 am"},
      {"dont know", "don't know"},
      {"none", "0"},
      {"a", ""},
      {"2.5", "2.5"},
      {".5", ".5"},
      {"3.", "3"},
      {"U.S.", "us"},
      {"ten eleven", "10 eleven"},
      {"The one  AND a zero", "1 and 0"},
      {"Im", "im"},  // the table's capital entries never match
      {"somebody'd", "somebodyd"},
      {"its were well hell shell id ill", "its were well hell shell id ill"},
      {"$5 50% #1 *x* ~y | z^2 'q' a:b &", "$5 50% #1 *x* ~y | z^2 'q' a:b &"},
      {"a\xC2\xA0\xE2\x80\xA8the\xE3\x80\x80\x0B\x1F"
       "b",
       "b"},
      {"the\xE2\x80\x8B"
       "dog",
       "the\xE2\x80\x8B"
       "dog"},
      {"\xC3\x89T\xC3\x89", "\xC3\xA9t\xC3\xA9"},
      {"", ""}};
  for (const auto& [text, want] : rows) {
    INFO("'" << text << "'");
    CHECK(official(text) == want);
  }
}

TEST_CASE("punctuation tests look at the text before the step", "[items][vqa]") {
  const auto step = [](std::string_view text) { return vqa_punctuation(text, VqaRule::official); };
  // `-` is beside no space although the `,` that becomes a space is beside it
  CHECK(step("a,-b") == "a  b");
  // ` ?` makes every `?` go, the `!` still becomes a space
  CHECK(step("x?y ?z!w") == "xy z w");
  // digit comma digit anywhere: all marks go
  CHECK(step("1,2 a-b (c)") == "12 ab c");
  CHECK(step("1,,2-x") == "1  2 x");
  CHECK(step(std::string(40, '.')) == std::string(8, '.'));  // 32 periods at most
  CHECK(step(".1.x.2") == ".1x.2");
}

TEST_CASE("the variants differ in commas, periods and apostrophes", "[items][vqa]") {
  CHECK(vqa_normalise("3.", VqaRule::vlmevalkit) == "3.");
  CHECK(vqa_normalise("x.3", VqaRule::vlmevalkit) == "x.3");
  CHECK(vqa_normalise("3.", VqaRule::lmms_eval) == "3");
  CHECK(vqa_normalise("1,,2-x", VqaRule::official) == "1 2 x");
  CHECK(vqa_normalise("1,,2-x", VqaRule::vlmevalkit) == "1 2 x");
  CHECK(vqa_normalise("1,,2-x", VqaRule::lmms_eval) == "12x");
  CHECK(vqa_normalise("yes,no", VqaRule::textvqa) == "yesno");
  CHECK(vqa_normalise("1,000-2", VqaRule::textvqa) == "1000 2");  // no comma is left for step 1
  CHECK(vqa_normalise("joe's", VqaRule::textvqa) == "joe 's");
  CHECK(vqa_normalise("let's", VqaRule::textvqa) == "let 's");
  CHECK(vqa_normalise("let's", VqaRule::official) == "let's");
  CHECK(vqa_normalise("who?me", VqaRule::textvqa) == "whome");
  CHECK(vqa_normalise("\n Stop?", VqaRule::textvqa) == "stop");
}

TEST_CASE("soft accuracy is 0, .3, .6, .9, 1 for 0, 1, 2, 3, 4 and more of ten", "[items][vqa]") {
  const double want[] = {0, .3, .6, .9, 1, 1, 1, 1, 1, 1};
  for (std::size_t k = 0; k < 10; ++k) {
    INFO(k << " matches");
    CHECK(accuracy("Red.", humans("red", k, "blue"), VqaRule::official) == want[k]);
    CHECK(accuracy("Red.", humans("red", k, "blue"), VqaRule::textvqa) == want[k]);
  }
}

TEST_CASE("unanimous humans are compared without normalisation by the official rule alone",
          "[items][vqa]") {
  const Texts all = {"yes", " yes", "yes ", "yes\n", "\tyes", "yes", "yes", "yes", "yes", "yes"};
  CHECK(accuracy("yes", all, VqaRule::official) == 1);
  CHECK(accuracy("yes\t", all, VqaRule::official) == 1);
  CHECK(accuracy("Yes", all, VqaRule::official) == 0);
  CHECK(accuracy("yes.", all, VqaRule::official) == 0);
  for (const VqaRule rule : {VqaRule::vlmevalkit, VqaRule::lmms_eval, VqaRule::textvqa}) {
    CHECK(accuracy("Yes.", all, rule) == 1);
  }
  CHECK(vqa_accuracy("Yes.", all, VqaRule::official).compared == "Yes.");
  CHECK(vqa_accuracy("Yes.", all, VqaRule::textvqa).compared == "yes");
  // the gate looks at raw texts: equal after normalisation is not unanimous
  Texts mixed = all;
  mixed[3] = "Yes";
  CHECK(accuracy("YES!", mixed, VqaRule::official) == 1);
}

TEST_CASE("fewer humans: the same leave-one-out with those given; one alone is no label",
          "[items][vqa]") {
  // three humans, two match: (1/3 + 1/3 + 2/3) / 3
  CHECK(accuracy("red", humans("red", 2, "blue", 3), VqaRule::textvqa) == Approx(4.0 / 9));
  // five humans, all match: min(1, 4/3) = 1
  CHECK(accuracy("red", humans("red", 5, "", 5), VqaRule::textvqa) == 1);
  CHECK_THROWS_WITH(accuracy("red", {"red"}, VqaRule::textvqa),
                    Catch::Contains("1 human answers, expected at least 2"));
  const Texts one = {"red"}, none, choices;
  for (const char* name : {"vqa_official", "vqa_vlmevalkit", "vqa_lmms_eval", "textvqa"}) {
    CHECK_FALSE(score(find_scorer(name), {"red", one, choices}, {"red"}).labelled);
    CHECK_FALSE(score(find_scorer(name), {"red", none, choices}, {"red"}).labelled);
  }
}

TEST_CASE("a soft score is correct from the threshold on", "[items][vqa][scorer]") {
  const Texts refs = humans("red", 2, "blue"), choices;  // 0.6
  const Scorer& scorer = find_scorer("vqa_official");
  const Question question{"blue", refs, choices};
  CHECK(score(scorer, question, {"The Red"}).correct);
  CHECK(score(scorer, question, {"The Red"}).score == 0.6);
  CHECK(score(scorer, question, {"The Red"}).parsed == "red");
  CHECK(score(scorer, question, {"Red"}, {.soft_threshold = 0.6}).correct);
  CHECK_FALSE(score(scorer, question, {"Red"}, {.soft_threshold = 0.61}).correct);
  CHECK(score(scorer, question, {"the"}).invalid);
  CHECK_FALSE(score(scorer, question, {"the"}).correct);
  // an empty answer that the humans gave too was read
  const Texts articles = humans("the", 5, "a dog");
  const Verdict empty = score(scorer, {"", articles, choices}, {"a"});
  CHECK(empty.correct);
  CHECK_FALSE(empty.invalid);
}
