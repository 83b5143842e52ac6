#include "pipeline/stats/logistic_ridge.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"

using namespace vrp::stats;
using Label = std::vector<std::int8_t>;

TEST_CASE("the ridge fit of a feature without information is the share of ones",
          "[stats][logistic]") {
  const std::vector<double> x = {1, 1, 1, 1};
  const LogisticRidge fit = fit_logistic_ridge({x, 1}, Label{1, 1, 1, 0}, 1e-9);
  CHECK(fit.converged);
  CHECK(fit.weight[0] == Approx(0).margin(1e-8));
  CHECK(fit.intercept == Approx(std::log(3.0)).epsilon(1e-6));
}

TEST_CASE("at the fit the gradient of the penalised loss is zero, also for separable classes",
          "[stats][logistic]") {
  const std::vector<double> x = {-2, 1, -1, 3, 0.5, 2, 1, -1, 2, 0, 3, 1};
  const Label y = {0, 0, 0, 1, 1, 1};
  const LogisticRidge fit = fit_logistic_ridge({x, 2}, y, 0.5);
  REQUIRE(fit.converged);
  double bias = 0, first = fit.weight[0] / 0.5, second = fit.weight[1] / 0.5;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double z = fit.logit(std::span<const double>(x).subspan(2 * i, 2));
    const double residual = 1 / (1 + std::exp(-z)) - y[i];
    bias += residual;
    first += residual * x[2 * i];
    second += residual * x[2 * i + 1];
  }
  CHECK(bias == Approx(0).margin(1e-8));
  CHECK(first == Approx(0).margin(1e-8));
  CHECK(second == Approx(0).margin(1e-8));
}

TEST_CASE("what a fit cannot use is refused", "[stats][logistic]") {
  const std::vector<double> x = {1, 2, 3};
  CHECK_THROWS_AS(fit_logistic_ridge({x, 1}, Label{1, 1, 1}, 1), vrp::Error);
  CHECK_THROWS_AS(fit_logistic_ridge({x, 1}, Label{1, 0}, 1), vrp::Error);
  const std::vector<double> broken = {1, std::nan(""), 3};
  CHECK_THROWS_AS(fit_logistic_ridge({broken, 1}, Label{1, 0, 1}, 1), vrp::Error);
  CHECK_NOTHROW(fit_logistic_ridge({broken, 1}, Label{1, kNoLabel, 0}, 1));
}

TEST_CASE("folds keep groups whole, are even, and follow the seed alone", "[stats][logistic]") {
  std::vector<std::string> group;
  for (int i = 0; i < 100; ++i) group.push_back("image-" + std::to_string(i / 4));
  const auto fold = group_folds(group, 5, 1, "test");
  std::map<std::string, std::set<std::int32_t>> of_group;
  std::map<std::int32_t, int> rows;
  for (std::size_t i = 0; i < fold.size(); ++i) {
    of_group[group[i]].insert(fold[i]);
    ++rows[fold[i]];
  }
  for (const auto& [name, folds] : of_group) CHECK(folds.size() == 1);
  CHECK(rows.size() == 5);
  for (const auto& [number, count] : rows) CHECK(count == 20);
  CHECK(group_folds(group, 5, 1, "test") == fold);
  CHECK(group_folds(group, 5, 2, "test") != fold);
}

TEST_CASE("a held-out row's score does not depend on its own label", "[stats][logistic]") {
  const vrp::Rng rng(3, "logistic test");
  std::vector<double> x;
  std::vector<std::string> group;
  Label y;
  for (std::uint64_t i = 0; i < 60; ++i) {
    x.push_back(rng.uniform(i, 0));
    y.push_back(rng.uniform(i, 1) < 0.3 + 0.4 * x.back() ? 1 : 0);
    group.push_back(std::to_string(i));
  }
  const auto fold = group_folds(group, 5, 1, "test");
  const auto before = out_of_fold_logits({x, 1}, y, fold, 5, 1);
  Label turned = y;
  turned[7] = static_cast<std::int8_t>(1 - turned[7]);
  const auto after = out_of_fold_logits({x, 1}, turned, fold, 5, 1);
  CHECK(after[7] == before[7]);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(std::isfinite(after[i]));
    moved += after[i] != before[i];
    if (fold[i] == fold[7]) CHECK(after[i] == before[i]);
  }
  CHECK(moved > 30);
}

TEST_CASE("folds whose training part has one class give no score", "[stats][logistic]") {
  const std::vector<double> x = {1, 2, 3, 4};
  const std::vector<std::int32_t> fold = {0, 0, 1, 1};
  const auto score = out_of_fold_logits({x, 1}, Label{1, 0, 1, 1}, fold, 2, 1);
  CHECK(std::isnan(score[0]));  // fitted on rows 2 and 3: one class
  CHECK(std::isnan(score[1]));
  CHECK(std::isfinite(score[2]));
}
