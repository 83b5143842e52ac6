#include "pipeline/stats/clustered.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "data.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/correlation.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;
using Column = std::vector<double>;
using Label = std::vector<std::int8_t>;
using Group = std::vector<std::int32_t>;

namespace {

Group one_each(std::size_t n) {
  Group out(n);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

// Every row written `times` times, copies in the group of the first.
template <class T>
std::vector<T> repeated(const std::vector<T>& column, int times) {
  std::vector<T> out;
  for (const T& v : column) out.insert(out.end(), static_cast<std::size_t>(times), v);
  return out;
}

void check_same(const Estimate& a, const Estimate& b, double tolerance) {
  CHECK(a.n == b.n);
  CHECK(a.invalid == b.invalid);
  CHECK(*a.value == Approx(*b.value).epsilon(tolerance));
  CHECK(*a.se == Approx(*b.se).epsilon(tolerance));
  CHECK(*a.low == Approx(*b.low).epsilon(tolerance));
  CHECK(*a.high == Approx(*b.high).epsilon(tolerance));
  CHECK(*a.p == Approx(*b.p).epsilon(tolerance));
  CHECK(a.flags == b.flags);
}

// All three, so that a property can be asked of each.
std::vector<Estimate> all_three(const Columns& c, Groups group) {
  const Column &a = c.signals[0].values, &b = c.signals[1].values;
  return {auroc_clustered(a, c.label, group), auroc_difference_clustered(a, b, c.label, group),
          point_biserial_clustered(a, c.label, group)};
}

}  // namespace

TEST_CASE("Student's t: table values, symmetry, the limits", "[stats][clustered]") {
  CHECK(critical_t(0.95, 1) == Approx(12.706204736174694).epsilon(1e-12));
  CHECK(critical_t(0.95, 10) == Approx(2.2281388519862742).epsilon(1e-12));
  CHECK(critical_t(0.95, 1e9) == Approx(critical_z(0.95)).epsilon(1e-8));
  CHECK(two_sided_t_p(2.2281388519862742, 10) == Approx(0.05).epsilon(1e-12));
  CHECK(two_sided_t_p(0, 3) == 1.0);
  CHECK(two_sided_t_p(-1.5, 7) == two_sided_t_p(1.5, 7));
  CHECK(two_sided_t_p(std::numeric_limits<double>::infinity(), 7) == 0.0);
  CHECK(t_cdf(-0.7, 4) + t_cdf(0.7, 4) == Approx(1).epsilon(1e-15));
}

TEST_CASE("groups of one row have DeLong's variance", "[stats][clustered]") {
  const Columns c = test::example(300);
  const Group single = one_each(300);
  for (const Signal& signal : c.signals) {
    if (signal.name == "constant") continue;
    const Estimate plain = auroc(signal.values, c.label);
    const Estimate robust = auroc_clustered(signal.values, c.label, single);
    CHECK(*robust.value == *plain.value);
    CHECK(*robust.se == Approx(*plain.se).epsilon(1e-12));
    CHECK(robust.n == plain.n);
    CHECK(*robust.df == static_cast<double>(plain.n - 1));
    CHECK(*robust.p > *plain.p);  // t, not normal, and squared about the null
    CHECK(*robust.low < *plain.low);
    CHECK(*robust.low == Approx(*plain.low).margin(0.03 * *plain.se));
  }
  const Column &a = c.signals[0].values, &b = c.signals[1].values;
  CHECK(*auroc_difference_clustered(a, b, c.label, single).se ==
        Approx(*auroc_difference(a, b, c.label).se).epsilon(1e-12));
}

TEST_CASE("groups of one row have the sandwich variance of R", "[stats][clustered]") {
  const Columns c = test::example(300);
  const Column& x = c.signals[0].values;
  const Estimate e = point_biserial_clustered(x, c.label, one_each(300));
  // n/(n-1) times the fourth-moment variance of a correlation over n (Isserlis 1916): with
  // standardised moments m_ab, r^2 ((m40 + m04 + 2 m22)/4 ) + m22 - r (m31 + m13).
  double mx = 0, my = 0, sx = 0, sy = 0;
  for (std::size_t i = 0; i < 300; ++i) mx += x[i] / 300, my += c.label[i] / 300.0;
  for (std::size_t i = 0; i < 300; ++i) {
    sx += (x[i] - mx) * (x[i] - mx) / 300;
    sy += (c.label[i] - my) * (c.label[i] - my) / 300;
  }
  double m40 = 0, m04 = 0, m22 = 0, m31 = 0, m13 = 0, r = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    const double a = (x[i] - mx) / std::sqrt(sx), b = (c.label[i] - my) / std::sqrt(sy);
    r += a * b / 300;
    m40 += a * a * a * a / 300;
    m04 += b * b * b * b / 300;
    m22 += a * a * b * b / 300;
    m31 += a * a * a * b / 300;
    m13 += a * b * b * b / 300;
  }
  const double variance = r * r * (m40 + m04 + 2 * m22) / 4 + m22 - r * (m31 + m13);
  CHECK(*e.se == Approx(std::sqrt(variance / 299)).epsilon(1e-10));
  CHECK(*e.value == *point_biserial(x, c.label).value);
}

