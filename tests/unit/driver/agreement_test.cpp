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
