// Rows that come in groups: intervals and p of the closed forms and the bootstrap over groups hold
// what they say, those over items do not. The second half is the proof that the first can fail.
#include <algorithm>
#include <catch2/catch.hpp>

#include "coverage.hpp"
#include "data.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/multiplicity.hpp"
#include "pipeline/stats/signal_bootstrap.hpp"

using namespace vrp::stats;
using test::check_covers;
using test::check_too_narrow;
using test::Tally;

namespace {

constexpr int kSimulations = 2000;
constexpr std::int64_t kReplicatesEach = 960;
constexpr std::uint64_t kGroups = 120, kEach = 5;

// 120 images of 5 questions. Each image moves both signals of its questions, and is easy or hard:
// signal and label share the image. Two rows of different images differ by N(shift, 2 (1 + 1)), so
// AUROC = Phi(shift / 2).
struct Clustered {
  double shift_a, shift_b;
  static constexpr double kShare = 0.6;
  static double auroc(double shift) { return normal_cdf(shift / 2); }
  static double r(double shift) {
    const double variance = kShare * (1 - kShare);
    return shift * std::sqrt(variance / (2 + shift * shift * variance));
  }
};

struct Experiment {
  std::vector<Signal> signals{{"a", {}}, {"b", {}}};
  std::vector<std::int8_t> y;
  std::vector<std::int32_t> group;
  const std::vector<double>& a() const { return signals[0].values; }
  const std::vector<double>& b() const { return signals[1].values; }
};

Experiment experiment(const Clustered& truth, std::uint64_t sim) {
  static const test::Draws easy("cluster easy"), image_a("cluster image"),
      image_b("cluster image b"), label("cluster y"), noise_a("cluster x"), noise_b("cluster z");
  Experiment e;
  for (std::uint64_t g = 0; g < kGroups; ++g) {
    const double share = easy.chance(0.5, sim, g) ? 0.9 : 0.3;
    for (std::uint64_t k = kEach * g; k < kEach * (g + 1); ++k) {
      e.y.push_back(label.chance(share, sim, k) ? 1 : 0);
      e.group.push_back(static_cast<std::int32_t>(g));
      e.signals[0].values.push_back(truth.shift_a * e.y.back() + image_a.normal(sim, g) +
                                    noise_a.normal(sim, k));
      e.signals[1].values.push_back(truth.shift_b * e.y.back() + image_b.normal(sim, g) +
                                    noise_b.normal(sim, k));
    }
  }
  return e;
}

std::vector<double> minus(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

// At most 5 % within the binomial error: 5 + 2.326 standard errors is the 99 % bound of 5 %; and
// not so few that the test would be of no use.
void check_size(const char* what, const Tally& tally) {
  INFO(what << ": " << tally.held << " of " << tally.total);
  CHECK(tally.total == kSimulations);
  CHECK(tally.percent() <= 5 + 2.326 * tally.error(5));
  CHECK(tally.percent() >= 5 - 4 * tally.error(5));
  WARN(what << ": rejects " << tally.percent() << " %");
}

void check_inflated(const char* what, const Tally& tally) {
  INFO(what << ": " << tally.held << " of " << tally.total);
  CHECK(tally.percent() > 5 + 8 * tally.error(5));
  WARN(what << ": rejects " << tally.percent() << " %");
}

}  // namespace

TEST_CASE("with clustered rows the intervals over groups cover the truth, those over items do not",
          "[stats][coverage]") {
  const Clustered truth{0.5, 0.9};
  const double of_a = truth.auroc(truth.shift_a), of_r = truth.r(truth.shift_a);
  const double of_difference = of_a - truth.auroc(truth.shift_b);
  Tally closed, percentile, bca, r_closed, r_percentile, r_bca, d_closed, d_percentile, d_bca;
  Tally items, items_percentile, r_items, d_items;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    const Experiment e = experiment(truth, sim);
    closed.add(auroc_clustered(e.a(), e.y, e.group), of_a);
    r_closed.add(point_biserial_clustered(e.a(), e.y, e.group), of_r);
    d_closed.add(auroc_difference_clustered(e.a(), e.b(), e.y, e.group), of_difference);
    const Estimate plain = auroc(e.a(), e.y), plain_r = point_biserial(e.a(), e.y);
    const Estimate plain_d = auroc_difference(e.a(), e.b(), e.y);
    items.add(plain, of_a);
    r_items.add(plain_r, of_r);
    d_items.add(plain_d, of_difference);

    const SignalBootstrap bootstrap(e.signals, e.y, {}, group_units(e.group));
    const auto drawn =
        bootstrap.replicate(bootstrap_key(sim, "coverage groups"), {0, kReplicatesEach});
    const SignalJackknife out_a = bootstrap.jackknife(0), out_b = bootstrap.jackknife(1);
    percentile.add(percentile_interval(drawn[0].auroc, "groups"), of_a);
    bca.add(bca_interval(drawn[0].auroc, *plain.value, out_a.auroc, "groups"), of_a);
    r_percentile.add(percentile_interval(drawn[0].r, "groups"), of_r);
    r_bca.add(bca_interval(drawn[0].r, *plain_r.value, out_a.r, "groups"), of_r);
    const std::vector<double> differences = minus(drawn[0].auroc, drawn[1].auroc);
    d_percentile.add(percentile_interval(differences, "groups"), of_difference);
    d_bca.add(bca_interval(differences, *plain_d.value, minus(out_a.auroc, out_b.auroc), "groups"),
              of_difference);
    const SignalBootstrap over_items(e.signals, e.y, {}, item_units(e.y.size()));
    const auto singly = over_items.replicate(bootstrap_key(sim, "coverage items"), {0, 256});
    items_percentile.add(percentile_interval(singly[0].auroc, "items"), of_a);
  }
  check_covers("AUROC, Obuchowski", closed, kSimulations);
  check_covers("AUROC, percentile over groups", percentile, kSimulations);
  check_covers("AUROC, BCa over groups", bca, kSimulations);
  check_covers("R, cluster-robust", r_closed, kSimulations);
  check_covers("R, percentile over groups", r_percentile, kSimulations);
  check_covers("R, BCa over groups", r_bca, kSimulations);
  check_covers("AUROC difference, paired Obuchowski", d_closed, kSimulations);
  check_covers("AUROC difference, percentile over groups", d_percentile, kSimulations);
  check_covers("AUROC difference, BCa over groups", d_bca, kSimulations);
  check_too_narrow("AUROC, DeLong on clustered rows", items);
  check_too_narrow("AUROC, percentile over items of clustered rows", items_percentile);
  check_too_narrow("R, Fisher on clustered rows", r_items);
  check_too_narrow("AUROC difference, paired DeLong on clustered rows", d_items);
}

