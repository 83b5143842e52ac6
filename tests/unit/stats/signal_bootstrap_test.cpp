#include "pipeline/stats/signal_bootstrap.hpp"

#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/correlation.hpp"

using namespace vrp::stats;
using vrp::stats::test::kNaN;

namespace {

constexpr std::size_t kRows = 151;  // groups of three, the last of one

// The statistics of one signal on the rows repeated as the weights say: the slow way.
struct Slow {
  double auroc, within, r;
};
Slow slow(const Columns& c, std::size_t signal, const std::vector<std::uint32_t>& weights) {
  std::vector<double> x;
  std::vector<std::int8_t> y;
  std::vector<std::int32_t> type;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    for (std::uint32_t k = 0; k < weights[i]; ++k) {
      x.push_back(c.signals[signal].values[i]);
      y.push_back(c.label[i]);
      type.push_back(c.type[i]);
    }
  }
  return {auroc(x, y).value.value_or(kNaN),
          auroc_within_type(x, y, type).estimate.value.value_or(kNaN),
          point_biserial(x, y).value.value_or(kNaN)};
}

bool same(double a, double b, double tolerance) {
  return (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= tolerance;
}

}  // namespace

TEST_CASE("a replicate equals the statistic of the rows written out", "[stats][bootstrap]") {
  const Columns c = test::example(kRows);
  const vrp::PhiloxKey key = bootstrap_key(11, "slow");
  for (const ResampleUnits& units : {item_units(kRows), group_units(c.group)}) {
    const SignalBootstrap bootstrap(c.signals, c.label, c.type, units);
    const auto replicates = bootstrap.replicate(key, {0, 50});
    for (std::int64_t b = 0; b < 50; ++b) {
      const std::size_t at = static_cast<std::size_t>(b);
      for (std::size_t s = 0; s < c.signals.size(); ++s) {
        const Slow expected = slow(c, s, row_weights(key, b, units));
        INFO(units.name << ", replicate " << b << ", signal " << c.signals[s].name);
        CHECK(same(replicates[s].auroc[at], expected.auroc, 0));
        CHECK(same(replicates[s].within[at], expected.within, 0));
        CHECK(same(replicates[s].r[at], expected.r, 1e-9));
      }
    }
  }
}

TEST_CASE("the jackknife equals the statistic without each unit's rows", "[stats][bootstrap]") {
  const Columns c = test::example(kRows);
  for (const ResampleUnits& units : {item_units(kRows), group_units(c.group)}) {
    const SignalBootstrap bootstrap(c.signals, c.label, c.type, units);
    for (std::size_t s = 0; s < c.signals.size(); ++s) {
      const SignalJackknife jackknife = bootstrap.jackknife(s);
      std::size_t at = 0;
      for (std::uint32_t u = 0; u < units.count; ++u) {
        std::vector<std::uint32_t> weights(kRows, 1);
        bool used = false;
        for (std::size_t i = 0; i < kRows; ++i) {
          if (units.unit_of_row[i] != u) continue;
          weights[i] = 0;
          used = used || !std::isnan(c.signals[s].values[i]);
        }
        if (!used) continue;
        const Slow expected = slow(c, s, weights);
        INFO(units.name << ", unit " << u << ", signal " << c.signals[s].name);
        REQUIRE(at < jackknife.auroc.size());
        CHECK(same(jackknife.auroc[at], expected.auroc, 0));
        CHECK(same(jackknife.within[at], expected.within, 0));
        CHECK(same(jackknife.r[at], expected.r, 1e-9));
        ++at;
      }
      CHECK(jackknife.auroc.size() == at);
      CHECK(jackknife.r.size() == at);
    }
  }
}

