// Supervised stress test: features, columns, folds, bad input.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "pipeline/base/error.hpp"
#include "stages/probes/stress.hpp"
#include "tests/unit/probes_attention_cell.hpp"

namespace vrp {
namespace {

using testing::AttentionCell;
using testing::CellPlan;

ProbesParams few_trees() {
  ProbesParams params;
  params.boosted_trees = 30;
  params.forest_trees = 40;
  return params;
}

const ProbeColumn& column(const ProbeOutcome& out, const std::string& name) {
  for (const ProbeColumn& c : out.columns)
    if (c.name == name) return c;
  throw std::runtime_error("no column " + name);
}

const ProbeLayerRow& summary(const ProbeOutcome& out, const std::string& name) {
  for (const ProbeLayerRow& row : out.layers)
    if (row.probe == name) return row;
  throw std::runtime_error("no summary of " + name);
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))) return false;
  return true;
}

void check_undefined(const ProbeOutcome& out, const std::string& reason) {
  REQUIRE(out.columns.size() == 3);
  for (const ProbeColumn& c : out.columns)
    for (const double score : c.score) CHECK(std::isnan(score));
  for (const ProbeLayerRow& row : out.layers) {
    CHECK(row.n == 0);
    CHECK(std::isnan(row.auroc));
    CHECK_THAT(row.note, Catch::Contains(reason));
  }
  for (const ProbeControlRow& row : out.controls) CHECK(std::isnan(row.value));
}

TEST_CASE("features of maps that can be worked out by hand", "[probes][stress]") {
  // Three layers on a 2 x 2 grid: even, even, all in the last cell.
  const std::vector<double> maps{0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0, 0, 0, 1};
  const std::vector<double> shares{0.2, 0.4, 0.6};
  const StressRow row = stress_features({maps.data(), 3, 4}, shares, {2, 2});
  const double mean = 2 * std::log(4.0) / 3, variance = 2 * std::log(4.0) * std::log(4.0) / 9;
  CHECK(row[0] == Approx(0.4));
  CHECK(row[1] == Approx(mean).epsilon(1e-7));
  CHECK(row[2] == Approx(variance).epsilon(1e-7));
  CHECK(row[3] == Approx(1));
  CHECK(row[4] == Approx(1));  // the centroid is a corner cell
  CHECK(std::abs(row[5]) < 1e-11);
  CHECK(row[6] == Approx(mean / 0.4).epsilon(1e-7));
  CHECK(row[7] == Approx(0.4 / variance).epsilon(1e-7));
  CHECK(row[8] == Approx(std::log(1 + mean)).epsilon(1e-7));
  CHECK(row[9] == Approx(std::log(1.4)));
  CHECK(row[10] == Approx(0.4 * mean).epsilon(1e-7));

  const std::vector<double> even(4, 0.25);
  CHECK(std::abs(stress_features({even.data(), 1, 4}, {shares.data(), 1}, {2, 2})[4]) < 1e-15);
  const std::vector<double> single{1};
  CHECK(stress_features({single.data(), 1, 1}, {shares.data(), 1}, {1, 1})[4] == 0);
  CHECK_THROWS_AS(stress_features({even.data(), 1, 4}, shares, {2, 2}), std::invalid_argument);
  CHECK_THROWS_AS(stress_features({even.data(), 1, 4}, {shares.data(), 1}, {2, 3}),
                  std::invalid_argument);
}

TEST_CASE("constant features leave with their products and are counted", "[probes][stress]") {
  const Rng rng(3, "rows");
  std::vector<StressRow> rows(30);
  std::vector<std::size_t> train;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t f = 0; f < kStressFeatures; ++f) rows[i][f] = rng.uniform(i, f);
    if (i < 20) train.push_back(i);
  }
  CHECK(StressColumns(rows, train).kept() == 77);
  CHECK(StressColumns(rows, train, 1).kept() == 11);
  for (std::size_t i = 0; i < 20; ++i) rows[i][4] = 0.1 + 0.2;  // constant in the training part
  const StressColumns columns(rows, train);
  CHECK(columns.dropped() == 12);  // itself, its square, its products with 10 others
  CHECK(columns.matrix(rows, train).size() == 20 * 65);
  // A feature of two values, evenly spread: z is -1 or 1 and its square is constant.
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i][4] = i % 2 == 0 ? 3 : 7;
  CHECK(StressColumns(rows, train).dropped() == 1);
  CHECK(StressColumns(rows, {}).kept() == 0);
}

