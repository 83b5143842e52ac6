#include "pipeline/items/scorer.hpp"

#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/items/answer_rules.hpp"
#include "pipeline/items/normalise.hpp"
#include "pipeline/items/vqa_normalise.hpp"

using namespace vrp;

namespace {

struct Row {
  const char* answer;
  const char* read;  ///< "" = invalid
};

void check_rows(std::string (*rule)(std::string_view), const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO("answer '" << row.answer << "'");
    CHECK(rule(row.answer) == row.read);
  }
}

Verdict judge(const char* scorer, std::string_view answer, std::string_view reference,
              const std::vector<std::string>& references = {}) {
  return score(find_scorer(scorer), {reference, references, {}}, {answer});
}

}  // namespace

TEST_CASE("Norm keeps a-z, 0-9 and single spaces", "[items][norm]") {
  CHECK(norm("  Yes,\tthere's\n A  Cat! ") == "yes theres a cat");
  CHECK(norm("in-front") == "infront");
  CHECK(norm("caf\xC3\xA9") == "caf");
  CHECK(norm("a\xC2\xA0\x62") == "a b");     // no-break space
  CHECK(norm("a\xE2\x80\x8B\x62") == "ab");  // zero-width space is no white space
  CHECK(norm("a\xFF\x62") == "ab");          // not UTF-8
  CHECK(norm("\xE2\x84\xAA") == "k");        // Kelvin sign lower-cases to k
  CHECK(norm("") == "");
  CHECK(norm_plus("The three a Twenty-one zero cups") == "3 twentyone 0 cups");
}

TEST_CASE("VLMEvalKit's punctuation step looks at the text before it", "[items][norm]") {
  CHECK(vqa_punctuation("t-shirt", VqaRule::vlmevalkit) == "t shirt");
  CHECK(vqa_punctuation("t-shirt - red", VqaRule::vlmevalkit) == "tshirt  red");
  CHECK(vqa_punctuation("1,000-2,000", VqaRule::vlmevalkit) == "10002000");
  CHECK(vqa_punctuation("3. 2.5 .5 u.s.", VqaRule::vlmevalkit) == "3. 2.5 .5 us");
  const std::string dots(40, '.');
  CHECK(vqa_punctuation(dots, VqaRule::vlmevalkit) == std::string(8, '.'));  // 32 at most
}

TEST_CASE("yes_no takes the first yes or no of Norm", "[items][scorer]") {
  check_rows(read_yes_no, {{"Yes.", "yes"},
                           {"NO", "no"},
                           {"There is no dog, yes", "no"},
                           {"I think yes", "yes"},
                           {"yes,no", ""},
                           {"nope", ""},
                           {"", ""}});
  CHECK(judge("yes_no", "No!", "no").correct);
  CHECK_FALSE(judge("yes_no", "No!", "yes").correct);
  CHECK(judge("yes_no", "a kettle", "no").invalid);
  CHECK_FALSE(judge("yes_no", "a kettle", "no").correct);
}

TEST_CASE("pope_official is the published rule with its oddities", "[items][scorer]") {
  check_rows(read_pope, {{"", "yes"},
                         {"NO", "yes"},
                         {"No", "no"},
                         {"No!", "yes"},
                         {"No\nnot", "yes"},
                         {"Yes, but not a cat", "no"},
                         {"Yes. There is no cat", "yes"},
                         {"N,o", "no"},
                         {"no ", "no"}});
  CHECK_FALSE(judge("pope_official", "", "yes").invalid);
  CHECK(judge("pope_official", "", "yes").correct);
}

TEST_CASE("POPE's rule on the examples of the specification", "[items][scorer]") {
  for (const char* answer : {"NO", "nO", "No!", "(no)", "\"No\"", "There isn't one",
                             "I cannot see one", "No\nthe image shows a dog", ""}) {
    INFO(answer);
    CHECK(read_pope(answer) == "yes");
  }
  for (const char* answer : {"Yes or no", "Yes, but not a cat", "no", "It is not there. Yes"}) {
    INFO(answer);
    CHECK(read_pope(answer) == "no");
  }
  CHECK(read_pope("2.5 no") == "yes");  // cut at the first period, even in a number
  CHECK(read_pope("Dr. No is not") == "yes");
}