TEST_CASE("Obuchowski's variance by hand on a small case", "[stats][clustered]") {
  // Positives 3 (group 0), 1 (group 1); negatives 2 (0), 0 (1), 2.5 (2). V10 = 1, 1/3; V01 = 1/2,
  // 1, 1/2; A = 2/3. Groups: positives deviate 1/3, -1/3, 0; negatives -1/6, 1/3, -1/6.
  const Estimate e =
      auroc_clustered(Column{3, 1, 2, 0, 2.5}, Label{1, 1, 0, 0, 0}, Group{0, 1, 0, 1, 2});
  const double s10 = 2.0 / (1 * 2) * (2.0 / 9), s01 = 3.0 / (2 * 3) * (1.0 / 6);
  const double s11 = 3.0 / 2 * (-1.0 / 18 - 1.0 / 9);
  CHECK(*e.se == Approx(std::sqrt(s10 / 2 + s01 / 3 + 2 * s11 / 6)).epsilon(1e-12));
  CHECK(*e.df == 2);
  const double d = 2.0 / 3 - 0.5;
  CHECK(*e.p == Approx(two_sided_t_p(d / std::sqrt(*e.se * *e.se + d * d / 3), 2)).epsilon(1e-12));
  CHECK(*e.low == 0.0);  // three groups reject no value at 5 %
  CHECK(*e.high == 1.0);
}

TEST_CASE("six groups reject nothing, seven may", "[stats][clustered]") {
  for (const std::int32_t count : {6, 7}) {
    Column x;
    Label y;
    Group group;
    const test::Draws noise("few groups");
    for (std::uint64_t i = 0; i < 70; ++i) {
      y.push_back(noise.chance(0.5, i, 1) ? 1 : 0);
      x.push_back(2.0 * y.back() + noise.normal(i));
      group.push_back(static_cast<std::int32_t>(i) % count);
    }
    const Estimate a = auroc_clustered(x, y, group), r = point_biserial_clustered(x, y, group);
    CHECK((*a.p < 0.05) == (count == 7));
    CHECK((*r.p > 0.05 || count == 7));
    CHECK((*a.low == 0) == (count == 6));
    CHECK((*r.low == -1) == (count == 6));
    CHECK(*r.high <= 1);
  }
}

TEST_CASE("rows written three times inside their group change nothing but n",
          "[stats][clustered]") {
  // The item tests would take the copies for news; over groups there is none.
  const Columns c = test::example(300);
  Columns three = c;
  three.label = repeated(c.label, 3);
  for (Signal& signal : three.signals) signal.values = repeated(signal.values, 3);
  const auto once = all_three(c, c.group), thrice = all_three(three, repeated(c.group, 3));
  for (std::size_t i = 0; i < once.size(); ++i) {
    CHECK(*thrice[i].value == Approx(*once[i].value).epsilon(1e-12));
    CHECK(*thrice[i].se == Approx(*once[i].se).epsilon(1e-10));
    CHECK(*thrice[i].p == Approx(*once[i].p).epsilon(1e-8));
  }
}

TEST_CASE("order of rows and names of groups change nothing", "[stats][clustered]") {
  const Columns c = test::example(150);
  std::vector<std::size_t> order(150);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [](auto a, auto b) { return a * 97 % 151 < b * 97 % 151; });
  Columns mixed = c;
  for (std::size_t i = 0; i < 150; ++i) {
    mixed.label[i] = c.label[order[i]];
    mixed.group[i] = 1000 - 7 * c.group[order[i]];
    for (std::size_t s = 0; s < c.signals.size(); ++s) {
      mixed.signals[s].values[i] = c.signals[s].values[order[i]];
    }
  }
  const auto first = all_three(c, c.group), again = all_three(mixed, mixed.group);
  for (std::size_t i = 0; i < first.size(); ++i) check_same(again[i], first[i], 1e-12);
}

