#include "pipeline/stats/path_bootstrap.hpp"

#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/correlation.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;
using Label = std::vector<std::int8_t>;

namespace {

SampledPaths paths_of(const std::vector<std::vector<std::int32_t>>& items) {
  SampledPaths out;
  out.first.push_back(0);
  for (const auto& item : items) {
    out.answer_class.insert(out.answer_class.end(), item.begin(), item.end());
    out.first.push_back(std::ssize(out.answer_class));
  }
  return out;
}

struct Example {
  SampledPaths paths;
  Label y;
  std::vector<std::int32_t> group;
};

// Items in groups of three with 10 paths each, some with 9 or none; one without a label.
Example example(std::size_t n) {
  const test::Draws draws("paths");
  std::vector<std::vector<std::int32_t>> items(n);
  Example out;
  for (std::size_t i = 0; i < n; ++i) {
    const double agree = 0.3 + 0.7 * draws.uniform(i, 100);
    const std::size_t paths = i % 11 == 5 ? 9 : i == 7 ? 0 : 10;
    for (std::size_t k = 0; k < paths; ++k) {
      items[i].push_back(draws.chance(agree, i, k) ? 40 : static_cast<std::int32_t>(k % 3));
    }
    out.y.push_back(draws.chance(agree, i, 200) ? 1 : 0);
    out.group.push_back(static_cast<std::int32_t>(i / 3));
  }
  out.y[12] = kNoLabel;
  out.paths = paths_of(items);
  return out;
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))) return false;
  }
  return true;
}

void check_same(const PathReplicates& a, const PathReplicates& b) {
  CHECK(same(a.r, b.r));
  CHECK(same(a.auroc, b.auroc));
  CHECK(same(a.precision_at_one, b.precision_at_one));
  CHECK(same(a.mean_score, b.mean_score));
}

}  // namespace

TEST_CASE("S_SC is the largest class over the paths", "[stats][paths]") {
  const auto score = self_consistency(paths_of({{5, 5, 5}, {1, 2, 1, 0}, {}, {9}}));
  CHECK(score[0] == 1.0);
  CHECK(score[1] == 0.5);
  CHECK(std::isnan(score[2]));
  CHECK(score[3] == 1.0);
  CHECK(self_consistency({}).empty());
}

TEST_CASE("the observed statistics are those of S_SC as a signal", "[stats][paths]") {
  const Example e = example(120);
  const std::vector<double> score = self_consistency(e.paths);
  const PathBootstrap bootstrap(e.paths, e.y, group_units(e.group));
  const PathStatistics got = bootstrap.observed();
  CHECK(bootstrap.used() == 118);
  CHECK(got.auroc == *auroc(score, e.y).value);
  CHECK(got.r == Approx(*point_biserial(score, e.y).value).epsilon(1e-12));
  double n = 0, sum = 0, at_one = 0, correct = 0;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (std::isnan(score[i]) || e.y[i] == kNoLabel) continue;
    n += 1;
    sum += score[i];
    at_one += score[i] == 1 ? 1 : 0;
    correct += score[i] == 1 ? e.y[i] : 0;
  }
  CHECK(at_one > 3);
  CHECK(got.precision_at_one == correct / at_one);
  CHECK(got.mean_score == Approx(sum / n).epsilon(1e-13));
}

TEST_CASE("a replicate holds the items that the other bootstraps draw", "[stats][paths]") {
  // All paths agree, so that nothing is left to redraw.
  const std::vector<std::vector<std::int32_t>> items(30, std::vector<std::int32_t>(10, 3));
  Label y;
  std::vector<std::int32_t> group;
  for (int i = 0; i < 30; ++i) {
    y.push_back(i % 4 == 0 ? 0 : 1);
    group.push_back(i / 2);
  }
  const ResampleUnits units = group_units(group);
  const vrp::PhiloxKey key = bootstrap_key(3, "same items");
  const PathReplicates got = PathBootstrap(paths_of(items), y, units).replicate(key, {5, 40});
  for (std::int64_t b = 0; b < 40; ++b) {
    const std::vector<std::uint32_t> weights = row_weights(key, 5 + b, units);
    double n = 0, correct = 0;
    for (std::size_t i = 0; i < 30; ++i) {
      n += weights[i];
      correct += weights[i] * y[i];
    }
    const std::size_t at = static_cast<std::size_t>(b);
    CHECK(got.precision_at_one[at] == correct / n);
    CHECK(got.mean_score[at] == 1.0);
    CHECK(std::isnan(got.r[at]));  // constant
    CHECK(got.auroc[at] == 0.5);
  }
}

TEST_CASE("redrawn paths follow the shares of the sampled ones", "[stats][paths]") {
  // 6 and 4 of two answers: the larger of Binomial(10, 0.6) and the rest, over 10.
  double expected = 0, squares = 0, choose = 1;
  for (int k = 0; k <= 10; ++k) {
    const double p = choose * std::pow(0.6, k) * std::pow(0.4, 10 - k);
    const double score = std::max(k, 10 - k) / 10.0;
    expected += p * score;
    squares += p * score * score;
    choose = choose * (10 - k) / (k + 1);
  }
  const SampledPaths paths = paths_of({{0, 0, 1, 0, 1, 0, 1, 0, 1, 0}});
  const PathBootstrap bootstrap(paths, Label{1}, item_units(1));
  const std::int64_t replicates = 40000;
  for (const PathReplicates& got :
       {bootstrap.replicate(bootstrap_key(1, "six"), {0, replicates}),
        bootstrap.redraw_paths(bootstrap_key(2, "six"), {0, replicates})}) {
    double mean = 0;
    for (const double v : got.mean_score) mean += v / static_cast<double>(replicates);
    const double error =
        std::sqrt((squares - expected * expected) / static_cast<double>(replicates));
    CHECK(mean == Approx(expected).margin(4 * error));
  }
}

