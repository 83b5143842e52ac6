// Does a 95 % interval hold the truth in 95 % of experiments? kSimulations made-up experiments each
// (fixed draws), so a share has a standard error of 0.5 points; 93 .. 97 % is four of them.
#include <catch2/catch.hpp>
#include <functional>

#include "data.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/signal_bootstrap.hpp"

using namespace vrp::stats;

namespace {

constexpr int kSimulations = 2000;
constexpr std::int64_t kReplicatesEach = 999;

struct Tally {
  int held = 0, total = 0;
  void add(const std::optional<double>& low, const std::optional<double>& high, double truth) {
    ++total;
    held += low && high && *low <= truth && truth <= *high ? 1 : 0;
  }
  double percent() const { return 100.0 * held / total; }
};

void check_covers(const char* what, const Tally& tally) {
  INFO(what << ": " << tally.held << " of " << tally.total);
  CHECK(tally.total == kSimulations);
  CHECK(tally.percent() >= 93);
  CHECK(tally.percent() <= 97);
  WARN(what << ": covers " << tally.percent() << " %");
}

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
  Tally fisher, r_bca, delong, auroc_bca, auroc_percentile;
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
    fisher.add(r.low, r.high, truth.r());
    r_bca.add(of_r.low, of_r.high, truth.r());
    delong.add(a.low, a.high, truth.auroc());
    auroc_bca.add(of_a.low, of_a.high, truth.auroc());
    auroc_percentile.add(plain.low, plain.high, truth.auroc());
  }
  check_covers("R, Fisher", fisher);
  check_covers("R, BCa over items", r_bca);
  check_covers("AUROC, DeLong", delong);
  check_covers("AUROC, BCa over items", auroc_bca);
  check_covers("AUROC, percentile over items", auroc_percentile);
}

TEST_CASE("with clustered rows the intervals over groups cover the truth, those over items do not",
          "[stats][coverage]") {
  // 120 images of 5 questions; each image moves the signal of its questions, and is easy or hard.
  // Two rows of different images differ by N(shift, 2 (1 + 1)), so AUROC = Phi(shift / 2).
  const double shift = 0.5, truth = normal_cdf(shift / 2);
  const double variance = 0.6 * 0.4,
               truth_r = shift * std::sqrt(variance / (2 + shift * shift * variance));
  const test::Draws easy("cluster easy"), image("cluster image"), label("cluster y"),
      noise("cluster x");
  Tally percentile, bca, r_bca, over_items;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    Experiment e;
    for (std::uint64_t g = 0; g < 120; ++g) {
      const double share = easy.chance(0.5, sim, g) ? 0.9 : 0.3;
      for (std::uint64_t k = 0; k < 5; ++k) {
        e.y.push_back(label.chance(share, sim, 5 * g + k) ? 1 : 0);
        e.group.push_back(static_cast<std::int32_t>(g));
        e.signals[0].values.push_back(shift * e.y.back() + image.normal(sim, g) +
                                      noise.normal(sim, 5 * g + k));
      }
    }
    const SignalBootstrap bootstrap(e.signals, e.y, {}, group_units(e.group));
    const auto replicates =
        bootstrap.replicate(bootstrap_key(sim, "coverage groups"), {0, kReplicatesEach});
    const Estimate a = auroc(e.x(), e.y);
    const SignalJackknife jackknife = bootstrap.jackknife(0);
    const Interval of_r =
        bca_interval(replicates[0].r, *point_biserial(e.x(), e.y).value, jackknife.r, "groups");
    const Interval plain = percentile_interval(replicates[0].auroc, "groups");
    const Interval accelerated =
        bca_interval(replicates[0].auroc, *a.value, jackknife.auroc, "groups");
    percentile.add(plain.low, plain.high, truth);
    bca.add(accelerated.low, accelerated.high, truth);
    r_bca.add(of_r.low, of_r.high, truth_r);
    over_items.add(a.low, a.high, truth);
  }
  check_covers("AUROC, percentile over groups", percentile);
  check_covers("AUROC, BCa over groups", bca);
  check_covers("R, BCa over groups", r_bca);
  CHECK(over_items.percent() < 90);
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
  check_covers("paired difference, BCa over items", items);
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
  check_covers("accuracy, Wilson", tally);
}