TEST_CASE("vlmevalkit needs exactly one of yes and no", "[items][scorer]") {
  check_rows(read_vlmevalkit, {{"Yes, there", "Yes"},
                               {"no-one", "No"},
                               {"yes or no", ""},
                               {"**yes**", ""},
                               {"answer:yes", ""},
                               {"[no]", "No"}});
  CHECK(judge("vlmevalkit", "Yes", "yes").correct);
  CHECK(judge("vlmevalkit", "maybe", "no").invalid);
}

TEST_CASE("mme looks at the first four characters", "[items][scorer]") {
  check_rows(read_mme, {{"yes", "yes"},
                        {"north", "no"},
                        {" yes", "yes"},
                        {"  yes", ""},
                        {"\xC3\xA9\xC3\xA9no", "no"},  // characters, not bytes
                        {"the no", ""},
                        {"not sure", "no"},
                        {"there is no dog", ""},
                        {"YES", "yes"},
                        {"yesterday", "yes"},
                        {"", ""}});
}

TEST_CASE("integer takes the first integer of Norm, words 0..20, none and no", "[items][scorer]") {
  check_rows(read_integer, {{"There are 12 cups", "12"},
                            {"three", "3"},
                            {"Twenty", "20"},
                            {"none", "0"},
                            {"No, 3", "0"},
                            {"3cups", "3"},
                            {"007", "7"},
                            {"000", "0"},
                            {"1,000", "1000"},
                            {"3.5", "35"},  // Norm has deleted the period
                            {"twenty-one", ""},
                            {"someone", ""},
                            {"", ""}});
  CHECK(judge("integer", "three cups", "3").correct);
  CHECK(judge("integer", "3", "three").correct);
  CHECK(judge("integer", "many", "3").invalid);
  CHECK_FALSE(judge("integer", "4", "3").correct);
  CHECK_FALSE(judge("integer", "many", "many").correct);
}

TEST_CASE("relation takes the first relation word", "[items][scorer]") {
  check_rows(read_relation, {{"It is to the LEFT.", "left"},
                             {"on top of", "above"},
                             {"beneath, not above", "below"},
                             {"over", "above"},
                             {"at the bottom", "below"},
                             {"upright", ""}});
}

TEST_CASE("lenient reads whole numbers and the one relation", "[items][scorer]") {
  check_rows(read_lenient_number, {{"about 1,000 cups", "1000"},
                                   {"3.5", "3.5"},
                                   {"3.0", "3"},
                                   {"-3", "3"},
                                   {"twenty-one", "20"},
                                   {"no cups", ""},
                                   {"1,23", "1"},
                                   {"none", ""}});
  check_rows(read_lenient_relation,
             {{"left, on the left", "left"}, {"left or right", ""}, {"", ""}});
  CHECK(judge("lenient", "three cups", "3").correct);
  CHECK(judge("lenient", "to the left", "left").correct);
  CHECK(judge("lenient", "left or right", "left").invalid);
  CHECK(judge("lenient", "Yes it is", "yes").correct);
  CHECK(judge("lenient", "yes and no", "yes").invalid);
}

TEST_CASE("exact is equality of Norm, with any reference when there is no single one",
          "[items][scorer]") {
  CHECK(judge("exact", "Yes.", "yes").correct);
  CHECK_FALSE(judge("exact", "Yes, there is a cat.", "yes").correct);
  CHECK(judge("exact", "...", "red").invalid);
  CHECK_FALSE(judge("exact", "...", "").labelled);
  CHECK(judge("exact", "Red", "", {"blue", "red"}).correct);
  CHECK_FALSE(judge("exact", "Red", "blue", {"red"}).correct);
}

TEST_CASE("authors_lenient counts the empty answer as correct", "[items][scorer]") {
  CHECK(judge("authors_lenient_full", "", "skiing").correct);
  CHECK(judge("authors_lenient_full", "i", "skiing").correct);
  CHECK(judge("authors_lenient_full", "Yes, a cat", "yes").correct);
  CHECK_FALSE(judge("authors_lenient_full", "no", "yes").correct);
}

TEST_CASE("scorers are found by name and version", "[items][scorer]") {
  CHECK(find_scorer("yes_no").label() == "yes_no@1");
  CHECK(find_scorer("yes_no@1").name == "yes_no");
  CHECK_THROWS_WITH(find_scorer("yes_no@2"), Catch::Contains("this build has yes_no@1"));
  CHECK_THROWS_WITH(find_scorer("yes-no"), Catch::Contains("did you mean 'yes_no'"));
  CHECK_THROWS_WITH(find_scorer("zzzzzzzz"), Catch::Contains("known: yes_no"));
}
