#include "pipeline/control/compare_statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "pipeline/base/rng.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/normal.hpp"

using namespace vrp;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void close(double got, double want, double tolerance) {
  if (!(std::abs(got - want) <= tolerance)) FAIL("got " << got << ", want " << want);
}

std::vector<std::int32_t> alone(std::size_t n) {
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<std::int32_t>(i));
  return out;
}

/// n items, `each` to an image, labels and one signal of both sides from independent draws.
PairedColumns independent(std::size_t n, std::size_t each, std::uint64_t seed) {
  const Rng rng(seed, "compare test");
  PairedColumns out;
  out.signals.push_back({"x", "1", 1, false, false, {}, {}});
  for (std::size_t i = 0; i < n; ++i) {
    out.group.push_back(static_cast<std::int32_t>(i / each));
    out.label_a.push_back(rng.uniform(i, 0) < 0.6);
    out.label_b.push_back(rng.uniform(i, 1) < 0.6);
    out.answer_a.push_back(out.label_a.back() ? "yes" : "no");
    out.answer_b.push_back(out.label_b.back() ? "Yes." : "no");
    out.signals[0].a.push_back(rng.uniform(i, 2) + 0.3 * out.label_a.back());
    out.signals[0].b.push_back(rng.uniform(i, 3) + 0.3 * out.label_b.back());
  }
  return out;
}

CompareOptions quick(std::int64_t replicates = 400) {
  CompareOptions out;
  out.replicates = replicates;
  return out;
}

}  // namespace

TEST_CASE("one row a group: the paired t-test of the textbook", "[compare]") {
  // Differences 1, 2, 3, 4: mean 2.5, s 1.2909944487, se 0.6454972244, t 3.8729833462, df 3.
  const std::vector<double> x = {1, 2, 3, 4};
  const stats::Estimate e = clustered_mean(x, alone(4));
  close(*e.value, 2.5, 1e-12);
  close(*e.se, 0.6454972243679028, 1e-12);
  close(*e.p, 0.030466291662170945, 1e-10);
  close(*e.high - *e.value, 3.182446305284263 * 0.6454972243679028, 1e-9);
}

TEST_CASE("rows of a group move together: its sums make the error", "[compare]") {
  // Two groups with sums of deviations +2 and -2: se^2 = 2/1 * (4 + 4) / 16.
  const std::vector<double> x = {3, 3, 1, 1, kNaN};
  const std::vector<std::int32_t> group = {0, 0, 1, 1, 1};
  const stats::Estimate e = clustered_mean(x, group);
  CHECK(e.n == 4);
  CHECK(e.invalid == 1);
  close(*e.value, 2, 1e-12);
  close(*e.se, 1, 1e-12);
  close(*e.p, 2 * (1 - stats::t_cdf(2, 1)), 1e-12);
}

TEST_CASE("a mean without spread has no test unless it is 0", "[compare]") {
  const stats::Estimate zero = clustered_mean(std::vector<double>{0, 0, 0}, alone(3));
  CHECK(zero.p == 1.0);
  CHECK(zero.low == 0.0);
  const stats::Estimate one = clustered_mean(std::vector<double>{1, 1, 1}, alone(3));
  CHECK_FALSE(one.p.has_value());
  CHECK(one.flags.has(stats::Flag::zero_variance));
  const stats::Estimate few =
      clustered_mean(std::vector<double>{1, 2}, std::vector<std::int32_t>{0, 0});
  CHECK_FALSE(few.p.has_value());
  CHECK(few.flags.has(stats::Flag::too_few));
  CHECK_FALSE(clustered_mean(std::vector<double>{kNaN}, alone(1)).value.has_value());
}

TEST_CASE("p of a bootstrap is below alpha when the percentile interval leaves out 0",
          "[compare]") {
  std::vector<double> replicates(999, 1.0);
  close(*bootstrap_p(replicates), 2.0 / 1000, 1e-15);
  replicates[0] = -1;
  close(*bootstrap_p(replicates), 4.0 / 1000, 1e-15);
  CHECK(bootstrap_p(std::vector<double>(50, 0.0)) == 1.0);
  CHECK_FALSE(bootstrap_p({kNaN, kNaN}).has_value());
  close(*bootstrap_p({kNaN, 1, 1, 1}), 0.5, 1e-15);
}

