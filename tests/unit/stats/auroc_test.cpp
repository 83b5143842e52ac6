#include "pipeline/stats/auroc.hpp"

#include <catch2/catch.hpp>

#include "data.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;
using Column = std::vector<double>;
using Label = std::vector<std::int8_t>;

namespace {

// Pairs of the definition, one by one; only pairs of one type when types are given.
double by_pairs(const Column& x, const Label& y, const std::vector<std::int32_t>& type,
                std::int64_t* pairs = nullptr) {
  double wins = 0, count = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) {
      if (y[i] != 1 || y[j] != 0 || std::isnan(x[i]) || std::isnan(x[j])) continue;
      if (!type.empty() && (type[i] != type[j] || type[i] == kNoType)) continue;
      wins += x[i] > x[j] ? 1 : x[i] == x[j] ? 0.5 : 0;
      ++count;
    }
  }
  if (pairs != nullptr) *pairs = static_cast<std::int64_t>(count);
  return wins / count;
}

}  // namespace

TEST_CASE("AUROC counts pairs, ties one half", "[stats][auroc]") {
  CHECK(*auroc(Column{1, 2, 3, 4}, Label{0, 0, 1, 1}).value == 1.0);
  CHECK(*auroc(Column{4, 3, 2, 1}, Label{0, 0, 1, 1}).value == 0.0);
  CHECK(*auroc(Column{1, 2, 2, 3}, Label{0, 1, 0, 1}).value == 0.875);
  for (const Signal& signal : test::example(300).signals) {
    const Label y = test::example(300).label;
    CHECK(*auroc(signal.values, y).value == by_pairs(signal.values, y, {}));
  }
}

TEST_CASE("a constant signal has AUROC 0.5, flagged, without p", "[stats][auroc]") {
  const Estimate a = auroc(Column{7, 7, 7, 7}, Label{0, 1, 0, 1});
  CHECK(*a.value == 0.5);
  CHECK(a.flags == Flags(Flag::constant));
  CHECK_FALSE(a.p);
}

TEST_CASE("one class only: AUROC is undefined", "[stats][auroc]") {
  for (const std::int8_t label : {std::int8_t{0}, std::int8_t{1}}) {
    const Estimate a = auroc(Column{1, 2, 3}, Label{label, label, label});
    CHECK_FALSE(a.defined());
    CHECK(a.flags == Flags(Flag::single_class));
    CHECK(a.reason() == "one class only");
  }
  CHECK(auroc(Column{}, Label{}).flags.has(Flag::empty));
  CHECK(auroc(Column{kNaN}, Label{1}).flags.has(Flag::empty));
}

TEST_CASE("a perfect order has no DeLong variance: no p instead of p = 0", "[stats][auroc]") {
  const Estimate a = auroc(Column{1, 2, 3, 4, 5}, Label{0, 0, 1, 1, 1});
  CHECK(*a.value == 1.0);
  CHECK_FALSE(a.p);
  CHECK(a.flags.has(Flag::zero_variance));
  CHECK(auroc(Column{1, 2, 3}, Label{0, 1, 1}).flags.has(Flag::too_few));
}

TEST_CASE("infinite values have a rank", "[stats][auroc]") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(*auroc(Column{-inf, 0, 1, inf}, Label{0, 0, 1, 1}).value == 1.0);
}

TEST_CASE("DeLong's variance by hand on a small case", "[stats][auroc]") {
  // positives 3, 1; negatives 2, 0, 2.5. V10 = 1, 1/3; V01 = 1/2, 1, 1/2; AUROC 2/3.
  const Estimate a = auroc(Column{3, 1, 2, 0, 2.5}, Label{1, 1, 0, 0, 0});
  CHECK(*a.value == Approx(2.0 / 3).epsilon(1e-15));
  const double s10 = 2.0 / 9, s01 = 1.0 / 12;
  const double error = std::sqrt(s10 / 2 + s01 / 3);
  CHECK(*a.p == Approx(two_sided_normal_p((2.0 / 3 - 0.5) / error)).epsilon(1e-12));
  CHECK(*a.high == 1.0);  // cut
}

