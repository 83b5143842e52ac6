#pragma once
// The two inner loops of the bootstrap: kLanes replicates go through a column side by side, so that
// the compiler's vectors run over replicates and every replicate keeps one fixed order of sums.
// Internal to stats.
#include <array>
#include <cstdint>
#include <span>

#include "pipeline/stats/rank_plan.hpp"

namespace vrp::stats {

constexpr int kLanes = 16;
/// Multiplicities of one unit in kLanes replicates; one cache line.
struct alignas(64) Lanes {
  std::array<std::uint32_t, kLanes> weight{};
};

/// `rank_sum` of a plan with weights, and the weighted class sizes. Integers, exact while every
/// replicate's total weight is below 2^31.
struct LaneRankSums {
  std::array<std::uint64_t, kLanes> twice_wins{}, pairs{};
  std::array<std::uint64_t, kLanes> positives{}, negatives{};
};
/// weights: [U], multiplicities by unit.
LaneRankSums lane_rank_sums(const RankPlan& plan, std::span<const Lanes> weights);

/// Sums of one unit's used rows: x centred over all used rows, y in {0,1}.
struct UnitMoments {
  double x = 0, xx = 0, xy = 0;
};
struct LaneMoments {
  std::array<double, kLanes> x{}, xx{}, xy{};
};
/// Weighted sums over units in their order. moments, weights: [U].
LaneMoments lane_moments(std::span<const UnitMoments> moments, std::span<const Lanes> weights);

}  // namespace vrp::stats
