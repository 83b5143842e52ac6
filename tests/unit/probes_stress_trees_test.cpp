// Trees by XGBoost's C API: bad input is refused with a reason, a fit repeats bit for bit.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "stages/probes/boosted.hpp"
#include "stages/probes/stress.hpp"

namespace vrp {
namespace {

struct Data {
  std::vector<float> x, y;
  TreeInput input() const {
    return {x.data(), static_cast<std::int64_t>(y.size()),
            static_cast<std::int64_t>(x.size() / y.size())};
  }
};

/// The first of `columns` says with noise whether y = 1.
Data noisy(std::size_t rows, std::size_t columns, std::uint64_t seed = 3) {
  const Rng rng(seed, "trees");
  Data data;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t c = 0; c < columns; ++c)
      data.x.push_back(static_cast<float>(rng.uniform(i, c)));
    data.y.push_back(data.x[i * columns] + 0.3 * rng.uniform(i, 1000) > 0.65 ? 1.0F : 0.0F);
  }
  return data;
}

TreeParams few_trees() {
  TreeParams params;
  params.rounds = 20;
  params.seed = 5;
  return params;
}

std::string refusal(const Data& data, const std::vector<float>& weights, const TreeParams& params) {
  try {
    const TreeModel model(data.input(), data.y, weights, params);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_input);
    return error.what();
  }
  return "no error";
}

double share_right(const std::vector<double>& p, const std::vector<float>& y) {
  double right = 0;
  for (std::size_t i = 0; i < p.size(); ++i) right += (p[i] >= 0.5) == (y[i] == 1);
  return right / static_cast<double>(p.size());
}

TEST_CASE("boosted trees and the forest read a planted column", "[probes][trees]") {
  const Data train = noisy(300, 6), test = noisy(200, 6, 4);
  const TreeModel boosted(train.input(), train.y, {}, few_trees());
  ProbesParams params;
  params.forest_trees = 50;
  const TreeModel forest(train.input(), train.y, {}, forest_params(params, 6, 1));
  for (const TreeModel* model : {&boosted, &forest}) {
    const std::vector<double> p = model->predict(test.input());
    REQUIRE(p.size() == 200);
    for (const double value : p) CHECK((value >= 0 && value <= 1 + 1e-6));
    CHECK(share_right(p, test.y) > 0.8);
  }
}

TEST_CASE("a fit repeats bit for bit; another seed gives another one", "[probes][trees]") {
  const Data data = noisy(120, 6);
  const auto fit = [&](std::int64_t seed) {
    TreeParams params = few_trees();
    params.seed = seed;
    return TreeModel(data.input(), data.y, {}, params).predict(data.input());
  };
  const auto first = fit(5);
  const auto other = fit(6);  // leaves the library's generator elsewhere
  CHECK(fit(5) == first);
  CHECK(other != first);
}

TEST_CASE("a moved model predicts as before", "[probes][trees]") {
  const Data data = noisy(60, 3);
  TreeModel model(data.input(), data.y, {}, few_trees());
  const auto before = model.predict(data.input());
  TreeModel moved = std::move(model);
  CHECK(moved.predict(data.input()) == before);
}

TEST_CASE("trees refuse input that they would misread", "[probes][trees][bad]") {
  Data data = noisy(20, 3);
  SECTION("not a number") {
    data.x[7] = std::numeric_limits<float>::quiet_NaN();
    CHECK(refusal(data, {}, few_trees()) ==
          "trees: row 2, column 1 is nan, expected a finite number");
  }
  SECTION("infinite") {
    data.x[0] = std::numeric_limits<float>::infinity();
    CHECK(refusal(data, {}, few_trees()) ==
          "trees: row 0, column 0 is inf, expected a finite number");
  }
  SECTION("weights of another length") {
    CHECK(refusal(data, std::vector<float>(19, 1.0F), few_trees()) ==
          "trees: weights has 19 values, expected 20, one for each row");
  }
  SECTION("labels of another length") {
    const std::vector<float> labels(21);
    CHECK_THROWS_WITH(TreeModel(data.input(), labels, {}, few_trees()),
                      "trees: labels has 21 values, expected 20, one for each row");
  }
  SECTION("no column") {
    CHECK_THROWS_WITH(TreeModel({data.x.data(), 20, 0}, data.y, {}, few_trees()),
                      "trees: input is [20, 0], expected at least [1, 1]");
  }
  SECTION("another number of columns than fitted") {
    const TreeModel model(data.input(), data.y, {}, few_trees());
    CHECK_THROWS_WITH(model.predict({data.x.data(), 30, 2}),
                      "trees: input has 2 columns, expected 3 as fitted");
  }
}

TEST_CASE("what XGBoost refuses is an error in its own words", "[probes][trees][bad]") {
  Data data = noisy(20, 3);
  TreeParams params = few_trees();
  SECTION("a setting") {
    params.objective = "binary:logistics";
    CHECK_THAT(refusal(data, {}, params),
               Catch::StartsWith("XGBoost: ") && Catch::Contains("binary:logistics"));
  }
  SECTION("a label that is no probability") {
    data.y[3] = 2;
    CHECK_THAT(refusal(data, {}, params), Catch::StartsWith("XGBoost: XGBoosterUpdateOneIter: ") &&
                                              Catch::Contains("label must be in [0,1]"));
  }
}

TEST_CASE("classifiers are set as methods 6.2 has them", "[probes][trees]") {
  const ProbesParams params;
  const auto value = [](const TreeParams& tree, const std::string& name) {
    for (const auto& [key, text] : tree.settings())
      if (key == name) return text;
    return std::string("missing");
  };
  const TreeParams boosted = boosted_params(params, 9);
  CHECK(boosted.rounds == 600);
  for (const auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{{"max_depth", "10"},
                                                        {"eta", "0.03"},
                                                        {"subsample", "0.9"},
                                                        {"colsample_bytree", "0.9"},
                                                        {"lambda", "1"},
                                                        {"alpha", "0.3"},
                                                        {"objective", "binary:logistic"},
                                                        {"tree_method", "exact"},
                                                        {"base_score", "0.5"},
                                                        {"nthread", "1"},
                                                        {"seed", "9"}})
    CHECK(value(boosted, name) == text);
  const TreeParams forest = forest_params(params, 77, 9);
  CHECK(forest.rounds == 1);
  CHECK(value(forest, "num_parallel_tree") == "400");
  CHECK(value(forest, "max_depth") == "16");
  CHECK(static_cast<int>(77 * forest.node_columns) == 8);
  CHECK(forest_params(params, 1, 9).node_columns == 1);
  CHECK(static_cast<int>(4 * forest_params(params, 4, 9).node_columns) == 2);
  const TreeParams stacking = stacking_params(9);
  CHECK(stacking.rounds == 300);
  CHECK(value(stacking, "eta") == "0.05");
  CHECK(value(stacking, "max_depth") == "6");
}

}  // namespace
}  // namespace vrp