TEST_CASE("a run compared with itself: every difference 0, every p 1", "[compare]") {
  PairedColumns columns = independent(120, 3, 5);
  columns.label_b = columns.label_a;
  columns.answer_b = columns.answer_a;
  columns.signals[0].b = columns.signals[0].a;
  const PairResult out = compare_columns(columns, quick());
  CHECK(out.accuracy.paired.difference_pp.value == 0.0);
  CHECK(out.accuracy.paired.difference_pp.p == 1.0);
  CHECK(out.accuracy.clustered.p == 1.0);
  CHECK(out.agreement.same_text.value == 1.0);
  CHECK(out.agreement.labels.kappa.value == 1.0);
  const SignalComparison& signal = out.signals[0];
  CHECK(signal.equal_labels);
  CHECK(signal.mean_difference.p == 1.0);
  close(*signal.correlation.value, 1, 1e-12);
  for (const DifferenceOfTwo* of : {&signal.auroc, &signal.r}) {
    CHECK(of->difference.value == 0.0);
    CHECK(of->difference.low == 0.0);
    CHECK(of->difference.high == 0.0);
    CHECK(of->difference.p == 1.0);
  }
}

TEST_CASE("swapping A and B turns every sign and keeps every p", "[compare]") {
  const PairedColumns columns = independent(120, 3, 6);
  PairedColumns swapped = columns;
  std::swap(swapped.label_a, swapped.label_b);
  std::swap(swapped.answer_a, swapped.answer_b);
  std::swap(swapped.signals[0].a, swapped.signals[0].b);
  const PairResult one = compare_columns(columns, quick());
  const PairResult two = compare_columns(swapped, quick());
  CHECK(*one.accuracy.paired.difference_pp.value == -*two.accuracy.paired.difference_pp.value);
  CHECK(one.accuracy.paired.only_a == two.accuracy.paired.only_b);
  CHECK(one.accuracy.p() == two.accuracy.p());
  close(*one.signals[0].auroc.difference.low, -*two.signals[0].auroc.difference.high, 1e-12);
  CHECK(one.signals[0].auroc.difference.p == two.signals[0].auroc.difference.p);
  close(*one.signals[0].mean_difference.low, -*two.signals[0].mean_difference.high, 1e-12);
}

TEST_CASE("a signal of which low is good has the AUROC of its negative, and its raw R",
          "[compare]") {
  const PairedColumns columns = independent(200, 2, 7);
  PairedColumns turned = columns;
  turned.signals[0].orientation = -1;
  for (auto* values : {&turned.signals[0].a, &turned.signals[0].b})
    for (double& v : *values) v = -v;
  const PairResult one = compare_columns(columns, quick()), two = compare_columns(turned, quick());
  close(*one.signals[0].auroc.a.value, *two.signals[0].auroc.a.value, 1e-12);
  close(*one.signals[0].auroc.difference.low, *two.signals[0].auroc.difference.low, 1e-12);
  close(*one.signals[0].r.a.value, -*two.signals[0].r.a.value, 1e-12);
  close(*one.signals[0].r.difference.low, -*two.signals[0].r.difference.high, 1e-12);
  close(*one.signals[0].r.a.low, -*two.signals[0].r.a.high, 1e-12);
}

TEST_CASE("both AUROCs are over the items where both are defined and labelled", "[compare]") {
  PairedColumns columns = independent(60, 1, 8);
  columns.signals[0].a[3] = kNaN;
  columns.signals[0].b[4] = kNaN;
  columns.label_b[5] = stats::kNoLabel;
  const PairResult out = compare_columns(columns, quick());
  CHECK(out.accuracy.paired.n == 59);
  CHECK(out.agreement.same_text.n == 60);
  const SignalComparison& signal = out.signals[0];
  CHECK(signal.mean_difference.n == 58);
  CHECK(signal.auroc.a.n == 57);
  CHECK(signal.auroc.b.n == 57);
  CHECK(signal.auroc.difference.n == 57);
  std::vector<double> x;
  std::vector<std::int8_t> y;
  for (std::size_t i = 0; i < 60; ++i)
    if (i != 3 && i != 4 && i != 5) {
      x.push_back(columns.signals[0].a[i]);
      y.push_back(columns.label_a[i]);
    }
  CHECK(*signal.auroc.a.value == *stats::auroc(x, y).value);
  CHECK(*signal.r.a.value == *stats::point_biserial(x, y).value);
}