TEST_CASE("under a planted null the p over groups keep 5 %, those over items do not",
          "[stats][coverage]") {
  // Both signals have nothing to do with the label; image effects are in all three.
  const Clustered null{0, 0};
  Tally closed, r_closed, d_closed, items, r_items, d_items;
  const auto rejects = [](const Estimate& e) { return e.p && *e.p < 0.05; };
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    const Experiment e = experiment(null, sim);
    closed.add(rejects(auroc_clustered(e.a(), e.y, e.group)));
    r_closed.add(rejects(point_biserial_clustered(e.a(), e.y, e.group)));
    d_closed.add(rejects(auroc_difference_clustered(e.a(), e.b(), e.y, e.group)));
    items.add(rejects(auroc(e.a(), e.y)));
    r_items.add(rejects(point_biserial(e.a(), e.y)));
    d_items.add(rejects(auroc_difference(e.a(), e.b(), e.y)));
  }
  check_size("AUROC, Obuchowski, null", closed);
  check_size("R, cluster-robust, null", r_closed);
  check_size("AUROC difference, paired Obuchowski, null", d_closed);
  check_inflated("AUROC, DeLong on clustered rows, null", items);
  check_inflated("R, t-test on clustered rows, null", r_items);
  check_inflated("AUROC difference, paired DeLong on clustered rows, null", d_items);
}

TEST_CASE("Holm over a family of signals keeps the family-wise error with p over groups only",
          "[stats][coverage]") {
  // Eight signals without any relation to the label, alike in part, each with its image effect.
  constexpr std::uint64_t kSignals = 8;
  const test::Draws own("family own"), shared("family shared"), image("family image");
  Tally groups, r_groups, items;
  const auto any = [](const PValues& p) {
    const PValues adjusted = holm(p);
    return std::any_of(adjusted.begin(), adjusted.end(), [](auto q) { return q && *q < 0.05; });
  };
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    const Experiment e = experiment({0, 0}, sim + 20000);
    PValues p, p_r, p_item;
    for (std::uint64_t s = 0; s < kSignals; ++s) {
      std::vector<double> x;
      for (std::uint64_t i = 0; i < e.y.size(); ++i) {
        x.push_back(image.normal(sim, kSignals * (i / kEach) + s) + 0.6 * shared.normal(sim, i) +
                    0.8 * own.normal(sim, kSignals * i + s));
      }
      p.push_back(auroc_clustered(x, e.y, e.group).p);
      p_r.push_back(point_biserial_clustered(x, e.y, e.group).p);
      p_item.push_back(auroc(x, e.y).p);
    }
    groups.add(any(p));
    r_groups.add(any(p_r));
    items.add(any(p_item));
  }
  check_size("family of eight, Holm, Obuchowski", groups);
  check_size("family of eight, Holm, cluster-robust R", r_groups);
  check_inflated("family of eight, Holm, DeLong on clustered rows", items);
}

TEST_CASE("equivalence over groups says so wrongly in 5 % at its bound", "[stats][coverage]") {
  // R just at the bound of 0.1: the probability of "equivalent" is the test's size.
  const double variance = Clustered::kShare * (1 - Clustered::kShare);
  const double shift = 0.1 * std::sqrt(2 / (variance * (1 - 0.01)));
  const Clustered truth{shift, 0};
  REQUIRE(truth.r(shift) == Approx(0.1).epsilon(1e-12));
  Tally groups;
  for (std::uint64_t sim = 0; sim < kSimulations; ++sim) {
    const Experiment e = experiment(truth, sim + 5000);
    const Estimate tost = equivalence_r_clustered(point_biserial_clustered(e.a(), e.y, e.group));
    groups.add(*tost.p < 0.05);
  }
  INFO(groups.held << " of " << groups.total);
  CHECK(groups.percent() <= 5 + 2.326 * groups.error(5));
  WARN("TOST, cluster-robust, R at the bound: says equivalent in " << groups.percent() << " %");
}
