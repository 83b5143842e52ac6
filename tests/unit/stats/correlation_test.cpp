#include "pipeline/stats/correlation.hpp"

#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/base/error.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;
using Column = std::vector<double>;
using Label = std::vector<std::int8_t>;

TEST_CASE("R of four rows is the value worked out by hand", "[stats][correlation]") {
  // x = 1 2 3 4, y = 0 0 1 1: covariance sum 2, squares 5 and 1.
  const Estimate r = point_biserial(Column{1, 2, 3, 4}, Label{0, 0, 1, 1});
  REQUIRE(r.defined());
  CHECK(*r.value == Approx(2 / std::sqrt(5.0)).epsilon(1e-14));
  // t = R sqrt(2 / (1 - R^2)) = sqrt(8), 2 degrees of freedom: p = 1 - t / sqrt(t^2 + 2).
  CHECK(*r.p == Approx(1 - std::sqrt(0.8)).epsilon(1e-12));
  CHECK(*r.low == Approx(std::tanh(std::atanh(2 / std::sqrt(5.0)) - 1.959963984540054)));
  CHECK(r.n == 4);
  CHECK(r.invalid == 0);
}

TEST_CASE("a missing value or label leaves R and is counted", "[stats][correlation]") {
  const Estimate r = point_biserial(Column{1, 2, kNaN, 3, 4, 9}, Label{0, 0, 1, 1, 1, kNoLabel});
  CHECK(r.n == 4);
  CHECK(r.invalid == 2);
  CHECK(*r.value == Approx(2 / std::sqrt(5.0)).epsilon(1e-14));
}

TEST_CASE("R that does not exist is undefined with its reason", "[stats][correlation]") {
  const Estimate one_class = point_biserial(Column{1, 2, 3}, Label{1, 1, 1});
  CHECK_FALSE(one_class.defined());
  CHECK_FALSE(one_class.p);
  CHECK(one_class.flags.has(Flag::single_class));
  CHECK(one_class.reason() == "one class only");
  const Estimate constant = point_biserial(Column{2, 2, 2}, Label{0, 1, 1});
  CHECK_FALSE(constant.defined());
  CHECK(constant.flags == Flags(Flag::constant));
  CHECK(point_biserial(Column{}, Label{}).flags.has(Flag::empty));
  CHECK(point_biserial(Column{1}, Label{1}).flags.has(Flag::too_few));
  const Column infinite{1, 2, std::numeric_limits<double>::infinity()};
  const Estimate outside = point_biserial(infinite, Label{0, 1, 1});
  CHECK_FALSE(outside.defined());
  CHECK(outside.flags.has(Flag::out_of_range));
}

TEST_CASE("R of two rows has no p, R of three no Fisher interval", "[stats][correlation]") {
  const Estimate two = point_biserial(Column{1, 2}, Label{0, 1});
  CHECK(*two.value == Approx(1.0).epsilon(1e-15));
  CHECK_FALSE(two.p);
  const Estimate three = point_biserial(Column{1, 2, 4}, Label{0, 1, 1});
  CHECK(three.p);
  CHECK_FALSE(three.low);
}

TEST_CASE("R does not change with the signal's scale, however large", "[stats][correlation]") {
  const Column x{1, 2, 3, 5, 4, 0.5};
  const Label y{0, 0, 1, 1, 0, 1};
  const double r = *point_biserial(x, y).value;
  for (const double scale : {1e300, 1e-300, 1e150}) {
    Column scaled;
    for (const double v : x) scaled.push_back(v * scale);
    CHECK(*point_biserial(scaled, y).value == Approx(r).epsilon(1e-14));
  }
}

TEST_CASE("pooled R weights the strata's Fisher z by n - 3", "[stats][correlation]") {
  Estimate a, b, perfect;
  a.n = 103;
  a.value = 0.5;
  b.n = 303;
  b.value = 0.1;
  perfect.n = 50;
  perfect.value = 1.0;
  const std::vector<Estimate> strata{a, b, perfect, Estimate{}};
  const Estimate pooled = stratified_r(strata);
  const double z = (100 * std::atanh(0.5) + 300 * std::atanh(0.1)) / 400;
  CHECK(*pooled.value == Approx(std::tanh(z)).epsilon(1e-14));
  CHECK(*pooled.high == Approx(std::tanh(z + 1.959963984540054 / 20)).epsilon(1e-12));
  CHECK(*pooled.p == Approx(two_sided_normal_p(z * 20)).epsilon(1e-12));
  CHECK(pooled.n == 406);
  CHECK(pooled.flags.has(Flag::skipped_strata));
  CHECK_FALSE(stratified_r({}).defined());
}

TEST_CASE("equivalence to zero needs many rows and a small R", "[stats][correlation]") {
  Estimate r;
  r.value = 0.0;
  r.n = 3003;
  const double z = std::atanh(0.1) * std::sqrt(3000.0);
  CHECK(*equivalence_r(r).p == Approx(normal_cdf(-z)).epsilon(1e-10));
  r.value = 0.1;  // on the bound: one side cannot be excluded at all
  CHECK(*equivalence_r(r).p == Approx(0.5).epsilon(1e-12));
  r.value = 0.0;
  r.n = 50;
  CHECK(*equivalence_r(r).p > 0.2);
  r.value.reset();
  CHECK_FALSE(equivalence_r(r).p);
}

TEST_CASE("columns of different length and wrong labels are our own mistake", "[stats]") {
  CHECK_THROWS_AS(point_biserial(Column{1, 2}, Label{0}), vrp::Error);
  CHECK_THROWS_AS(point_biserial(Column{1, 2}, Label{0, 2}), vrp::Error);
  CHECK_THROWS_AS(pearson(Column{1, 2}, Column{1}), vrp::Error);
}
