#include "stages/consistency/agreement.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using vrp::agreement;

TEST_CASE("agreement of closed cases", "[consistency]") {
  const auto all = agreement({"yes", "yes", "yes", "yes"});
  CHECK(all.share == 1.0);
  CHECK(all.entropy == 0.0);
  CHECK_FALSE(std::signbit(all.entropy));
  CHECK(all.distinct == 1);
  CHECK_FALSE(all.tie);

  const auto none = agreement({"a", "b", "c", "d"});
  CHECK(none.share == 0.25);
  CHECK(none.entropy == Approx(std::log(4.0)).epsilon(1e-14));
  CHECK(none.distinct == 4);
  CHECK(none.tie);
  CHECK(none.majority == 0);
}

TEST_CASE("on a tie the answer sampled first is the majority, and empty answers are a class",
          "[consistency]") {
  const auto tie = agreement({"no", "yes", "yes", "no"});
  CHECK(tie.majority == 0);
  CHECK(tie.tie);
  const auto later = agreement({"x", "", "", "y"});
  CHECK(later.majority == 1);
  CHECK(later.share == 0.5);
  CHECK_FALSE(later.tie);
}

TEST_CASE("classes by likeness are formed greedily around the answer sampled first",
          "[consistency]") {
  // Founders are compared, not neighbours: "abc" founds, "bcd" is like it, "cde" only like "bcd".
  const auto alike = [](const std::string& founder, const std::string& answer) {
    int common = 0;
    for (const char c : answer) common += founder.find(c) != std::string::npos;
    return common >= 2;
  };
  const auto agreed = agreement({"abc", "bcd", "cde", "abd"}, alike);
  CHECK(agreed.distinct == 2);
  CHECK(agreed.share == 0.75);
  CHECK(agreed.majority == 0);
}
