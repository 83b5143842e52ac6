// A thread per (signal, replicate) walks the signal's entries in order: all threads of a block read
// the same entry and weights that lie side by side. A tie or a stratum ends for all of them at
// once.
#include "kernels/device_scratch_cuda.cuh"
#include "kernels/replicate_sums.hpp"

namespace vrp {
namespace {

constexpr unsigned kThreads = 256;

struct UnknownUnit {
  std::int64_t units;
  __host__ __device__ bool operator()(RankEntry entry) const {
    return entry != kNoEntry && entry / 8 >= units;
  }
};

/// Which signal and replicate a thread has, with `blocks` blocks to a signal.
struct Place {
  long long signal, replicate;
};
__device__ Place place(long long blocks) {
  return {blockIdx.x / blocks,
          static_cast<long long>(blockIdx.x % blocks) * kThreads + threadIdx.x};
}

/// Weights fit 32 bits: kMostEntries rows of 255 stay below 2^31.
struct Walk {
  std::uint32_t tied_positives = 0, tied_negatives = 0;
  std::uint32_t positives = 0, negatives = 0;
};

__device__ void close_tie(Walk& walk, WeightedRanks& sums) {
  sums.twice_wins +=
      static_cast<std::uint64_t>(walk.tied_positives) * (2 * walk.negatives + walk.tied_negatives);
  walk.positives += walk.tied_positives;
  walk.negatives += walk.tied_negatives;
  walk.tied_positives = walk.tied_negatives = 0;
}

__device__ void close_stratum(Walk& walk, WeightedRanks& sums) {
  close_tie(walk, sums);
  sums.pairs += static_cast<std::uint64_t>(walk.positives) * walk.negatives;
  sums.positives += walk.positives;
  sums.negatives += walk.negatives;
  walk = {};
}

__global__ void ranks_kernel(const RankEntry* entries, long long length,
                             const std::uint8_t* weights, long long replicates, long long blocks,
                             WeightedRanks* sums) {
  const Place at = place(blocks);
  if (at.replicate >= replicates) return;
  const RankEntry* signal = entries + at.signal * length;
  const std::uint8_t* column = weights + at.replicate;
  Walk walk;
  WeightedRanks out;
  for (long long k = 0; k < length; ++k) {
    const RankEntry entry = signal[k];
    if (entry == kNoEntry) break;
    const std::uint32_t weight = column[(entry / 8) * replicates];
    if (entry & kPositive) {
      walk.tied_positives += weight;
    } else {
      walk.tied_negatives += weight;
    }
    if (entry & kEndsTie) close_tie(walk, out);
    if (entry & kEndsStratum) close_stratum(walk, out);
  }
  close_stratum(walk, out);
  sums[at.signal * replicates + at.replicate] = out;
}

__global__ void moments_kernel(const MomentTerms* terms, const std::uint8_t* weights,
                               long long units, long long replicates, long long blocks,
                               MomentTerms* sums) {
  const Place at = place(blocks);
  if (at.replicate >= replicates) return;
  const MomentTerms* signal = terms + at.signal * units;
  const std::uint8_t* column = weights + at.replicate;
  MomentTerms out;
  for (long long u = 0; u < units; ++u) {
    const double weight = column[u * replicates];
    out.x = __dadd_rn(out.x, __dmul_rn(weight, signal[u].x));
    out.xx = __dadd_rn(out.xx, __dmul_rn(weight, signal[u].xx));
    out.xy = __dadd_rn(out.xy, __dmul_rn(weight, signal[u].xy));
  }
  sums[at.signal * replicates + at.replicate] = out;
}

/// Blocks to a signal; all of them must fit a grid.
long long blocks_a_signal(const char* kernel, std::int64_t signals, std::int64_t replicates) {
  const long long blocks = (replicates + kThreads - 1) / kThreads;
  if (signals > ((std::int64_t{1} << 31) - 1) / blocks)
    reject(kernel, "number of signals x replicates", static_cast<double>(signals * replicates),
           "at most 2^31-1 blocks of 256 on cuda");
  return blocks;
}

}  // namespace

void weighted_ranks_cuda(const RankedSignals& signals, const Multiplicities& weights,
                         WeightedRanks* sums) {
  constexpr const char* kName = "weighted_ranks";
  refuse_first_bad(kName, signals.entries, signals.signals * signals.length,
                   UnknownUnit{weights.units}, [](RankEntry entry) { reject_unit(entry); });
  if (signals.signals == 0 || weights.replicates == 0) return;
  const long long blocks = blocks_a_signal(kName, signals.signals, weights.replicates);
  launch(kName, ranks_kernel, static_cast<unsigned>(signals.signals * blocks), kThreads, 0, nullptr,
         signals.entries, signals.length, weights.data, weights.replicates, blocks, sums);
  finish_kernel(kName);
}

void weighted_moments_cuda(const MomentTerms* terms, std::int64_t signals,
                           const Multiplicities& weights, MomentTerms* sums) {
  constexpr const char* kName = "weighted_moments";
  if (signals == 0 || weights.replicates == 0) return;
  const long long blocks = blocks_a_signal(kName, signals, weights.replicates);
  launch(kName, moments_kernel, static_cast<unsigned>(signals * blocks), kThreads, 0, nullptr,
         terms, weights.data, weights.units, weights.replicates, blocks, sums);
  finish_kernel(kName);
}

}  // namespace vrp
