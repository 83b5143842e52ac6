// The specification of the bootstrap's sums against pairs counted one by one.
#include "kernels/replicate_sums.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>

#include "ranked_signals.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

WeightedRanks by_pairs(const std::vector<RankRow>& rows, const Multiplicities& m, std::int64_t b) {
  WeightedRanks out;
  const auto weight = [&](const RankRow& row) {
    return std::uint64_t{m.data[row.unit * m.replicates + b]};
  };
  for (const RankRow& p : rows) {
    (p.positive ? out.positives : out.negatives) += weight(p);
    if (!p.positive) continue;
    for (const RankRow& q : rows) {
      if (q.positive || q.stratum != p.stratum) continue;
      out.pairs += weight(p) * weight(q);
      out.twice_wins += weight(p) * weight(q) *
                        (p.value > q.value    ? 2
                         : p.value == q.value ? 1
                                              : 0);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the worked example of weighted ranks", "[kernels][bootstrap]") {
  const auto entries =
      sorted_entries({{0, 1, false, 0}, {0, 2, true, 1}, {0, 2, false, 2}, {0, 3, true, 3}});
  const std::vector<std::uint8_t> weights{1, 1, 2, 1};
  WeightedRanks sum;
  weighted_ranks(Device::cpu, {entries.data(), 1, 4}, {weights.data(), 4, 1}, {&sum, 1});
  CHECK(sum.twice_wins == 10);
  CHECK(sum.pairs == 6);
  CHECK(sum.positives == 2);
  CHECK(sum.negatives == 3);
}

TEST_CASE("weighted ranks are the pairs counted one by one", "[kernels][bootstrap]") {
  for (const std::uint32_t seed : {1u, 2u, 3u, 4u}) {
    const RankedExample e = ranked_example(seed, 23, 6);
    std::vector<WeightedRanks> sums(e.rows.size() * 6);
    weighted_ranks(Device::cpu, e.signals(), e.multiplicities(), sums);
    for (std::size_t s = 0; s < e.rows.size(); ++s) {
      for (std::int64_t b = 0; b < 6; ++b) {
        INFO("seed " << seed << ", signal " << s << ", replicate " << b);
        const WeightedRanks want = by_pairs(e.rows[s], e.multiplicities(), b);
        const WeightedRanks& got = sums[s * 6 + static_cast<std::size_t>(b)];
        CHECK(got.twice_wins == want.twice_wins);
        CHECK(got.pairs == want.pairs);
        CHECK(got.positives == want.positives);
        CHECK(got.negatives == want.negatives);
      }
    }
  }
}

TEST_CASE("weighted moments add up units in their order", "[kernels][bootstrap]") {
  // 2^53 swallows a 1 that comes after it, not two that come before it together.
  const double huge = 9007199254740992.0;
  const std::vector<MomentTerms> terms{{1, 0, 2}, {1, 1, 0}, {huge, huge, 3}, {0, 1, 0}};
  const std::vector<std::uint8_t> weights{1, 2, 1, 0, 1, 1, 0, 3};  // [4 units, 2 replicates]
  std::vector<MomentTerms> sums(2);
  weighted_moments(Device::cpu, terms, 1, {weights.data(), 4, 2}, sums);
  CHECK(sums[0].x == huge + 2);
  CHECK(sums[0].xx == huge);
  CHECK(sums[0].xy == 5);
  CHECK(sums[1].x == huge + 2);
  CHECK(sums[1].xx == huge + 4);  // huge + 3 is not a double
  CHECK(sums[1].xy == 7);
}

TEST_CASE("sums of replicates refuse sizes and units that do not fit", "[kernels][bootstrap]") {
  RankedExample e = ranked_example(1, 5, 3);
  std::vector<WeightedRanks> sums(18), fewer(17);
  std::vector<MomentTerms> terms(10), moments(6), other(5);
  const Multiplicities m = e.multiplicities();
  const auto ranks = [&](const RankedSignals& signals, const Multiplicities& weights,
                         std::span<WeightedRanks> out) {
    CHECK_THROWS_AS(weighted_ranks(Device::cpu, signals, weights, out), std::invalid_argument);
  };
  ranks(e.signals(), m, fewer);
  ranks({nullptr, 6, e.length}, m, sums);
  ranks({e.entries.data(), -1, e.length}, m, sums);
  ranks({e.entries.data(), 6, -1}, m, sums);
  ranks({e.entries.data(), 6, kMostEntries + 1}, m, sums);
  ranks(e.signals(), {nullptr, 5, 3}, sums);
  ranks(e.signals(), {m.data, kMostUnits + 1, 3}, sums);
  ranks(e.signals(), {m.data, -1, 3}, sums);
  ranks(e.signals(), {m.data, 5, -1}, {});
  ranks(e.signals(), {m.data, 4, 3}, sums);  // unit 4 is not there
  const auto moments_refused = [&](std::span<const MomentTerms> t, std::int64_t signals,
                                   const Multiplicities& w, std::span<MomentTerms> out) {
    CHECK_THROWS_AS(weighted_moments(Device::cpu, t, signals, w, out), std::invalid_argument);
  };
  moments_refused(other, 2, m, moments);
  moments_refused(terms, 2, m, other);
  moments_refused(terms, -2, m, moments);
  moments_refused(terms, 2, {nullptr, 5, 3}, moments);
#ifndef VRP_CUDA
  CHECK_THROWS_AS(weighted_ranks(Device::cuda, e.signals(), m, sums), std::invalid_argument);
  CHECK_THROWS_AS(weighted_moments(Device::cuda, terms, 2, m, moments), std::invalid_argument);
#endif
}
