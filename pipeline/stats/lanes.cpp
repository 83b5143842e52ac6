#include "pipeline/stats/lanes.hpp"

#include <algorithm>
#include <cstring>

// One source for both instruction sets: additions and products stay apart (no fused multiply-add)
// and each lane has its own order, so the clones agree bit for bit.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__)
#define VRP_WIDE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VRP_WIDE_CLONES
#endif
#define VRP_INLINE __attribute__((always_inline)) inline

namespace vrp::stats {
namespace {

constexpr int kVector = 32;         // bytes
constexpr std::size_t kAhead = 24;  // entries whose weights are fetched before their turn
using Bytes = std::uint8_t __attribute__((vector_size(kVector)));
using Doubles = double __attribute__((vector_size(kVector)));

// The entries of a plan not yet read.
struct Entries {
  const std::uint32_t *next, *end;
  const Lanes* weights;
};

// out[i] = sum of lane i over the next `rows` entries; the sums fit a byte.
template <int L>
VRP_INLINE void add_bytes(Entries& entries, std::uint32_t rows, std::uint8_t* out) {
  Bytes sum[L / kVector] = {};
  for (; rows > 0; --rows, ++entries.next) {
    if (static_cast<std::size_t>(entries.end - entries.next) > kAhead) {
      __builtin_prefetch(&entries.weights[entries.next[kAhead]]);
    }
    const std::uint8_t* line = entries.weights[*entries.next].weight.data();
    for (int v = 0; v < L / kVector; ++v) {
      Bytes w;
      std::memcpy(&w, line + v * kVector, kVector);
      sum[v] += w;
    }
  }
  std::memcpy(out, sum, L);
}

// Sums inside a run of segments whose total weight is below 2^16: 32 bits hold them all.
template <int L>
struct Run {
  alignas(64) std::uint32_t twice_wins[L] = {};
  alignas(64) std::uint32_t below[L] = {};
  alignas(64) std::uint32_t positives[L] = {};
  std::uint32_t rows = 0;
};
// Sums over a stratum.
template <int L>
struct Stratum {
  std::uint64_t below[L] = {}, positives[L] = {};
};

// Ends a run: its positives also lie above everything that came before it.
template <int L>
VRP_INLINE void close(Run<L>& run, Stratum<L>& stratum, LaneRankSums& out) {
  for (int i = 0; i < L; ++i) {
    out.twice_wins[static_cast<std::size_t>(i)] +=
        run.twice_wins[i] + std::uint64_t{run.positives[i]} * (2 * stratum.below[i]);
    stratum.below[i] += run.below[i];
    stratum.positives[i] += run.positives[i];
  }
  run = {};
}

template <int L>
VRP_INLINE void add_short(const Segment& segment, Entries& entries, Run<L>& run) {
  alignas(64) std::uint8_t p[L], q[L];
  add_bytes<L>(entries, segment.positives, p);
  add_bytes<L>(entries, segment.negatives, q);
  const std::uint8_t tied = segment.tied ? 0xff : 0;
  for (int i = 0; i < L; ++i) {
    run.twice_wins[i] += p[i] * (2 * run.below[i] + std::uint32_t(q[i] & tied));
    run.below[i] += q[i];
    run.positives[i] += p[i];
  }
  run.rows += segment.positives + segment.negatives;
}

// A segment whose sums do not fit a byte: `piece` entries do.
template <int L>
VRP_INLINE void add_long(const Segment& segment, std::uint32_t piece, Entries& entries,
                         Stratum<L>& stratum, LaneRankSums& out) {
  alignas(64) std::uint8_t part[L];
  std::uint32_t sums[2][L] = {};
  const std::uint32_t rows[2] = {segment.positives, segment.negatives};
  for (int side = 0; side < 2; ++side) {
    for (std::uint32_t left = rows[side]; left > 0;) {
      const std::uint32_t now = std::min(left, piece);
      add_bytes<L>(entries, now, part);
      for (int i = 0; i < L; ++i) sums[side][i] += part[i];
      left -= now;
    }
  }
  const std::uint32_t tied = segment.tied ? ~0u : 0u;
  for (int i = 0; i < L; ++i) {
    out.twice_wins[static_cast<std::size_t>(i)] +=
        std::uint64_t{sums[0][i]} * (2 * stratum.below[i] + (sums[1][i] & tied));
    stratum.positives[i] += sums[0][i];
    stratum.below[i] += sums[1][i];
  }
}

template <int L>
VRP_INLINE void rank_loop(const RankPlan& plan, const LaneWeights& weights, LaneRankSums& out) {
  const std::uint32_t largest = std::max(1u, weights.largest);
  const std::uint32_t piece = 255 / largest, run_rows = 65535 / largest;
  Entries entries{plan.unit.data(), plan.unit.data() + plan.unit.size(), weights.unit.data()};
  std::size_t s = 0;
  for (const std::uint32_t end : plan.stratum_end) {
    Run<L> run;
    Stratum<L> stratum;
    for (; s < end; ++s) {
      const Segment segment = plan.segments[s];
      const bool is_short = segment.positives <= piece && segment.negatives <= piece;
      if (!is_short || run.rows + segment.positives + segment.negatives > run_rows) {
        close(run, stratum, out);
      }
      if (is_short) {
        add_short(segment, entries, run);
      } else {
        add_long(segment, piece, entries, stratum, out);
      }
    }
    close(run, stratum, out);
    for (int i = 0; i < L; ++i) {
      const std::size_t lane = static_cast<std::size_t>(i);
      out.pairs[lane] += stratum.positives[i] * stratum.below[i];
      out.positives[lane] += stratum.positives[i];
      out.negatives[lane] += stratum.below[i];
    }
  }
}

VRP_WIDE_CLONES void rank_all(const RankPlan& plan, const LaneWeights& w, LaneRankSums& out) {
  rank_loop<kLanes>(plan, w, out);
}
VRP_WIDE_CLONES void rank_half(const RankPlan& plan, const LaneWeights& w, LaneRankSums& out) {
  rank_loop<kLanes / 2>(plan, w, out);
}

// Some lanes at a time, so that their three sums stay in registers, and some units at a time, so
// that their weights as doubles stay in the first cache while all columns pass.
constexpr int kSlice = 16;
constexpr int kPerVector = kVector / static_cast<int>(sizeof(double));
constexpr int kVectors = kSlice / kPerVector;
constexpr std::size_t kUnits = 128;

VRP_INLINE void add_moments(const UnitMoments* moments, const double* weights, std::size_t units,
                            double* to_x, double* to_xx, double* to_xy) {
  Doubles x[kVectors], xx[kVectors], xy[kVectors];
  std::memcpy(x, to_x, sizeof x);
  std::memcpy(xx, to_xx, sizeof xx);
  std::memcpy(xy, to_xy, sizeof xy);
  for (std::size_t u = 0; u < units; ++u, weights += kSlice) {
    const UnitMoments m = moments[u];
    for (int v = 0; v < kVectors; ++v) {
      Doubles w;
      std::memcpy(&w, weights + v * kPerVector, sizeof w);
      x[v] += w * m.x;
      xx[v] += w * m.xx;
      xy[v] += w * m.xy;
    }
  }
  std::memcpy(to_x, x, sizeof x);
  std::memcpy(to_xx, xx, sizeof xx);
  std::memcpy(to_xy, xy, sizeof xy);
}

VRP_WIDE_CLONES
void moment_loop(std::span<const std::vector<UnitMoments>* const> columns,
                 const LaneWeights& weights, LaneMoments* out) {
  alignas(64) double slice[kUnits * kSlice];
  const std::size_t units = weights.unit.size();
  for (std::size_t begin = 0; begin < units; begin += kUnits) {
    const std::size_t here = std::min(kUnits, units - begin);
    for (int first = 0; first < weights.used; first += kSlice) {
      for (std::size_t u = 0; u < here; ++u) {
        const std::uint8_t* w = weights.unit[begin + u].weight.data() + first;
        for (std::size_t i = 0; i < kSlice; ++i) slice[u * kSlice + i] = std::int32_t{w[i]};
      }
      for (std::size_t c = 0; c < columns.size(); ++c) {
        add_moments(columns[c]->data() + begin, slice, here, out[c].x.data() + first,
                    out[c].xx.data() + first, out[c].xy.data() + first);
      }
    }
  }
}

}  // namespace

LaneRankSums lane_rank_sums(const RankPlan& plan, const LaneWeights& weights) {
  LaneRankSums out;
  if (weights.used <= kLanes / 2) {
    rank_half(plan, weights, out);
  } else {
    rank_all(plan, weights, out);
  }
  return out;
}

std::vector<LaneMoments> lane_moments(std::span<const std::vector<UnitMoments>* const> columns,
                                      const LaneWeights& weights) {
  std::vector<LaneMoments> out(columns.size());
  moment_loop(columns, weights, out.data());
  return out;
}

}  // namespace vrp::stats
