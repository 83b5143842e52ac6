#include "pipeline/stats/bootstrap.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "data.hpp"
#include "pipeline/base/rng.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;
using Column = std::vector<double>;

namespace {

Column one_to(int n) {
  Column out(static_cast<std::size_t>(n));
  std::iota(out.begin(), out.end(), 1.0);
  return out;
}

}  // namespace

TEST_CASE("quantiles interpolate linearly between order statistics", "[stats][bootstrap]") {
  const Column x{1, 2, 4, 8};
  CHECK(sorted_quantile(x, 0) == 1);
  CHECK(sorted_quantile(x, 1) == 8);
  CHECK(sorted_quantile(x, 0.5) == 3);
  CHECK(sorted_quantile(x, 0.9) == Approx(4 + 0.7 * 4).epsilon(1e-14));
  CHECK(sorted_quantile(Column{5}, 0.3) == 5);
}

TEST_CASE("undefined replicates are left out, counted, and flagged over 1 %",
          "[stats][bootstrap]") {
  Column replicates = one_to(198);
  replicates.push_back(kNaN);
  replicates.push_back(kNaN);
  Interval i = percentile_interval(replicates, "items");
  CHECK(i.replicates == 198);
  CHECK(i.skipped == 2);
  CHECK_FALSE(i.flags.any());  // exactly 1 %
  replicates.push_back(kNaN);
  i = percentile_interval(replicates, "items");
  CHECK(i.flags == Flags(Flag::skipped_replicates));
  CHECK(*i.low == Approx(1 + 0.025 * 197).epsilon(1e-14));
  CHECK(i.method == "percentile over items");
  const Interval none = percentile_interval(Column{kNaN, kNaN}, "items");
  CHECK_FALSE(none.defined());
  CHECK(none.flags.has(Flag::empty));
}

TEST_CASE("BCa without bias and acceleration is the percentile interval", "[stats][bootstrap]") {
  const Column replicates = one_to(1001), symmetric{-1, 0, 1};
  const Interval bca = bca_interval(replicates, 501, symmetric, "items");
  const Interval percentile = percentile_interval(replicates, "items");
  CHECK(*bca.low == Approx(*percentile.low).epsilon(1e-12));
  CHECK(*bca.high == Approx(*percentile.high).epsilon(1e-12));
  CHECK(bca.method == "BCa over items");
  CHECK_FALSE(bca.flags.any());
}

TEST_CASE("BCa's ends are the formula's quantiles", "[stats][bootstrap]") {
  const Column replicates = one_to(1000), jackknife{0, 0, 0, 5, 1};
  // 300 below, 1 equal; d = mean - jack = 1.2, 1.2, 1.2, -3.8, 0.2.
  const double z0 = normal_quantile(300.5 / 1000), z = 1.959963984540054;
  const double squares = 3 * 1.44 + 14.44 + 0.04, cubes = 3 * 1.728 - 54.872 + 0.008;
  const double a = cubes / (6 * std::pow(squares, 1.5));
  const auto end = [&](double side) {
    return 1 + 999 * normal_cdf(z0 + (z0 + side) / (1 - a * (z0 + side)));
  };
  const Interval bca = bca_interval(replicates, 301, jackknife, "groups");
  CHECK(*bca.low == Approx(end(-z)).epsilon(1e-12));
  CHECK(*bca.high == Approx(end(z)).epsilon(1e-12));
}

TEST_CASE("where BCa is undefined the percentile interval stands in, flagged",
          "[stats][bootstrap]") {
  const Column replicates = one_to(100), spread{1, 2, 4};
  const Interval outside = bca_interval(replicates, 1000, spread, "items");  // z0 infinite
  const Interval flat = bca_interval(replicates, 50, Column{3, 3, 3}, "items");
  const Interval missing = bca_interval(replicates, 50, Column{1, kNaN, 4}, "items");
  const Interval nothing = bca_interval(replicates, 50, Column{}, "items");
  for (const Interval& i : {outside, flat, missing, nothing}) {
    CHECK(i.flags.has(Flag::percentile_fallback));
    CHECK(i.method == "percentile over items");
    CHECK(*i.low == *percentile_interval(replicates, "items").low);
  }
}

TEST_CASE("the bootstrap of a mean has the closed form's width", "[stats][bootstrap]") {
  const test::Draws draws("mean");
  Column x;
  for (std::uint64_t i = 0; i < 400; ++i) x.push_back(draws.normal(i));
  const WeightedStatistic mean = [&](std::span<const std::uint32_t> w) {
    double sum = 0, n = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += w[i] * x[i];
      n += w[i];
    }
    return sum / n;
  };
  double m = 0, squares = 0;
  for (const double v : x) m += v / 400;
  for (const double v : x) squares += (v - m) * (v - m);
  const double error = std::sqrt(squares) / 400;
  const Estimate e = bootstrap_ci(mean, item_units(x.size()), {.replicates = 4000, .seed = 5});
  CHECK(*e.value == Approx(m).epsilon(1e-12));
  CHECK(*e.low == Approx(m - 1.96 * error).margin(0.15 * error));
  CHECK(*e.high == Approx(m + 1.96 * error).margin(0.15 * error));
  CHECK(e.method == "BCa over items");
  const WeightedStatistic never = [](std::span<const std::uint32_t>) { return kNaN; };
  CHECK_FALSE(bootstrap_ci(never, item_units(5), {.replicates = 10}).defined());
  CHECK(bootstrap_ci(mean, item_units(0), {}).flags.has(Flag::empty));
}

TEST_CASE("permutation p counts the observed order too", "[stats][bootstrap]") {
  CHECK(*permutation_p(2.0, Column{1, -3, 2, 0}) == Approx(3.0 / 5));
  CHECK(*permutation_p(0.9, Column{0.5, 0.05, 0.6}, 0.5) == Approx(2.0 / 4));
  CHECK_FALSE(permutation_p(kNaN, Column{1}));
  CHECK_FALSE(permutation_p(1.0, Column{kNaN}));
}

TEST_CASE("BCa limits of many units come from blocks and are those of single units",
          "[stats][bootstrap]") {
  constexpr std::size_t kUnits = 6000;
  Column x, single;
  const vrp::Rng rng(3, "blocks");
  double sum = 0;
  for (std::size_t i = 0; i < kUnits; ++i) {
    x.push_back(-std::log(1 - rng.uniform(i)));  // skewed, so that the acceleration matters
    sum += x.back();
  }
  for (const double value : x) single.push_back((sum - value) / (kUnits - 1));
  const WeightedStatistic mean = [&](std::span<const std::uint32_t> weights) {
    double total = 0, rows = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      total += weights[i] * x[i];
      rows += weights[i];
    }
    return total / rows;
  };
  const ResampleUnits units = item_units(kUnits);
  const Column blocks = jackknife_statistic(mean, units);
  REQUIRE(blocks.size() == kJackknifeBlocks);
  const Column replicates = replicate_statistic(mean, units, bootstrap_key(1, "blocks"), {0, 4000});
  const double observed = sum / kUnits;
  const Interval want = bca_interval(replicates, observed, single, "items");
  const Interval got = bca_interval(replicates, observed, blocks, "items");
  const double width = *want.high - *want.low;
  CHECK(*got.low == Approx(*want.low).margin(0.005 * width));
  CHECK(*got.high == Approx(*want.high).margin(0.005 * width));
  // Up to kJackknifeUnits units every one is left out by itself.
  CHECK(jackknife_statistic([](std::span<const std::uint32_t>) { return 0.0; },
                            item_units(kJackknifeUnits))
            .size() == kJackknifeUnits);
}
