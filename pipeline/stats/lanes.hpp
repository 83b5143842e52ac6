#pragma once
// The inner loops of the bootstrap: kLanes replicates go through a column side by side, so that
// vectors run over replicates and every replicate keeps one fixed order of sums. A multiplicity is
// a byte: one cache line holds a unit's in all lanes, which is what a random access costs.
// Internal to stats.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/stats/rank_plan.hpp"

namespace vrp::stats {

constexpr int kLanes = 64;
/// Multiplicities of one unit in kLanes replicates; one cache line.
struct alignas(64) Lanes {
  std::array<std::uint8_t, kLanes> weight{};
};
/// Multiplicities of all units; lanes 0 .. used-1 are filled, the others 0.
struct LaneWeights {
  std::vector<Lanes> unit;    ///< [U]
  int used = 0;               ///< 1 .. kLanes; fewer lanes cost less
  std::uint32_t largest = 0;  ///< largest multiplicity of any unit in any lane
};

/// `rank_sum` of a plan with weights, and the weighted class sizes; lanes from `used` on are not
/// to be read. Integers, exact while every replicate's total weight is below 2^31.
struct LaneRankSums {
  std::array<std::uint64_t, kLanes> twice_wins{}, pairs{};
  std::array<std::uint64_t, kLanes> positives{}, negatives{};
};
LaneRankSums lane_rank_sums(const RankPlan& plan, const LaneWeights& weights);

/// Sums of one unit's used rows: x centred over all used rows, y in {0,1}; and their number.
struct UnitMoments {
  double x = 0, xx = 0, xy = 0;
  std::uint32_t rows = 0, positives = 0;
};
struct LaneMoments {
  alignas(32) std::array<double, kLanes> x{};
  alignas(32) std::array<double, kLanes> xx{};
  alignas(32) std::array<double, kLanes> xy{};
};
/// Weighted sums over units in their order, for many columns at once. columns: [S] of [U] each.
/// A column's sums do not depend on the others.
std::vector<LaneMoments> lane_moments(std::span<const std::vector<UnitMoments>* const> columns,
                                      const LaneWeights& weights);

}  // namespace vrp::stats
