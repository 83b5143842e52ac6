#include "pipeline/stats/lanes.hpp"

// One source for both instruction sets: additions and products stay apart (no fused multiply-add)
// and each lane has its own order, so the clones agree bit for bit.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__)
#define VRP_WIDE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VRP_WIDE_CLONES
#endif

namespace vrp::stats {
namespace {

VRP_WIDE_CLONES
void rank_loop(const RankPlan& plan, const Lanes* weights, LaneRankSums& out) {
  std::uint64_t twice_wins[kLanes] = {};
  const std::uint32_t* unit = plan.unit.data();
  const Segment* segment = plan.segments.data();
  std::size_t s = 0;
  for (const std::uint32_t end : plan.stratum_end) {
    std::uint32_t below[kLanes] = {}, positives[kLanes] = {};
    for (; s < end; ++s) {
      std::uint32_t p[kLanes] = {}, q[kLanes] = {};
      for (std::uint32_t k = segment[s].positives; k > 0; --k, ++unit) {
        const std::uint32_t* w = weights[*unit].weight.data();
        for (int i = 0; i < kLanes; ++i) p[i] += w[i];
      }
      for (std::uint32_t k = segment[s].negatives; k > 0; --k, ++unit) {
        const std::uint32_t* w = weights[*unit].weight.data();
        for (int i = 0; i < kLanes; ++i) q[i] += w[i];
      }
      const std::uint32_t tied = segment[s].tied ? ~0u : 0u;
      for (int i = 0; i < kLanes; ++i) {
        twice_wins[i] += std::uint64_t{p[i]} * (2 * below[i] + (q[i] & tied));
      }
      for (int i = 0; i < kLanes; ++i) {
        below[i] += q[i];
        positives[i] += p[i];
      }
    }
    for (int i = 0; i < kLanes; ++i) {
      const std::size_t lane = static_cast<std::size_t>(i);
      out.pairs[lane] += std::uint64_t{positives[i]} * below[i];
      out.positives[lane] += positives[i];
      out.negatives[lane] += below[i];
    }
  }
  for (int i = 0; i < kLanes; ++i) out.twice_wins[static_cast<std::size_t>(i)] = twice_wins[i];
}

VRP_WIDE_CLONES
void moment_loop(const UnitMoments* moments, const Lanes* weights, std::size_t units,
                 LaneMoments& out) {
  // Half the lanes at a time: three sums of eight doubles stay in registers.
  constexpr int kHalf = kLanes / 2;
  for (int first = 0; first < kLanes; first += kHalf) {
    double x[kHalf] = {}, xx[kHalf] = {}, xy[kHalf] = {};
    for (std::size_t u = 0; u < units; ++u) {
      const std::uint32_t* w = weights[u].weight.data() + first;
      const UnitMoments m = moments[u];
      for (int i = 0; i < kHalf; ++i) {
        const double weight = static_cast<double>(static_cast<std::int32_t>(w[i]));
        x[i] += weight * m.x;
        xx[i] += weight * m.xx;
        xy[i] += weight * m.xy;
      }
    }
    for (int i = 0; i < kHalf; ++i) {
      const std::size_t lane = static_cast<std::size_t>(first + i);
      out.x[lane] = x[i];
      out.xx[lane] = xx[i];
      out.xy[lane] = xy[i];
    }
  }
}

}  // namespace

LaneRankSums lane_rank_sums(const RankPlan& plan, std::span<const Lanes> weights) {
  LaneRankSums out;
  rank_loop(plan, weights.data(), out);
  return out;
}

LaneMoments lane_moments(std::span<const UnitMoments> moments, std::span<const Lanes> weights) {
  LaneMoments out;
  moment_loop(moments.data(), weights.data(), moments.size(), out);
  return out;
}

}  // namespace vrp::stats
