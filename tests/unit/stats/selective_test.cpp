// Risk-coverage, calibration and adjusted p.
#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/stats/calibration.hpp"
#include "pipeline/stats/multiplicity.hpp"
#include "pipeline/stats/risk_coverage.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;
using Column = std::vector<double>;
using Label = std::vector<std::int8_t>;

TEST_CASE("risk-coverage of five items by hand", "[stats][risk]") {
  const RiskCoverage rc = risk_coverage(Column{5, 4, 3, 2, 1}, Label{1, 0, 1, 1, 0});
  // risks 0, 1/2, 1/3, 1/4, 2/5; oracle 0, 0, 0, 1/4, 2/5
  CHECK(*rc.aurc == Approx((0.5 + 1.0 / 3 + 0.25 + 0.4) / 5).epsilon(1e-14));
  CHECK(*rc.oracle_aurc == Approx((0.25 + 0.4) / 5).epsilon(1e-14));
  CHECK(*rc.excess == Approx((0.5 + 1.0 / 3) / 5).epsilon(1e-14));
  REQUIRE(rc.points.size() == 5);
  CHECK(rc.points[1].risk == 0.5);
  CHECK(rc.points[1].coverage == 0.4);
  CHECK(rc.points[1].threshold == 4);
  CHECK(*rc.coverage_at[0] == 0.2);
}

TEST_CASE("a tied block enters as a whole, its errors spread evenly", "[stats][risk]") {
  // 1 correct alone, then a block of 4 with 2 errors: errors 0, .5, 1, 1.5, 2.
  const RiskCoverage rc = risk_coverage(Column{9, 2, 2, 2, 2}, Label{1, 0, 1, 0, 1});
  CHECK(rc.points.size() == 2);
  CHECK(*rc.aurc == Approx((0 + 0.5 / 2 + 1.0 / 3 + 1.5 / 4 + 2.0 / 5) / 5).epsilon(1e-14));
  const RiskCoverage other = risk_coverage(Column{2, 2, 9, 2, 2}, Label{1, 1, 1, 0, 0});
  CHECK(*rc.aurc == *other.aurc);  // the order inside the block does not matter
  const RiskCoverage flat = risk_coverage(Column{1, 1, 1, 1}, Label{1, 1, 1, 0});
  CHECK(*flat.aurc == Approx(0.25).epsilon(1e-14));  // no signal: the error rate everywhere
  CHECK(flat.flags.has(Flag::constant));
}

TEST_CASE("coverage at a risk is the largest one, not the first", "[stats][risk]") {
  // Risks by coverage: 1, 1/2, 1/3, ..., 1/10: only at full coverage 10 % is met.
  Column x;
  Label y;
  for (int i = 0; i < 10; ++i) {
    x.push_back(-i);
    y.push_back(i == 0 ? 0 : 1);
  }
  const RiskCoverage rc = risk_coverage(x, y);
  CHECK(*rc.coverage_at[0] == 0.0);
  CHECK(*rc.coverage_at[1] == 1.0);
  CHECK(*rc.coverage_at[2] == 1.0);
}

TEST_CASE("risk-coverage without rows is undefined", "[stats][risk]") {
  const RiskCoverage rc = risk_coverage(Column{kNaN}, Label{1});
  CHECK(rc.flags.has(Flag::empty));
  CHECK(rc.invalid == 1);
  CHECK_FALSE(rc.aurc);
  CHECK_FALSE(rc.coverage_at[0]);
  CHECK(*risk_coverage(Column{1, 2}, Label{1, 1}).aurc == 0.0);
}

TEST_CASE("calibration by hand", "[stats][calibration]") {
  const Calibration c = calibration(Column{0.0, 0.05, 0.5, 1.0}, Label{0, 1, 1, 1}, 10);
  // bin 0: confidence .025, accuracy .5, n 2; bin 5: .5 vs 1; bin 9: 1 vs 1
  CHECK(*c.ece.value == Approx((2 * 0.475 + 0.5) / 4).epsilon(1e-14));
  CHECK(*c.brier.value == Approx((0.95 * 0.95 + 0.25) / 4).epsilon(1e-14));
  CHECK(c.bins.size() == 10);
  CHECK(c.bins[9].n == 1);
  CHECK(c.bins[5].confidence == 0.5);
}

TEST_CASE("calibration refuses what is no probability", "[stats][calibration]") {
  for (const double bad : {-0.1, 1.1}) {
    const Calibration c = calibration(Column{0.5, bad}, Label{0, 1});
    CHECK_FALSE(c.ece.defined());
    CHECK_FALSE(c.brier.defined());
    CHECK(c.brier.flags.has(Flag::out_of_range));
  }
  CHECK(calibration(Column{}, Label{}).ece.flags.has(Flag::empty));
}

TEST_CASE("Holm and Benjamini-Hochberg on a family with an absent p", "[stats][multiplicity]") {
  const PValues p{0.01, std::nullopt, 0.04, 0.03, 0.005};
  const PValues h = holm(p), q = benjamini_hochberg(p);
  CHECK(*h[0] == Approx(0.03));
  CHECK_FALSE(h[1]);
  CHECK(*h[2] == Approx(0.06));
  CHECK(*h[3] == Approx(0.06));
  CHECK(*h[4] == Approx(0.02));
  CHECK(*q[0] == Approx(0.02));
  CHECK(*q[2] == Approx(0.04));
  CHECK(*q[3] == Approx(0.04));
  CHECK(*q[4] == Approx(0.02));
  CHECK_FALSE(q[1]);
  CHECK(*holm(PValues{0.9, 0.8})[0] == 1.0);
}

TEST_CASE("flags have names and reasons", "[stats]") {
  const Flags flags = Flag::constant | Flags(Flag::single_class);
  CHECK(flag_names(flags) == std::vector<std::string>{"single_class", "constant"});
  CHECK(flag_reason(flags) == "one class only; the signal is constant");
  CHECK(flag_reason({}).empty());
}
