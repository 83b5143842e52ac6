// The hierarchical bootstrap of S_SC: images, then the paths of each item. 300 images of three
// questions with ten paths of two answers each; the truth is the expectation over items and paths.
#include <array>
#include <catch2/catch.hpp>

#include "coverage.hpp"
#include "data.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/path_bootstrap.hpp"

using namespace vrp::stats;
using test::Tally;

namespace {

constexpr int kSimulations = 500;
constexpr std::int64_t kReplicatesEach = 399, kRedrawn = 100;
constexpr std::uint64_t kGroups = 300, kEach = 3;
constexpr int kPaths = 10;

// z ~ N(0,1) makes an item easy: its paths agree more, and it is more often correct.
double agreement(double z) { return 0.5 + 0.5 / (1 + std::exp(-(1 + 1.5 * z))); }
double correctness(double z) { return 1 / (1 + std::exp(-(0.5 + 0.8 * z))); }

// Joint distribution of S_SC = level/10 and the label, by quadrature over z.
PathStatistics truth() {
  std::array<std::array<double, kPaths + 1>, 2> share{};
  const double step = 0.001;
  for (double z = -8; z < 8; z += step) {
    const double p = agreement(z), weight = step * std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
    double choose = 1;
    for (int k = 0; k <= kPaths; ++k) {
      const double here = weight * choose * std::pow(p, k) * std::pow(1 - p, kPaths - k);
      const std::size_t level = static_cast<std::size_t>(std::max(k, kPaths - k));
      share[1][level] += here * correctness(z);
      share[0][level] += here * (1 - correctness(z));
      choose = choose * (kPaths - k) / (k + 1);
    }
  }
  PathStatistics out;
  double n[2] = {}, mean[2] = {}, square = 0, wins = 0, below = 0;
  for (std::size_t l = 0; l <= kPaths; ++l) {
    const double s = static_cast<double>(l) / kPaths;
    wins += share[1][l] * (below + share[0][l] / 2);
    below += share[0][l];
    for (const std::size_t y : {std::size_t{0}, std::size_t{1}}) {
      n[y] += share[y][l];
      mean[y] += share[y][l] * s;
      square += share[y][l] * s * s;
    }
  }
  REQUIRE(n[0] + n[1] == Approx(1).epsilon(1e-9));
  out.mean_score = mean[0] + mean[1];
  out.auroc = wins / (n[0] * n[1]);
  out.r = (mean[1] / n[1] - mean[0] / n[0]) *
          std::sqrt(n[0] * n[1] / (square - out.mean_score * out.mean_score));
  out.precision_at_one = share[1][kPaths] / (share[0][kPaths] + share[1][kPaths]);
  return out;
}

struct Experiment {
  SampledPaths paths;
  std::vector<std::int8_t> y;
  std::vector<std::int32_t> group;
};

Experiment experiment(std::uint64_t sim) {
  static const test::Draws image("paths image"), item("paths item"), label("paths y"),
      path("paths answer");
  Experiment e;
  e.paths.first.push_back(0);
  for (std::uint64_t i = 0; i < kGroups * kEach; ++i) {
    const double z = 0.6 * image.normal(sim, i / kEach) + 0.8 * item.normal(sim, i);
    e.y.push_back(label.chance(correctness(z), sim, i) ? 1 : 0);
    e.group.push_back(static_cast<std::int32_t>(i / kEach));
    for (std::uint64_t k = 0; k < kPaths; ++k) {
      e.paths.answer_class.push_back(path.chance(agreement(z), sim, kPaths * i + k) ? 1 : 0);
    }
    e.paths.first.push_back(std::ssize(e.paths.answer_class));
  }
  return e;
}

}  // namespace

TEST_CASE("the centred hierarchical interval covers the truth, the plain percentiles do not",
          "[stats][coverage]") {
  const PathStatistics want = truth();
  struct Column {
    const char* name;
    double PathStatistics::*value;
    std::vector<double> PathReplicates::*replicates;
    Tally centred, plain;
  };
  std::vector<Column> columns{
      {"R", &PathStatistics::r, &PathReplicates::r, {}, {}},
      {"AUROC", &PathStatistics::auroc, &PathReplicates::auroc, {}, {}},
      {"mean S_SC", &PathStatistics::mean_score, &PathReplicates::mean_score, {}, {}},
      {"precision at S_SC = 1",
       &PathStatistics::precision_at_one,
       &PathReplicates::precision_at_one,
       {},
       {}}};
  Tally precision_over_groups;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    const Experiment e = experiment(sim);
    const ResampleUnits units = group_units(e.group);
    const PathBootstrap bootstrap(e.paths, e.y, units);
    const vrp::PhiloxKey key = bootstrap_key(sim, "coverage paths");
    const PathReplicates drawn = bootstrap.replicate(key, {0, kReplicatesEach});
    const PathReplicates redrawn = bootstrap.redraw_paths(key, {0, kRedrawn});
    const PathStatistics observed = bootstrap.observed();
    for (Column& c : columns) {
      const std::vector<double>& replicates = drawn.*c.replicates;
      c.centred.add(
          hierarchical_interval(replicates, redrawn.*c.replicates, observed.*c.value, "groups"),
          want.*c.value);
      c.plain.add(percentile_interval(replicates, "groups"), want.*c.value);
    }
    const std::vector<double> score = self_consistency(e.paths);
    const auto precision = [&](std::span<const std::uint32_t> weights) {
      double n = 0, correct = 0;
      for (std::size_t i = 0; i < score.size(); ++i) {
        if (score[i] < 1) continue;
        n += weights[i];
        correct += weights[i] * e.y[i];
      }
      return correct / n;
    };
    precision_over_groups.add(
        percentile_interval(replicate_statistic(precision, units, key, {0, kReplicatesEach}),
                            "groups"),
        want.precision_at_one);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    test::check_covers(columns[i].name, columns[i].centred, kSimulations);
    test::check_too_narrow(columns[i].name, columns[i].plain);
  }
  // Redrawing moves items to S_SC = 1; centring does not mend the spread.
  test::check_covers("precision at S_SC = 1, percentile over groups", precision_over_groups,
                     kSimulations);
  WARN("precision at S_SC = 1, hierarchical: covers " << columns[3].centred.percent() << " %");
  CHECK(columns[3].centred.percent() > 85);
}
