// Error rates of the families of tests, on items that come in images.
#include <catch2/catch.hpp>

#include "pipeline/base/rng.hpp"
#include "pipeline/stats/normal.hpp"
#include "stages/reduce/families.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/signal_tests.hpp"

using namespace vrp;

namespace {

constexpr std::size_t kImages = 100, kPerImage = 4, kItems = kImages * kPerImage;
constexpr double kBinomial999 = 3.29;  // two-sided 99.9 % of a normal

/// Questions about images: labels and signals each have a part that all questions of an image
/// share. `effect`: what a right answer adds to the signal.
class Simulation {
 public:
  explicit Simulation(std::uint64_t run) : rng_(run, "families test") {
    for (std::size_t i = 0; i < kItems; ++i) {
      group_.push_back(static_cast<std::int32_t>(i / kPerImage));
      const double liking = 0.4 + 1.2 * normal(0, i / kPerImage) + 0.6 * normal(1, i);
      y_.push_back(liking > 0 ? 1 : 0);
    }
  }

  std::vector<double> signal(std::uint64_t number, double effect) const {
    std::vector<double> x;
    for (std::size_t i = 0; i < kItems; ++i)
      x.push_back(normal(10 + 2 * number, i / kPerImage) + 0.5 * normal(11 + 2 * number, i) +
                  effect * y_[i]);
    return x;
  }

  /// The rows that reduce would make, without intervals.
  void add(const std::string& name, double effect, std::uint64_t number, const ReduceParams& params,
           std::vector<StatRow>& rows) const {
    const std::vector<double> x = signal(number, effect);
    for (const bool auroc : {false, true}) {
      StatRow row;
      row.model = "m";
      row.benchmark = auroc ? "pope" : std::string(kPooledSet);
      row.signal = name;
      row.statistic = auroc ? "auroc" : "r";
      row.label = "yes_no@1";
      set_test(
          row,
          auroc ? auroc_test(x, y_, group_, params.level) : r_test(x, y_, group_, params.level),
          params);
      rows.push_back(std::move(row));
    }
  }

 private:
  double normal(std::uint64_t a, std::uint64_t b) const {
    return stats::normal_quantile(rng_.uniform(a, b) * (1 - 1e-12) + 1e-13);
  }

  Rng rng_;
  std::vector<std::int32_t> group_;
  std::vector<std::int8_t> y_;
};

ReduceParams with_tests(const std::string& tests) {
  ReduceParams params;
  params.tests = tests;
  return params;
}

/// Runs in which some true null of the primary family is rejected; `found`: those in which the
/// planted effect is.
int runs_with_error(int runs, const std::string& tests, double planted, int* found) {
  const ReduceParams params = with_tests(tests);
  const Json families = declare_families({"m"}, {"pope"}, params);
  int wrong = 0;
  for (int run = 0; run < runs; ++run) {
    const Simulation simulation(static_cast<std::uint64_t>(run));
    std::vector<StatRow> rows;
    std::uint64_t number = 0;
    for (const char* name : kPrimarySignals)
      simulation.add(name, std::string_view(name) == "s_sc" ? planted : 0, number++, params, rows);
    const auto adjusted = adjust(rows, families);
    bool error = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      REQUIRE(adjusted[i].family == "primary/m (Holm, m = 16)");
      const bool rejected = adjusted[i].value <= 0.05;
      if (planted != 0 && rows[i].signal == "s_sc") {
        if (found && rows[i].statistic == "auroc") *found += rejected;
      } else {
        error = error || rejected;
      }
    }
    wrong += error;
  }
  return wrong;
}

}  // namespace

TEST_CASE("the family-wise error of the primary family is 5 % at most with clustered items",
          "[reduce][families][coverage]") {
  constexpr int kRuns = 800;
  const double most = 0.05 * kRuns + kBinomial999 * std::sqrt(0.05 * 0.95 * kRuns);
  const int clustered = runs_with_error(kRuns, "cluster", 0, nullptr);
  const int items = runs_with_error(kRuns, "item", 0, nullptr);
  INFO(clustered << " and, items taken as independent, " << items << " of " << kRuns);
  CHECK(clustered <= most);
  CHECK(clustered >= 1);  // a test that never rejects would pass the line above
  CHECK(items > 3 * most);
}

TEST_CASE("a planted effect is found beside true nulls, which stay at 5 %",
          "[reduce][families][coverage]") {
  constexpr int kRuns = 400;
  int found = 0;
  const int wrong = runs_with_error(kRuns, "cluster", 1.0, &found);
  INFO(found << " found, " << wrong << " wrong of " << kRuns);
  CHECK(found >= 0.9 * kRuns);
  CHECK(wrong <= 0.05 * kRuns + kBinomial999 * std::sqrt(0.05 * 0.95 * kRuns));
}

TEST_CASE("the share of false discoveries of the exploratory family is 5 % at most",
          "[reduce][families][coverage]") {
  constexpr int kRuns = 300, kNull = 15, kTrue = 10;
  const ReduceParams params = with_tests("cluster");
  const Json families = declare_families({"m"}, {"pope"}, params);
  double share = 0, squares = 0, power = 0;
  for (int run = 0; run < kRuns; ++run) {
    const Simulation simulation(static_cast<std::uint64_t>(run));
    std::vector<StatRow> rows;
    for (std::uint64_t k = 0; k < kNull + kTrue; ++k)
      simulation.add(concat("signal ", k), k < kNull ? 0 : 1.0, k, params, rows);
    const auto adjusted = adjust(rows, families);
    double wrong = 0, right = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      REQUIRE(adjusted[i].family == "exploratory/m (Benjamini-Hochberg, m = 50)");
      if (adjusted[i].value <= 0.05) ++(i < 2 * kNull ? wrong : right);
    }
    const double one = wrong / std::max(1.0, wrong + right);
    share += one / kRuns;
    squares += one * one / kRuns;
    power += right / (2 * kTrue) / kRuns;
  }
  const double error = std::sqrt((squares - share * share) / kRuns);
  INFO("false share " << share << " +- " << error << ", power " << power);
  CHECK(share <= 0.05 + kBinomial999 * error);
  CHECK(power > 0.8);
}