TEST_CASE("replicates of columns longer than one run of sums equal the rows written out",
          "[stats][bootstrap]") {
  // 32-bit sums hold some thousand rows, byte sums some dozen of one label: both are passed, in
  // whole and in half vectors.
  constexpr std::size_t kMany = 30000;
  const Columns c = test::example(kMany);
  const ResampleUnits units = group_units(c.group);
  const vrp::PhiloxKey key = bootstrap_key(3, "long");
  const SignalBootstrap bootstrap(c.signals, c.label, c.type, units);
  for (const std::int64_t count : {2, 40}) {
    const auto replicates = bootstrap.replicate(key, {7, count});
    for (const std::int64_t b : {std::int64_t{0}, count - 1}) {
      const std::size_t at = static_cast<std::size_t>(b);
      for (std::size_t s = 0; s < c.signals.size(); ++s) {
        const Slow expected = slow(c, s, row_weights(key, 7 + b, units));
        INFO("replicate " << b << " of " << count << ", signal " << c.signals[s].name);
        CHECK(same(replicates[s].auroc[at], expected.auroc, 0));
        CHECK(same(replicates[s].within[at], expected.within, 0));
        CHECK(same(replicates[s].r[at], expected.r, 1e-9));
      }
    }
  }
}

TEST_CASE("any split of the replicates gives the same bits", "[stats][bootstrap]") {
  const Columns c = test::example(kRows);
  const SignalBootstrap bootstrap(c.signals, c.label, c.type, group_units(c.group));
  const vrp::PhiloxKey key = bootstrap_key(1, "split");
  const auto whole = bootstrap.replicate(key, {0, 101});
  for (const int parts : {2, 3, 7, 101}) {
    std::vector<SignalReplicates> joined;
    for (int part = 0; part < parts; ++part) {
      append(joined, bootstrap.replicate(key, replicate_block(101, part, parts)));
    }
    for (std::size_t s = 0; s < whole.size(); ++s) {
      for (std::size_t b = 0; b < 101; ++b) {
        INFO(parts << " parts, signal " << s << ", replicate " << b);
        CHECK(same(joined[s].auroc[b], whole[s].auroc[b], 0));
        CHECK(same(joined[s].within[b], whole[s].within[b], 0));
        CHECK(same(joined[s].r[b], whole[s].r[b], 0));
      }
    }
  }
}

TEST_CASE("a signal has the same replicates whatever other signals are there",
          "[stats][bootstrap]") {
  const Columns c = test::example(kRows);
  const vrp::PhiloxKey key = bootstrap_key(1, "alone");
  const ResampleUnits units = item_units(kRows);
  const auto all = SignalBootstrap(c.signals, c.label, {}, units).replicate(key, {0, 20});
  const std::vector<Signal> one{c.signals[1]};
  const auto alone = SignalBootstrap(one, c.label, {}, units).replicate(key, {0, 20});
  CHECK(alone[0].auroc == all[1].auroc);
  CHECK(alone[0].r == all[1].r);
  CHECK(alone[0].within.empty());
}

TEST_CASE("replicates with one class are undefined, not zero", "[stats][bootstrap]") {
  const std::vector<Signal> signals{{"x", {1, 2, 3}}};
  const std::vector<std::int8_t> y{1, 0, 0};
  const auto replicates =
      SignalBootstrap(signals, y, {}, item_units(3)).replicate(bootstrap_key(1, "few"), {0, 200});
  int undefined = 0;
  for (std::size_t b = 0; b < 200; ++b) {
    const std::vector<std::uint32_t> w =
        row_weights(bootstrap_key(1, "few"), static_cast<std::int64_t>(b), item_units(3));
    const bool one_class = w[0] == 0 || w[0] == 3;
    CHECK(std::isnan(replicates[0].auroc[b]) == one_class);
    CHECK(std::isnan(replicates[0].r[b]) == one_class);
    undefined += one_class ? 1 : 0;
  }
  CHECK(undefined > 40);  // (2/3)^3 + (1/3)^3 = 1/3 of 200
}

TEST_CASE("an infinite value leaves R undefined and AUROC defined", "[stats][bootstrap]") {
  const std::vector<Signal> signals{{"x", {-std::numeric_limits<double>::infinity(), 2, 3, 4}}};
  const std::vector<std::int8_t> y{0, 1, 0, 1};
  const SignalBootstrap bootstrap(signals, y, {}, item_units(4));
  const auto replicates = bootstrap.replicate(bootstrap_key(1, "inf"), {0, 8});
  for (const double r : replicates[0].r) CHECK(std::isnan(r));
  CHECK(bootstrap.jackknife(0).auroc[3] == 0.5);
}

TEST_CASE("ranges of different signals are not joined", "[stats][bootstrap]") {
  std::vector<SignalReplicates> two(2);
  CHECK_THROWS_AS(append(two, std::vector<SignalReplicates>(3)), vrp::Error);
}
