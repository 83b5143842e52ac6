// The fast loops of the bootstrap against the plain ones of kernels/replicate_sums, which a GPU's
// are compared with too (tests/kernels).
#include "kernels/replicate_sums.hpp"

#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/stats/lane_draw.hpp"
#include "pipeline/stats/lanes.hpp"
#include "pipeline/stats/rank_plan.hpp"

using namespace vrp::stats;

namespace {

constexpr std::size_t kRows = 151;

/// A plan's entries: an untied segment is its positives, then its negatives above them.
std::vector<vrp::RankEntry> rank_entries(const RankPlan& plan) {
  std::vector<vrp::RankEntry> out;
  std::size_t at = 0, segment = 0;
  const auto add = [&](std::uint32_t rows, vrp::RankEntry label) {
    for (std::uint32_t i = 0; i < rows; ++i) out.push_back(vrp::rank_entry(plan.unit[at++], label));
  };
  for (const std::uint32_t end : plan.stratum_end) {
    for (; segment < end; ++segment) {
      const Segment& s = plan.segments[segment];
      add(s.positives, vrp::kPositive);
      if (!s.tied && s.positives > 0) out.back() |= vrp::kEndsTie;
      add(s.negatives, 0);
      out.back() |= vrp::kEndsTie;
    }
    if (!out.empty()) out.back() |= vrp::kEndsStratum;
  }
  return out;
}

/// Replicates side by side for each unit, as the kernel wants them.
std::vector<std::uint8_t> side_by_side(const LaneWeights& weights) {
  std::vector<std::uint8_t> out;
  for (const Lanes& unit : weights.unit)
    out.insert(out.end(), unit.weight.begin(), unit.weight.begin() + weights.used);
  return out;
}

}  // namespace

TEST_CASE("the bootstrap's lanes have the rank sums of the plain loops", "[stats][bootstrap]") {
  const Columns c = test::example(kRows);
  for (const ResampleUnits& units : {item_units(kRows), group_units(c.group)}) {
    LaneDraw draw(units.count);
    const LaneWeights& weights = draw.draw(bootstrap_key(7, "plain"), 0, kLanes);
    const std::vector<std::uint8_t> columns = side_by_side(weights);
    for (const Signal& signal : c.signals) {
      for (const Types& types : {Types{}, Types{c.type}}) {
        INFO(units.name << ", " << signal.name << ", " << types.size() << " types");
        const RankPlan plan = make_rank_plan(signal.values, c.label, types, units.unit_of_row);
        const LaneRankSums lanes = lane_rank_sums(plan, weights);
        const std::vector<vrp::RankEntry> entries = rank_entries(plan);
        std::vector<vrp::WeightedRanks> sums(kLanes);
        weighted_ranks(vrp::Device::cpu,
                       {entries.data(), 1, static_cast<std::int64_t>(entries.size())},
                       {columns.data(), units.count, kLanes}, sums);
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          CHECK(sums[lane].twice_wins == lanes.twice_wins[lane]);
          CHECK(sums[lane].pairs == lanes.pairs[lane]);
          CHECK(sums[lane].positives == lanes.positives[lane]);
          CHECK(sums[lane].negatives == lanes.negatives[lane]);
        }
      }
    }
  }
}

TEST_CASE("the bootstrap's lanes have the moments of the plain loops, bit for bit",
          "[stats][bootstrap]") {
  constexpr std::uint32_t kUnits = 300;  // over two tiles of units in the lanes' loop
  const test::Draws draws("moments");
  LaneDraw draw(kUnits);
  const LaneWeights& weights = draw.draw(bootstrap_key(8, "plain"), 0, 40);
  std::vector<std::vector<UnitMoments>> columns(3, std::vector<UnitMoments>(kUnits));
  std::vector<vrp::MomentTerms> terms;
  for (std::size_t s = 0; s < columns.size(); ++s) {
    for (std::size_t u = 0; u < kUnits; ++u) {
      const double x = draws.normal(u, s) * std::pow(10, 12 * draws.uniform(u, 10 + s));
      columns[s][u] = {x, x * x, draws.chance(0.4, u) ? x : 0, 1, 0};
      terms.push_back({x, x * x, columns[s][u].xy});
    }
  }
  const auto lanes =
      lane_moments(std::vector{&std::as_const(columns[0]), &std::as_const(columns[1]),
                               &std::as_const(columns[2])},
                   weights);
  const std::vector<std::uint8_t> bytes = side_by_side(weights);
  std::vector<vrp::MomentTerms> sums(3 * 40);
  weighted_moments(vrp::Device::cpu, terms, 3, {bytes.data(), kUnits, 40}, sums);
  for (std::size_t s = 0; s < 3; ++s) {
    for (std::size_t lane = 0; lane < 40; ++lane) {
      CHECK(sums[s * 40 + lane].x == lanes[s].x[lane]);
      CHECK(sums[s * 40 + lane].xx == lanes[s].xx[lane]);
      CHECK(sums[s * 40 + lane].xy == lanes[s].xy[lane]);
    }
  }
}
