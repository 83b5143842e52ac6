#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/items/yes_no_summary.hpp"

using namespace vrp;

TEST_CASE("yes/no figures of a small table", "[items][summary]") {
  const auto s =
      summarise_yes_no({"yes", "yes", "no", "no", "", ""}, {"yes", "no", "no", "yes", "yes", "no"});
  CHECK(s.n == 6);
  CHECK(s.tp == 1);
  CHECK(s.fp == 1);
  CHECK(s.tn == 1);
  CHECK(s.fn == 1);
  CHECK(s.unparsed_yes == 1);
  CHECK(s.unparsed_no == 1);
  CHECK(*s.accuracy == Approx(2.0 / 6));
  CHECK(*s.precision == Approx(0.5));
  CHECK(*s.recall == Approx(1.0 / 3));  // the unparsed yes is a missed yes
  CHECK(*s.f1 == Approx(0.4));
  CHECK(*s.yes_ratio == Approx(2.0 / 6));
  CHECK(*s.unparsed == Approx(2.0 / 6));
}

TEST_CASE("an empty denominator is undefined, not zero", "[items][summary]") {
  const auto none = summarise_yes_no({"no", "no"}, {"yes", "no"});
  CHECK_FALSE(none.precision.has_value());
  CHECK(*none.recall == 0);
  CHECK_FALSE(none.f1.has_value());
  const auto no_positive = summarise_yes_no({"yes"}, {"no"});
  CHECK(*no_positive.precision == 0);
  CHECK_FALSE(no_positive.recall.has_value());
  CHECK_FALSE(no_positive.f1.has_value());
  const auto empty = summarise_yes_no({}, {});
  CHECK_FALSE(empty.accuracy.has_value());
  CHECK_FALSE(empty.yes_ratio.has_value());
  CHECK(vlmevalkit_percent(none).precision == 0);  // VLMEvalKit prints 0
}

TEST_CASE("other words are refused by row", "[items][summary]") {
  CHECK_THROWS_WITH(summarise_yes_no({"yes"}, {"maybe"}), Catch::Contains("row 0: label 'maybe'"));
  CHECK_THROWS_WITH(summarise_yes_no({"other"}, {"yes"}), Catch::Contains("row 0: read 'other'"));
  CHECK_THROWS_WITH(summarise_yes_no({"yes", "no"}, {"yes"}),
                    Catch::Contains("2 answers, 1 labels"));
}