TEST_CASE("the mirrored signal mirrors the interval", "[stats][clustered]") {
  Columns c = test::example(300), mirrored = c;
  for (Signal& signal : mirrored.signals) {
    for (double& v : signal.values) v = -v;
  }
  const auto e = all_three(c, c.group), m = all_three(mirrored, c.group);
  const double sum[3] = {1, 0, 0};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(*m[i].value == Approx(sum[i] - *e[i].value).epsilon(1e-12));
    CHECK(*m[i].se == Approx(*e[i].se).epsilon(1e-12));
    CHECK(*m[i].low == Approx(sum[i] - *e[i].high).epsilon(1e-10));
    CHECK(*m[i].p == Approx(*e[i].p).epsilon(1e-10));
  }
  // Labels exchanged: the same for the AUROC and R.
  for (std::int8_t& y : c.label) y = static_cast<std::int8_t>(1 - y);
  const auto exchanged = all_three(c, c.group);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(*exchanged[i].se == Approx(*e[i].se).epsilon(1e-12));
    CHECK(*exchanged[i].p == Approx(*e[i].p).epsilon(1e-10));
  }
}

TEST_CASE("a difference is antisymmetric, and that from a constant is the AUROC's own test",
          "[stats][clustered]") {
  Columns c = test::example(300);
  const Column &a = c.signals[0].values, &b = c.signals[1].values;
  c.signals[1].values[5] = c.signals[1].values[90] = kNaN;
  const Estimate ab = auroc_difference_clustered(a, b, c.label, c.group);
  const Estimate ba = auroc_difference_clustered(b, a, c.label, c.group);
  CHECK(*ab.value == -*ba.value);
  CHECK(*ab.low == Approx(-*ba.high).epsilon(1e-12));
  CHECK(*ab.p == Approx(*ba.p).epsilon(1e-12));
  CHECK(ab.n == 298);
  CHECK(ab.invalid == 2);
  const Estimate flat = auroc_difference_clustered(a, c.signals[3].values, c.label, c.group);
  const Estimate alone = auroc_clustered(a, c.label, c.group);
  CHECK(*flat.value == Approx(*alone.value - 0.5).epsilon(1e-14));
  CHECK(flat.flags.has(Flag::constant));
}

TEST_CASE("a p below 0.05 and an interval without 0 are the same statement", "[stats][clustered]") {
  const test::Draws shift("shift");
  for (std::uint64_t k = 0; k < 60; ++k) {
    Columns c = test::example(90);
    for (std::size_t i = 0; i < 90; ++i) {
      c.signals[0].values[i] += (2 * shift.uniform(k) - 1) * c.label[i];
    }
    const Estimate r = point_biserial_clustered(c.signals[0].values, c.label, c.group);
    CHECK((*r.p < 0.05) == (*r.low > 0 || *r.high < 0));
    const Estimate d =
        auroc_difference_clustered(c.signals[0].values, c.signals[1].values, c.label, c.group);
    CHECK((*d.p < 0.05) == (*d.low > 0 || *d.high < 0));
  }
}

