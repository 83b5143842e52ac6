#include "pipeline/stats/label_agreement.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"

using namespace vrp::stats;
using Label = std::vector<std::int8_t>;

namespace {

/// Columns with the four counts of a two by two table.
std::pair<Label, Label> columns(int both, int only_a, int only_b, int neither) {
  Label a, b;
  const auto add = [&](int count, std::int8_t in_a, std::int8_t in_b) {
    a.insert(a.end(), static_cast<std::size_t>(count), in_a);
    b.insert(b.end(), static_cast<std::size_t>(count), in_b);
  };
  add(both, 1, 1);
  add(only_a, 1, 0);
  add(only_b, 0, 1);
  add(neither, 0, 0);
  return {a, b};
}

}  // namespace

TEST_CASE("Cohen's kappa of a two by two table", "[stats][labels]") {
  // 20 both, 5 only a, 10 only b, 15 neither: equal 0.7, by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
  const auto [a, b] = columns(20, 5, 10, 15);
  const LabelAgreement pair = compare_labels(a, b);
  CHECK(pair.n == 50);
  CHECK(pair.both_correct == 20);
  CHECK(pair.only_a == 5);
  CHECK(pair.only_b == 10);
  CHECK(pair.both_incorrect == 15);
  CHECK(*pair.equal.value == Approx(0.7));
  CHECK(*pair.equal.low < 0.7);
  CHECK(*pair.kappa.value == Approx(0.4).epsilon(1e-12));
  CHECK(pair.p == Approx(2 * (1 + 15 + 105 + 455 + 1365 + 3003) / 32768.0));
}

TEST_CASE("rules that always differ have kappa -1, rules that always agree 1", "[stats][labels]") {
  const auto [a, b] = columns(0, 5, 5, 0);
  CHECK(*compare_labels(a, b).kappa.value == Approx(-1));
  CHECK(*compare_labels(a, a).kappa.value == Approx(1));
}

TEST_CASE("kappa is not defined where chance agreement is certain", "[stats][labels]") {
  const Label all(4, 1);
  const LabelAgreement same = compare_labels(all, all);
  CHECK(*same.equal.value == 1);
  CHECK_FALSE(same.kappa.defined());
  CHECK(same.kappa.flags.has(Flag::single_class));
  const LabelAgreement none = compare_labels(Label{1, kNoLabel}, Label{kNoLabel, 0});
  CHECK(none.n == 0);
  CHECK(none.invalid == 2);
  CHECK_FALSE(none.kappa.defined());
  CHECK_FALSE(none.equal.defined());
}

TEST_CASE("columns of other lengths are our mistake", "[stats][labels]") {
  CHECK_THROWS_AS(compare_labels(Label{1}, Label{1, 0}), vrp::Error);
}

TEST_CASE("the interval of kappa is that of Fleiss, Cohen and Everitt", "[stats][labels]") {
  // statsmodels 0.15 cohens_kappa: kappa_low, kappa_upp of [[40, 9], [6, 45]].
  const auto [a, b] = columns(40, 9, 6, 45);
  const LabelAgreement pair = compare_labels(a, b);
  CHECK(*pair.kappa.value == Approx(0.6995192307692307).epsilon(1e-12));
  CHECK(*pair.kappa.se == Approx(std::sqrt(0.005097046506483765)).epsilon(1e-10));
  CHECK(*pair.kappa.low == Approx(0.5595903407506923).epsilon(1e-9));
  CHECK(*pair.kappa.high == Approx(0.8394481207877692).epsilon(1e-9));
  CHECK_FALSE(pair.kappa.p);
  const auto [c, d] = columns(60, 3, 17, 20);  // unequal margins
  CHECK(*compare_labels(c, d).kappa.se == Approx(std::sqrt(0.0075745265748000026)).epsilon(1e-10));
}

TEST_CASE("rows of a group go together in the variance of kappa", "[stats][labels]") {
  const auto [a, b] = columns(40, 9, 6, 45);
  std::vector<std::int32_t> each(a.size()), twice;
  for (std::size_t i = 0; i < each.size(); ++i) each[i] = static_cast<std::int32_t>(3 * i);
  const double se = *compare_labels(a, b).kappa.se;
  CHECK(*compare_labels(a, b, 0.95, each).kappa.se == Approx(se * std::sqrt(100 / 99.0)));
  // Every answer there twice, as one image: no more is known than from the single answers.
  Label aa = a, bb = b;
  aa.insert(aa.end(), a.begin(), a.end());
  bb.insert(bb.end(), b.begin(), b.end());
  twice = each;
  twice.insert(twice.end(), each.begin(), each.end());
  const LabelAgreement doubled = compare_labels(aa, bb, 0.95, twice);
  CHECK(*doubled.kappa.se == Approx(se * std::sqrt(100 / 99.0)));
  CHECK(*doubled.kappa.df == 99);
  CHECK(*compare_labels(aa, bb).kappa.se == Approx(se / std::sqrt(2.0)));
}

TEST_CASE("kappa without a variance has no interval and says why", "[stats][labels]") {
  const auto [a, b] = columns(5, 0, 0, 5);
  const LabelAgreement same = compare_labels(a, b);
  CHECK(*same.kappa.value == Approx(1));
  CHECK_FALSE(same.kappa.low);
  CHECK(same.kappa.flags.has(Flag::zero_variance));
  const auto [c, d] = columns(5, 1, 2, 5);
  const LabelAgreement one = compare_labels(c, d, 0.95, std::vector<std::int32_t>(13, 4));
  CHECK_FALSE(one.kappa.low);
  CHECK(one.kappa.flags.has(Flag::too_few));
  CHECK_THROWS_AS(compare_labels(c, d, 0.95, std::vector<std::int32_t>(3)), vrp::Error);
}
