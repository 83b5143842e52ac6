// The specification: one replicate of one signal at a time, in plain loops.
#include "kernels/replicate_sums.hpp"

namespace vrp {
namespace {

/// Weights seen so far: of the open tie, and of the open stratum before that tie.
struct Walk {
  std::uint64_t tied_positives = 0, tied_negatives = 0;
  std::uint64_t positives = 0, negatives = 0;
};

void close_tie(Walk& walk, WeightedRanks& sums) {
  sums.twice_wins += walk.tied_positives * (2 * walk.negatives + walk.tied_negatives);
  walk.positives += walk.tied_positives;
  walk.negatives += walk.tied_negatives;
  walk.tied_positives = walk.tied_negatives = 0;
}

void close_stratum(Walk& walk, WeightedRanks& sums) {
  close_tie(walk, sums);
  sums.pairs += walk.positives * walk.negatives;
  sums.positives += walk.positives;
  sums.negatives += walk.negatives;
  walk = {};
}

}  // namespace

void weighted_ranks_cpu(const RankedSignals& signals, const Multiplicities& weights,
                        WeightedRanks* sums) {
  for (std::int64_t s = 0; s < signals.signals; ++s) {
    for (std::int64_t b = 0; b < weights.replicates; ++b) {
      Walk walk;
      WeightedRanks& out = sums[s * weights.replicates + b] = {};
      for (std::int64_t k = 0; k < signals.length; ++k) {
        const RankEntry entry = signals.entries[s * signals.length + k];
        if (entry == kNoEntry) break;
        const std::uint64_t weight = weights.data[(entry / 8) * weights.replicates + b];
        (entry & kPositive ? walk.tied_positives : walk.tied_negatives) += weight;
        if (entry & kEndsTie) close_tie(walk, out);
        if (entry & kEndsStratum) close_stratum(walk, out);
      }
      close_stratum(walk, out);
    }
  }
}

void weighted_moments_cpu(const MomentTerms* terms, std::int64_t signals,
                          const Multiplicities& weights, MomentTerms* sums) {
  for (std::int64_t s = 0; s < signals; ++s) {
    for (std::int64_t b = 0; b < weights.replicates; ++b) {
      MomentTerms out;
      for (std::int64_t u = 0; u < weights.units; ++u) {
        const double weight = weights.data[u * weights.replicates + b];
        const MomentTerms& term = terms[s * weights.units + u];
        out.x += weight * term.x;
        out.xx += weight * term.xx;
        out.xy += weight * term.xy;
      }
      sums[s * weights.replicates + b] = out;
    }
  }
}

}  // namespace vrp