TEST_CASE("what cannot be tested over groups says why", "[stats][clustered]") {
  const Columns c = test::example(60);
  for (const Estimate& e : all_three(c, {})) {
    CHECK(e.defined());
    CHECK(e.flags == Flags(Flag::not_given));
    CHECK_FALSE((e.p || e.low || e.high || e.se || e.df));
  }
  for (const Estimate& e : all_three(c, Group(60, 4))) {  // one group
    CHECK(e.defined());
    CHECK(e.flags == Flags(Flag::too_few));
    CHECK_FALSE((e.p || e.low || e.high || e.se || e.df));
  }
  Columns one_class = c;
  one_class.label.assign(60, 1);
  for (const Estimate& e : all_three(one_class, c.group)) {
    CHECK_FALSE(e.defined());
    CHECK(e.reason() == "one class only");
  }
  const Column flat(60, 2.5);
  CHECK(auroc_clustered(flat, c.label, c.group).flags == Flags(Flag::constant));
  CHECK(*auroc_clustered(flat, c.label, c.group).value == 0.5);
  CHECK_FALSE(point_biserial_clustered(flat, c.label, c.group).defined());
  CHECK(auroc_clustered(Column{}, Label{}, Group{}).flags.has(Flag::empty));
  CHECK(auroc_clustered(Column{kNaN}, Label{1}, Group{0}).flags.has(Flag::empty));
  // The only two positives in one group: their variance between groups is unknown.
  CHECK(auroc_clustered(Column{1, 2, 3, 0}, Label{1, 1, 0, 0}, Group{0, 0, 1, 2}).flags ==
        Flags(Flag::too_few));
  const Estimate perfect =
      auroc_clustered(Column{1, 2, 3, 4}, Label{0, 0, 1, 1}, Group{0, 1, 2, 3});
  CHECK(*perfect.value == 1);
  CHECK(perfect.flags == Flags(Flag::zero_variance));
  CHECK(point_biserial_clustered(Column{0, 0, 1, 1}, Label{0, 0, 1, 1}, Group{0, 1, 2, 3})
            .flags.has(Flag::zero_variance));
  // Every group holds the same rows: nothing varies between groups, whatever the rounding.
  Column same;
  Label same_y;
  Group same_g;
  for (int g = 0; g < 30; ++g) {
    for (const double v : {0.1, 0.7, 0.3}) same.push_back(v);
    for (const int y : {0, 1, 1}) same_y.push_back(static_cast<std::int8_t>(y));
    for (int k = 0; k < 3; ++k) same_g.push_back(g);
  }
  CHECK(auroc_clustered(same, same_y, same_g).flags == Flags(Flag::zero_variance));
  CHECK(point_biserial_clustered(same, same_y, same_g).flags == Flags(Flag::zero_variance));
}

TEST_CASE("columns that do not fit are our mistake", "[stats][clustered]") {
  const Columns c = test::example(30);
  const Group few(29, 0);
  Group negative = c.group;
  negative[3] = -1;
  for (const Group& bad : {few, negative}) {
    CHECK_THROWS_AS(auroc_clustered(c.signals[0].values, c.label, bad), vrp::Error);
    CHECK_THROWS_AS(point_biserial_clustered(c.signals[0].values, c.label, bad), vrp::Error);
    CHECK_THROWS_AS(
        auroc_difference_clustered(c.signals[0].values, c.signals[1].values, c.label, bad),
        vrp::Error);
  }
}

TEST_CASE("equivalence over groups uses the groups' standard error", "[stats][clustered]") {
  const Columns c = test::example(3000);
  const test::Draws noise("noise");
  Column x;
  for (std::uint64_t i = 0; i < 3000; ++i) x.push_back(noise.normal(i));
  const Estimate r = point_biserial_clustered(x, c.label, c.group);
  const Estimate tost = equivalence_r_clustered(r);
  const double error = *r.se / (1 - *r.value * *r.value), z = std::atanh(*r.value);
  const double limit = std::atanh(0.1), df = 999;
  const auto t = [&](double d) { return d / std::sqrt(error * error + d * d / 1000); };
  CHECK(*tost.p ==
        Approx(std::max(t_cdf(t(z - limit), df), t_cdf(-t(z + limit), df))).epsilon(1e-12));
  CHECK(*tost.p < 0.05);
  CHECK(*tost.low > -0.1);
  CHECK(*tost.high < 0.1);
  CHECK(tost.method == "TOST |R| < 0.1, cluster-robust");
  // Not equivalent where the interval is too wide, or where R is outside.
  CHECK(*equivalence_r_clustered(r, 0.001).p > 0.05);
  const Estimate none = equivalence_r_clustered(point_biserial_clustered(x, c.label, {}));
  CHECK(none.defined());
  CHECK_FALSE(none.p);
  CHECK(none.flags.has(Flag::not_given));
}

TEST_CASE("the minimum detectable difference reaches its power", "[stats][clustered]") {
  const double found = *minimum_detectable(0.02);
  CHECK(found == Approx(2.8015852181129795 * 0.02).epsilon(1e-10));
  // Power of the two-sided test at that difference, the far tail left out.
  CHECK(normal_cdf(found / 0.02 - critical_z(0.95)) == Approx(0.8).epsilon(1e-12));
  CHECK(*minimum_detectable(0.02, 0.05, 0.9) > found);
  CHECK(*minimum_detectable(0.02, 0.01) > found);
  for (const double bad : {0.0, -1.0, kNaN, std::numeric_limits<double>::infinity()}) {
    CHECK_FALSE(minimum_detectable(bad));
  }
  CHECK_FALSE(minimum_detectable(0.02, 0.05, 1.0));
  CHECK_FALSE(minimum_detectable(0.02, 0.05, 0.01));  // power below the test's size
  CHECK_FALSE(minimum_detectable(0.02, -1, 0.8));
}