TEST_CASE("paired DeLong: a signal against itself differs by nothing", "[stats][auroc]") {
  const Columns c = test::example(200);
  const Estimate same = auroc_difference(c.signals[0].values, c.signals[0].values, c.label);
  CHECK(*same.value == 0.0);
  CHECK_FALSE(same.p);
  CHECK(same.flags.has(Flag::zero_variance));
}

TEST_CASE("paired DeLong changes sign with the order of the signals", "[stats][auroc]") {
  Columns c = test::example(200);
  c.signals[1].values[5] = kNaN;
  const Estimate ab = auroc_difference(c.signals[0].values, c.signals[1].values, c.label);
  const Estimate ba = auroc_difference(c.signals[1].values, c.signals[0].values, c.label);
  CHECK(*ab.value == -*ba.value);
  CHECK(*ab.low == Approx(-*ba.high).epsilon(1e-12));
  CHECK(*ab.p == Approx(*ba.p).epsilon(1e-12));
  CHECK(ab.n == 199);
  CHECK(ab.invalid == 1);
}

TEST_CASE("paired DeLong against a constant is the DeLong test against 0.5", "[stats][auroc]") {
  const Columns c = test::example(200);
  const Estimate single = auroc(c.signals[0].values, c.label);
  const Estimate paired = auroc_difference(c.signals[0].values, c.signals[3].values, c.label);
  CHECK(*paired.value == Approx(*single.value - 0.5).epsilon(1e-14));
  CHECK(*paired.p == Approx(*single.p).epsilon(1e-12));
  CHECK(paired.flags.has(Flag::constant));
}

TEST_CASE("AUROC within type uses pairs of one type only", "[stats][auroc]") {
  Columns c = test::example(300);
  c.type[7] = kNoType;
  for (const Signal& signal : c.signals) {
    std::int64_t pairs = 0;
    const double expected = by_pairs(signal.values, c.label, c.type, &pairs);
    const TypedAuroc typed = auroc_within_type(signal.values, c.label, c.type);
    CHECK(*typed.estimate.value == expected);
    CHECK(typed.pairs == pairs);
    CHECK(typed.estimate.flags.has(Flag::constant) == (signal.name == "constant"));
  }
  CHECK(auroc_within_type(c.signals[0].values, c.label, c.type).estimate.invalid == 1);
  CHECK(auroc_within_type(c.signals[0].values, c.label, {}).estimate.flags.has(Flag::not_given));
}

TEST_CASE("a signal that only tells the type has no AUROC within type", "[stats][auroc]") {
  // Type 0 is mostly wrong, type 1 mostly right; the signal is the type.
  const Column x{0, 0, 0, 0, 1, 1, 1, 1};
  const Label y{0, 0, 0, 1, 1, 1, 1, 0};
  const std::vector<std::int32_t> type{0, 0, 0, 0, 1, 1, 1, 1};
  CHECK(*auroc(x, y).value == 0.75);
  const TypedAuroc typed = auroc_within_type(x, y, type);
  CHECK(*typed.estimate.value == 0.5);
  CHECK(typed.estimate.flags.has(Flag::constant));
  const TypedAuroc none = auroc_within_type(Column{1, 2}, Label{0, 1}, std::vector<int>{0, 1});
  CHECK_FALSE(none.estimate.defined());
  CHECK(none.estimate.flags.has(Flag::no_pairs));
  CHECK(none.pairs == 0);
}

TEST_CASE("type_only is the accuracy of the type's other rows", "[stats][auroc]") {
  const std::vector<double> score =
      type_only_score(Label{1, 0, 1, 1, kNoLabel, 0}, std::vector<int>{0, 0, 0, 1, 0, kNoType});
  CHECK(score[0] == 0.5);
  CHECK(score[1] == 1.0);
  CHECK(score[2] == 0.5);
  CHECK(std::isnan(score[3]));  // alone in its type
  CHECK(std::isnan(score[4]));
  CHECK(std::isnan(score[5]));
}

TEST_CASE("midranks share the mean rank of a tie", "[stats][auroc]") {
  CHECK(midranks(Column{3, 1, 3, 2}) == Column{3.5, 1, 3.5, 2});
}