TEST_CASE("the stress test finds a planted difference of the maps", "[probes][stress]") {
  CellPlan plan;
  plan.planted = 1;
  const AttentionCell cell(plan);
  const ProbeOutcome out = fit_stress(cell.input(), few_trees());
  for (const char* name : {"stress_boosted", "stress_forest", "stress_test"}) {
    const ProbeLayerRow& row = summary(out, name);
    CHECK(row.n == 200);
    CHECK(row.auroc > 0.8);
    CHECK(row.accuracy > 0.7);
    CHECK(row.balanced_accuracy > 0.7);
    CHECK(row.layer == -2);
    CHECK(row.note.empty());
  }
  REQUIRE(out.folds.size() == 15);
  std::int64_t tested = 0;
  for (const ProbeFoldRow& row : out.folds) {
    tested += row.test;
    CHECK(row.train + row.test == 200);
    CHECK_THAT(row.choice, Catch::StartsWith("columns="));
    CHECK(row.note.empty());
  }
  CHECK(tested == 600);
  const auto& boosted = column(out, "stress_boosted").score;
  const auto& forest = column(out, "stress_forest").score;
  const auto& both = column(out, "stress_test").score;
  for (std::size_t i = 0; i < both.size(); ++i) {
    CHECK(both[i] == Approx((boosted[i] + forest[i]) / 2));
    CHECK((boosted[i] >= 0 && boosted[i] <= 1 && forest[i] >= 0 && forest[i] <= 1 + 1e-6));
  }
  int correct = 0;
  for (const int y : cell.y) correct += y;
  REQUIRE(out.controls.size() == 3);
  CHECK(out.controls[0].control == "majority");
  CHECK(out.controls[0].value == Approx(std::max(correct, 200 - correct) / 200.0));
}

TEST_CASE("maps that know nothing give an AUROC of 0.5 within its interval", "[probes][stress]") {
  for (const std::uint64_t seed : {11U, 12U, 13U}) {
    CellPlan plan;
    plan.seed = seed;
    plan.per_image = 1;
    const AttentionCell cell(plan);
    const ProbeOutcome out = fit_stress(cell.input(), few_trees());
    // Standard error of an AUROC without signal: sqrt((n + 1) / (12 n1 n0)).
    const ProbeLayerRow& row = summary(out, "stress_test");
    const double n1 = static_cast<double>(row.correct), n0 = 200 - n1;
    INFO("seed " << seed);
    CHECK(std::abs(row.auroc - 0.5) < 3 * std::sqrt(201 / (12 * n1 * n0)));
  }
}

TEST_CASE("no item is scored by a fit that saw its image", "[probes][stress]") {
  // Labels of images, not of items: with 4 items of equal maps to an image, a fit that had seen
  // the image would know the label.
  CellPlan plan;
  plan.per_image = 4;
  for (std::size_t i = 0; i < plan.items; ++i)
    plan.y.push_back(Rng(5, "image label").uniform(i / 4) < 0.5 ? 1 : 0);
  AttentionCell cell(plan);
  auto share = [](std::size_t image) { return 0.1 + 0.001 * static_cast<double>(image); };
  std::size_t item = 0;
  for (Record& unit : cell.units)
    for (Array& array : unit.arrays())
      if (array.name == "attention/share") {
        auto& values = std::get<std::vector<double>>(array.data);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = share((item + i / 4) / 4);
        item += values.size() / 4;
      }
  const ProbeOutcome out = fit_stress(cell.input(), few_trees());
  CHECK(summary(out, "stress_test").auroc < 0.65);
}

TEST_CASE("a second run gives the same bits; stacking gives others", "[probes][stress]") {
  CellPlan plan;
  plan.items = 80;
  plan.planted = 1;
  const AttentionCell cell(plan);
  ProbesParams params = few_trees();
  const ProbeOutcome first = fit_stress(cell.input(), params);
  const ProbeOutcome again = fit_stress(cell.input(), params);
  for (std::size_t c = 0; c < 3; ++c) CHECK(same(first.columns[c].score, again.columns[c].score));
  // Units of another size hold the same items.
  plan.per_unit = 7;
  const ProbeOutcome other = fit_stress(AttentionCell(plan).input(), params);
  for (std::size_t c = 0; c < 3; ++c) CHECK(same(first.columns[c].score, other.columns[c].score));

  params.stress_ensemble = "stacking";
  const ProbeOutcome stacked = fit_stress(cell.input(), params);
  CHECK(same(stacked.columns[0].score, first.columns[0].score));
  CHECK_FALSE(same(stacked.columns[2].score, first.columns[2].score));
  CHECK(summary(stacked, "stress_test").auroc > 0.7);
  CHECK(same(stacked.columns[2].score, fit_stress(cell.input(), params).columns[2].score));
}