TEST_CASE("copies of one item have paths of their own", "[stats][paths]") {
  const SampledPaths paths = paths_of({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 0}});
  const ResampleUnits units = item_units(2);
  const vrp::PhiloxKey key = bootstrap_key(1, "copies");
  const PathReplicates got = PathBootstrap(paths, Label{1, 0}, units).replicate(key, {0, 400});
  int twice = 0, differ = 0;
  for (std::int64_t b = 0; b < 400; ++b) {
    if (row_weights(key, b, units)[0] != 2) continue;
    ++twice;
    const double sum = 20 * got.mean_score[static_cast<std::size_t>(b)];  // of the two largest
    differ += std::lround(sum) % 2;
  }
  CHECK(twice > 60);
  CHECK(differ > twice / 5);
}

TEST_CASE("any split of the hierarchical replicates gives the same bits", "[stats][paths]") {
  const Example e = example(90);
  const PathBootstrap bootstrap(e.paths, e.y, group_units(e.group));
  const vrp::PhiloxKey key = bootstrap_key(1, "split paths");
  const PathReplicates whole = bootstrap.replicate(key, {0, 61});
  const PathReplicates redrawn = bootstrap.redraw_paths(key, {0, 61});
  for (const int parts : {2, 7, 61}) {
    PathReplicates joined, joined_redrawn;
    for (int part = 0; part < parts; ++part) {
      const ReplicateRange range = replicate_block(61, part, parts);
      append(joined, bootstrap.replicate(key, range));
      append(joined_redrawn, bootstrap.redraw_paths(key, range));
    }
    check_same(joined, whole);
    check_same(joined_redrawn, redrawn);
  }
}

TEST_CASE("numbers of classes mean something inside their item only", "[stats][paths]") {
  Example e = example(60);
  const vrp::PhiloxKey key = bootstrap_key(1, "names");
  const ResampleUnits units = group_units(e.group);
  const PathReplicates first = PathBootstrap(e.paths, e.y, units).replicate(key, {0, 30});
  for (std::size_t i = 0; i < e.paths.items(); ++i) {
    for (std::int64_t k = e.paths.first[i]; k < e.paths.first[i + 1]; ++k) {
      e.paths.answer_class[static_cast<std::size_t>(k)] += static_cast<std::int32_t>(1000 * i);
    }
  }
  check_same(PathBootstrap(e.paths, e.y, units).replicate(key, {0, 30}), first);
}

TEST_CASE("hierarchical replicates without the classes they need are undefined", "[stats][paths]") {
  const SampledPaths paths = paths_of({{0, 1, 2}, {0, 1, 2}});
  const PathBootstrap one(paths, Label{1, 1}, item_units(2));
  const PathStatistics s = one.observed();
  CHECK(std::isnan(s.r));
  CHECK(std::isnan(s.auroc));
  CHECK(std::isnan(s.precision_at_one));  // no item at 1
  CHECK(s.mean_score == Approx(1.0 / 3));
  const PathBootstrap none(paths, Label{kNoLabel, kNoLabel}, item_units(2));
  CHECK(none.used() == 0);
  CHECK(std::isnan(none.observed().mean_score));
  CHECK(std::isnan(none.replicate(bootstrap_key(1, "none"), {0, 1}).mean_score[0]));
}

TEST_CASE("columns that do not fit the paths are our mistake", "[stats][paths]") {
  const SampledPaths paths = paths_of({{0, 1}, {1}});
  CHECK_THROWS_AS(PathBootstrap(paths, Label{1}, item_units(2)), vrp::Error);
  CHECK_THROWS_AS(PathBootstrap(paths, Label{1, 0}, item_units(3)), vrp::Error);
  CHECK_THROWS_AS(self_consistency({{1, 2, 3}, {0, 2}}), vrp::Error);
  CHECK_THROWS_AS(self_consistency({{1, 2, 3}, {0, 2, 1, 3}}), vrp::Error);
  CHECK_THROWS_AS(self_consistency({{1}, {}}), vrp::Error);
}

TEST_CASE("the hierarchical interval is centred on what redrawn paths give", "[stats][paths]") {
  std::vector<double> replicates;
  for (int i = 0; i <= 200; ++i) replicates.push_back(0.7 + 0.001 * i);
  const std::vector<double> redrawn{0.75, 0.85, kNaN};
  const Interval i = hierarchical_interval(replicates, redrawn, 0.9, "groups");
  CHECK(*i.low == Approx(0.705 + 0.1).epsilon(1e-12));
  CHECK(*i.high == Approx(0.895 + 0.1).epsilon(1e-12));
  CHECK(i.method == "percentile over groups, then paths, centred");
  CHECK(i.replicates == 201);
  CHECK_FALSE(hierarchical_interval(replicates, redrawn, kNaN, "groups").defined());
  CHECK_FALSE(
      hierarchical_interval(replicates, std::vector<double>{kNaN}, 0.9, "groups").defined());
  CHECK_FALSE(hierarchical_interval({}, redrawn, 0.9, "groups").defined());
}
