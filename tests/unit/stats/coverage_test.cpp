// Does a 95 % interval hold the truth in 95 % of experiments? kSimulations made-up experiments each
// (fixed draws); coverage.hpp states the band. Rows are independent here.
#include "coverage.hpp"

#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/signal_bootstrap.hpp"

using namespace vrp::stats;
using test::check_covers;
using test::Tally;

namespace {

constexpr int kSimulations = 2000;
constexpr std::int64_t kReplicatesEach = 960;

// Labels with probability `share`, signal normal with its mean moved by `shift` for label 1.
struct Binormal {
  double share, shift;
  double r() const {
    const double variance = share * (1 - share);
    return shift * std::sqrt(variance) / std::sqrt(1 + shift * shift * variance);
  }
  double auroc() const { return normal_cdf(shift / std::sqrt(2.0)); }
};

struct Experiment {
  std::vector<Signal> signals{{"x", {}}};
  std::vector<std::int8_t> y;
  std::vector<std::int32_t> group;
  const std::vector<double>& x() const { return signals[0].values; }
};

}  // namespace

TEST_CASE("intervals of R and AUROC over items cover the truth", "[stats][coverage]") {
  const Binormal truth{0.6, 0.5};
  const test::Draws label("coverage y"), noise("coverage x");
  Tally fisher, r_bca, r_percentile, delong, auroc_bca, auroc_percentile;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    Experiment e;
    for (std::uint64_t i = 0; i < 200; ++i) {
      e.y.push_back(label.chance(truth.share, sim, i) ? 1 : 0);
      e.signals[0].values.push_back(truth.shift * e.y.back() + noise.normal(sim, i));
    }
    const SignalBootstrap bootstrap(e.signals, e.y, {}, item_units(e.y.size()));
    const auto replicates =
        bootstrap.replicate(bootstrap_key(sim, "coverage"), {0, kReplicatesEach});
    const SignalJackknife jackknife = bootstrap.jackknife(0);
    const Estimate r = point_biserial(e.x(), e.y), a = auroc(e.x(), e.y);
    const Interval of_r = bca_interval(replicates[0].r, *r.value, jackknife.r, "items");
    const Interval of_a = bca_interval(replicates[0].auroc, *a.value, jackknife.auroc, "items");
    const Interval plain = percentile_interval(replicates[0].auroc, "items");
    fisher.add(r, truth.r());
    r_bca.add(of_r, truth.r());
    r_percentile.add(percentile_interval(replicates[0].r, "items"), truth.r());
    delong.add(a, truth.auroc());
    auroc_bca.add(of_a, truth.auroc());
    auroc_percentile.add(plain, truth.auroc());
  }
  check_covers("R, Fisher", fisher, kSimulations);
  check_covers("R, BCa over items", r_bca, kSimulations);
  check_covers("R, percentile over items", r_percentile, kSimulations);
  check_covers("AUROC, DeLong", delong, kSimulations);
  check_covers("AUROC, BCa over items", auroc_bca, kSimulations);
  check_covers("AUROC, percentile over items", auroc_percentile, kSimulations);
}

TEST_CASE("the interval of the difference of two signals' AUROC covers the truth",
          "[stats][coverage]") {
  // Two signals of one label whose noise is correlated (0.6): what a paired interval is for.
  const Binormal truth{0.6, 0.5}, other{0.6, 0.9};
  const double difference = truth.auroc() - other.auroc();
  const test::Draws label("pair y"), noise("pair x"), own("pair z");
  Tally delong, percentile, bca;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    Experiment e;
    e.signals.push_back({"z", {}});
    for (std::uint64_t i = 0; i < 200; ++i) {
      e.y.push_back(label.chance(truth.share, sim, i) ? 1 : 0);
      const double shared = noise.normal(sim, i);
      e.signals[0].values.push_back(truth.shift * e.y.back() + shared);
      e.signals[1].values.push_back(other.shift * e.y.back() + 0.6 * shared +
                                    0.8 * own.normal(sim, i));
    }
    const Estimate d = auroc_difference(e.x(), e.signals[1].values, e.y);
    delong.add(d, difference);
    const SignalBootstrap bootstrap(e.signals, e.y, {}, item_units(e.y.size()));
    const auto drawn = bootstrap.replicate(bootstrap_key(sim, "difference"), {0, kReplicatesEach});
    std::vector<double> replicates = drawn[0].auroc, left_out = bootstrap.jackknife(0).auroc;
    const std::vector<double> second = bootstrap.jackknife(1).auroc;
    for (std::size_t b = 0; b < replicates.size(); ++b) replicates[b] -= drawn[1].auroc[b];
    for (std::size_t u = 0; u < left_out.size(); ++u) left_out[u] -= second[u];
    percentile.add(percentile_interval(replicates, "items"), difference);
    bca.add(bca_interval(replicates, *d.value, left_out, "items"), difference);
  }
  check_covers("AUROC difference, paired DeLong", delong, kSimulations);
  check_covers("AUROC difference, percentile over items", percentile, kSimulations);
  check_covers("AUROC difference, BCa over items", bca, kSimulations);
}

TEST_CASE("the interval of a paired difference covers the truth", "[stats][coverage]") {
  // Condition b turns a correct item wrong with 0.2 and a wrong one correct with 0.1.
  const double truth = 100 * (0.7 * 0.2 - 0.3 * 0.1);
  const test::Draws first("pair a"), change("pair b");
  Tally items;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    std::vector<std::int8_t> a, b;
    for (std::uint64_t i = 0; i < 300; ++i) {
      a.push_back(first.chance(0.7, sim, i) ? 1 : 0);
      const bool turned = change.chance(a.back() == 1 ? 0.2 : 0.1, sim, i);
      b.push_back(static_cast<std::int8_t>(turned ? 1 - a.back() : a.back()));
    }
    const PairedComparison c =
        compare_paired(a, b, {}, {.replicates = kReplicatesEach, .seed = sim});
    items.add(c.interval_items.low, c.interval_items.high, truth);
  }
  check_covers("paired difference, BCa over items", items, kSimulations);
}

TEST_CASE("Wilson's interval covers the truth", "[stats][coverage]") {
  const test::Draws draws("wilson");
  Tally tally;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    std::int64_t correct = 0;
    for (std::uint64_t i = 0; i < 150; ++i) correct += draws.chance(0.83, sim, i) ? 1 : 0;
    const Estimate share = wilson(correct, 150);
    tally.add(share.low, share.high, 0.83);
  }
  check_covers("accuracy, Wilson", tally, kSimulations);
}
