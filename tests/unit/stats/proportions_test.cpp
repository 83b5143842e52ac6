#include "pipeline/stats/proportions.hpp"

#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/base/error.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;
using Column = std::vector<double>;
using Label = std::vector<std::int8_t>;

TEST_CASE("Wilson's interval at the ends", "[stats][proportions]") {
  const double z2 = 1.959963984540054 * 1.959963984540054;
  const Estimate none = wilson(0, 10);
  CHECK(*none.value == 0.0);
  CHECK(*none.low == 0.0);
  CHECK(*none.high == Approx(z2 / (10 + z2)).epsilon(1e-12));
  const Estimate all = wilson(10, 10);
  CHECK(*all.high == 1.0);
  CHECK(*all.low == Approx(10 / (10 + z2)).epsilon(1e-12));
  CHECK_FALSE(wilson(0, 0).defined());
  CHECK(wilson(0, 0).flags.has(Flag::empty));
}

TEST_CASE("accuracy counts rows without a label as invalid", "[stats][proportions]") {
  const Estimate a = accuracy(Label{1, 0, 1, kNoLabel});
  CHECK(a.n == 3);
  CHECK(a.invalid == 1);
  CHECK(*a.value == Approx(2.0 / 3));
}

TEST_CASE("exact McNemar on small counts", "[stats][proportions]") {
  CHECK(mcnemar_exact_p(0, 0) == 1.0);
  CHECK(mcnemar_exact_p(3, 3) == 1.0);
  CHECK(mcnemar_exact_p(0, 5) == Approx(2.0 / 32).epsilon(1e-14));
  CHECK(mcnemar_exact_p(5, 0) == Approx(2.0 / 32).epsilon(1e-14));
  CHECK(mcnemar_exact_p(1, 5) == Approx(2.0 * 7 / 64).epsilon(1e-14));
}

TEST_CASE("a paired comparison counts who alone is right", "[stats][proportions]") {
  const Label a{1, 1, 1, 0, 0, 1, kNoLabel, 1}, b{1, 0, 0, 1, 0, 0, 1, kNoLabel};
  const PairedComparison c = compare_paired(a, b, {}, {.replicates = 500});
  CHECK(c.n == 6);
  CHECK(c.invalid == 2);
  CHECK(c.only_a == 3);
  CHECK(c.only_b == 1);
  CHECK(*c.difference_pp.value == Approx(100.0 * 2 / 6).epsilon(1e-14));
  CHECK(*c.difference_pp.p == mcnemar_exact_p(3, 1));
  CHECK(c.interval_groups.flags.has(Flag::not_given));
  CHECK(c.difference_pp.low == c.interval_items.low);
  const PairedComparison none = compare_paired(Label{kNoLabel}, Label{1}, {}, {.replicates = 10});
  CHECK_FALSE(none.difference_pp.defined());
  CHECK(none.difference_pp.flags.has(Flag::empty));
  CHECK_THROWS_AS(compare_paired(Label{1}, Label{1, 0}, {}, {}), vrp::Error);
}

TEST_CASE("equal conditions differ by nothing: interval of width 0, p = 1",
          "[stats][proportions]") {
  const Label a{1, 0, 1, 0};
  const PairedComparison c = compare_paired(a, a, {}, {.replicates = 100});
  CHECK(*c.difference_pp.value == 0.0);
  CHECK(*c.interval_items.low == 0.0);
  CHECK(*c.interval_items.high == 0.0);
  CHECK(c.interval_items.flags.has(Flag::percentile_fallback));
  CHECK(*c.difference_pp.p == 1.0);
}

TEST_CASE("groups of equal rows widen the interval as if each were one row",
          "[stats][proportions]") {
  const test::Draws draws("widen");
  Label a, b;
  std::vector<std::int32_t> group;
  for (std::uint64_t i = 0; i < 100; ++i) {
    for (int copy = 0; copy < 4; ++copy) {
      a.push_back(draws.chance(0.5, i, 0) ? 1 : 0);
      b.push_back(draws.chance(0.5, i, 1) ? 1 : 0);
      group.push_back(static_cast<std::int32_t>(i));
    }
  }
  const PairedComparison c = compare_paired(a, b, group, {.replicates = 2000});
  const double items = *c.interval_items.high - *c.interval_items.low;
  const double groups = *c.interval_groups.high - *c.interval_groups.low;
  CHECK(groups / items == Approx(2.0).margin(0.2));
  CHECK(c.difference_pp.low == c.interval_groups.low);
}

TEST_CASE("means over rows that have a value", "[stats][proportions]") {
  const Estimate m = mean_bootstrap(Column{1, kNaN, 3, 5}, {}, {.replicates = 200});
  CHECK(*m.value == 3.0);
  CHECK(m.n == 3);
  CHECK(m.invalid == 1);
  const Estimate d =
      mean_difference_bootstrap(Column{1, 2, kNaN}, Column{0, 0, 0}, {}, {.replicates = 200});
  CHECK(*d.value == 1.5);
  CHECK(d.invalid == 1);
  CHECK(mean_bootstrap(Column{kNaN}, {}, {}).flags.has(Flag::empty));
}

TEST_CASE("the smallest detectable difference solves its equation", "[stats][proportions]") {
  const double d = *minimum_detectable_difference(1000, 0.1);
  const double n =
      std::pow(1.959963984540054 * std::sqrt(0.1) + 0.8416212335729143 * std::sqrt(0.1 - d * d),
               2) /
      (d * d);
  CHECK(n == Approx(1000).epsilon(1e-9));
  CHECK(*minimum_detectable_difference(4000, 0.1) < d);
  CHECK_FALSE(minimum_detectable_difference(10, 0.1));  // even all discordant one way is too few
  CHECK_FALSE(minimum_detectable_difference(0, 0.1));
  CHECK_FALSE(minimum_detectable_difference(100, 0.0));
}

TEST_CASE("precision per level of self-consistency", "[stats][proportions]") {
  const Column sc{1, 1, 1, 0.3, 0.1 + 0.2, 0.5, kNaN, 1.0 / 3};
  const Label y{1, 1, 0, 1, 0, 0, 1, 1};
  const Estimate at_one = precision_at(sc, y, 1.0);
  CHECK(at_one.n == 3);
  CHECK(*at_one.value == Approx(2.0 / 3));
  CHECK(at_one.invalid == 1);
  const std::vector<LevelRow> rows = precision_by_level(sc, y, 10);
  REQUIRE(rows.size() == 10);
  CHECK(rows[2].precision.n == 2);  // 0.3 and 0.1 + 0.2 are one level
  CHECK_FALSE(rows[0].precision.defined());
  CHECK(rows[9].precision.n == 3);
}
