#include "pipeline/items/rouge.hpp"

#include <catch2/catch.hpp>

using vrp::rouge_l_f1;
using vrp::rouge_tokens;

TEST_CASE("ROUGE-L counts the longest common subsequence of tokens", "[items][rouge]") {
  // Lin (2004), section 3: "police killed the gunman" against "police kill the gunman" (3 of 4)
  // and "the gunman kill police" (2 of 4).
  CHECK(rouge_l_f1("police kill the gunman", "police killed the gunman") == 0.75);
  CHECK(rouge_l_f1("the gunman kill police", "police killed the gunman") == 0.5);
  CHECK(rouge_l_f1("a cat", "A cat.") == 1.0);
  CHECK(rouge_l_f1("a b c d", "b d") == Approx(2 * 0.5 * 1 / 1.5).epsilon(1e-15));
  CHECK(rouge_l_f1("", "a cat") == 0);
  CHECK(rouge_l_f1("a cat", "...") == 0);
  CHECK(rouge_l_f1("one", "two") == 0);
}

TEST_CASE("tokens of ROUGE are runs of ASCII letters and digits", "[items][rouge]") {
  CHECK(rouge_tokens("T-shirt, 2.5 caf\xC3\xA9s!") ==
        std::vector<std::string>{"t", "shirt", "2", "5", "caf", "s"});
  CHECK(rouge_tokens(" . ").empty());
}