TEST_CASE("the pooled set is one fit of all cells, images of two sets kept together",
          "[probes][stress]") {
  CellPlan plan;
  plan.items = 100;
  plan.planted = 1;
  const AttentionCell a(plan);
  plan.seed = 2;
  const AttentionCell b(plan);  // the same 50 images under other keys
  const auto rows = pooled_stress({a.input(), b.input()}, few_trees());
  const auto value = [&](const std::string& control) {
    for (const ProbeControlRow& row : rows)
      if (row.probe == "stress_test" && row.control == control) {
        CHECK(row.n == 200);
        return row.value;
      }
    throw std::runtime_error("no control " + control);
  };
  CHECK(rows.size() == 12);
  CHECK(value("auroc") > 0.8);
  CHECK(value("accuracy") > 0.7);
  CHECK(value("balanced_accuracy") > 0.7);
  int correct = 0;
  for (std::size_t i = 0; i < 100; ++i) correct += a.y[i] + b.y[i];
  CHECK(value("majority") == Approx(std::max(correct, 200 - correct) / 200.0));
  CHECK(pooled_stress({}, few_trees()).empty());
  // Five images in each set, the same ones: five groups. Four: fewer than folds, though there are
  // eight images when the sets are told apart.
  CellPlan few;
  few.items = 40;
  for (std::size_t i = 0; i < 40; ++i) few.group.push_back("image-" + std::to_string(i % 4));
  const AttentionCell c(few), d(few);
  for (const ProbeControlRow& row : pooled_stress({c.input(), d.input()}, few_trees()))
    CHECK_THAT(row.note, Catch::Contains("4 images, fewer than 5 folds"));
}

TEST_CASE("items without valid maps leave the stress test and are counted", "[probes][stress]") {
  CellPlan plan;
  plan.items = 100;
  plan.status.assign(100, 0);
  plan.status[3] = 1;
  plan.status[10] = plan.status[11] = 2;
  const AttentionCell cell(plan);
  const ProbeOutcome out = fit_stress(cell.input(), few_trees());
  for (const ProbeColumn& c : out.columns)
    for (std::size_t i = 0; i < 100; ++i)
      CHECK(std::isnan(c.score[i]) == (i == 3 || i == 10 || i == 11));
  CHECK(summary(out, "stress_test").n == 97);
  CHECK(summary(out, "stress_test").note ==
        "2 labelled items without valid attention maps left out");
}

TEST_CASE("what cannot be fitted is undefined with its reason", "[probes][stress][bad]") {
  CellPlan plan;
  plan.items = 40;
  SECTION("one class") {
    plan.y.assign(40, 1);
    check_undefined(fit_stress(AttentionCell(plan).input(), few_trees()), "one class");
  }
  SECTION("fewer images than folds") {
    for (std::size_t i = 0; i < 40; ++i) plan.group.push_back(i % 2 ? "a" : "b");
    check_undefined(fit_stress(AttentionCell(plan).input(), few_trees()), "fewer than 5 folds");
  }
  SECTION("constant features") {
    plan.equal_maps = true;
    check_undefined(fit_stress(AttentionCell(plan).input(), few_trees()),
                    "every feature is constant");
  }
  SECTION("no valid map at all") {
    plan.status.assign(40, 2);
    check_undefined(fit_stress(AttentionCell(plan).input(), few_trees()),
                    "40 labelled items without valid attention maps");
  }
}

TEST_CASE("records and options that do not fit are errors", "[probes][stress][bad]") {
  CellPlan plan;
  plan.items = 40;
  AttentionCell cell(plan);
  ProbesParams params = few_trees();
  SECTION("features that need what capture does not keep") {
    params.stress_features = "authors";
    try {
      check(params);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      CHECK_THAT(error.what(), Catch::Contains("stress_features = authors") &&
                                   Catch::Contains("attention over all keys"));
    }
  }
  SECTION("no maps in the record") {
    auto& arrays = cell.units[0].arrays();
    std::erase_if(arrays, [](const Array& a) { return a.name == "attention/map"; });
    CHECK_THROWS_WITH(fit_stress(cell.input(), params),
                      Catch::Contains("'attention/map' is missing") &&
                          Catch::Contains("[capture] attention = 1"));
  }
  SECTION("shares of another number of layers") {
    for (Array& a : cell.units[0].arrays())
      if (a.name == "attention/share") {
        a.shape = {40, 3};
        a.data = std::vector<double>(120);
      }
    CHECK_THROWS_WITH(fit_stress(cell.input(), params),
                      Catch::Contains("'attention/share' is [40, 3], expected [40, 4]"));
  }
}

}  // namespace
}  // namespace vrp