TEST_CASE("what one run cannot define is absent with its reason", "[compare]") {
  PairedColumns columns = independent(40, 2, 9);
  columns.label_b.assign(40, 1);
  const PairResult out = compare_columns(columns, quick());
  const SignalComparison& signal = out.signals[0];
  CHECK(signal.auroc.a.value.has_value());
  CHECK_FALSE(signal.auroc.b.value.has_value());
  CHECK_FALSE(signal.auroc.difference.value.has_value());
  CHECK(signal.auroc.difference.flags.has(stats::Flag::single_class));
  CHECK(signal.mean_difference.p.has_value());
  columns.label_a.assign(40, stats::kNoLabel);
  const PairResult none = compare_columns(columns, quick());
  CHECK(none.accuracy.paired.n == 0);
  CHECK_FALSE(none.accuracy.p().has_value());
  CHECK_FALSE(none.signals[0].auroc.difference.value.has_value());
  CHECK(none.agreement.same_text.n == 40);
  const PairResult empty = compare_columns({}, quick());
  CHECK(empty.items == 0);
}

TEST_CASE("p of accuracy is by images where an image has several items", "[compare]") {
  const PairResult alone = compare_columns(independent(80, 1, 10), quick());
  CHECK_FALSE(alone.accuracy.by_group);
  CHECK(alone.accuracy.p() == alone.accuracy.paired.difference_pp.p);
  const PairResult grouped = compare_columns(independent(80, 4, 10), quick());
  CHECK(grouped.accuracy.by_group);
  CHECK(grouped.accuracy.groups == 20);
  CHECK(grouped.accuracy.p() == grouped.accuracy.clustered.p);
  close(*grouped.accuracy.detectable, 2.801585218 * *grouped.accuracy.clustered.se, 1e-6);
  // Four copies of each item are worth one.
  PairedColumns copies = independent(80, 1, 11), fourfold;
  fourfold.signals.push_back(copies.signals[0]);
  fourfold.signals[0].a.clear();
  fourfold.signals[0].b.clear();
  for (std::size_t i = 0; i < 80; ++i)
    for (int k = 0; k < 4; ++k) {
      fourfold.group.push_back(static_cast<std::int32_t>(i));
      fourfold.label_a.push_back(copies.label_a[i]);
      fourfold.label_b.push_back(copies.label_b[i]);
      fourfold.answer_a.push_back(copies.answer_a[i]);
      fourfold.answer_b.push_back(copies.answer_b[i]);
      fourfold.signals[0].a.push_back(copies.signals[0].a[i]);
      fourfold.signals[0].b.push_back(copies.signals[0].b[i]);
    }
  const PairResult single = compare_columns(copies, quick()),
                   four = compare_columns(fourfold, quick());
  close(*single.accuracy.clustered.p, *four.accuracy.clustered.p, 1e-12);
  close(*single.signals[0].mean_difference.p, *four.signals[0].mean_difference.p, 1e-12);
  close(*single.signals[0].auroc.difference.value, *four.signals[0].auroc.difference.value, 1e-12);
}

TEST_CASE("tests of AUROC and R differences reject a true null in about 5 % of runs", "[compare]") {
  int auroc = 0, r = 0, mean = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    const PairResult out = compare_columns(
        independent(150, 1 + run % 3, 1000 + static_cast<std::uint64_t>(run)), quick(300));
    auroc += *out.signals[0].auroc.difference.p < 0.05;
    r += *out.signals[0].r.difference.p < 0.05;
    mean += *out.accuracy.clustered.p < 0.05;
  }
  // 20 expected; 8 .. 36 leaves one in 2000 binomial draws out on either side.
  for (const int rejected : {auroc, r, mean}) {
    CAPTURE(auroc, r, mean);
    CHECK(rejected >= 8);
    CHECK(rejected <= 36);
  }
}
