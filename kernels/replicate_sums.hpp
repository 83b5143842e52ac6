#pragma once
// The sums behind bootstrap replicates of many signals at once: AUROC as a rank sum in which each
// row weighs as often as its unit was drawn, and the moments of a correlation. A signal is sorted
// once; a replicate then costs one pass over its entries. Source: methods 10, bootstrap.
#include <cstdint>
#include <span>

#include "kernels/maps.hpp"

namespace vrp {

/// How often each of U units (items, or groups of items) is in each of B replicates: uint8 [U, B],
/// the replicates of one unit side by side. Not owned.
struct Multiplicities {
  const std::uint8_t* data = nullptr;
  std::int64_t units = 0, replicates = 0;
};

/// One row of a sorted signal, packed: unit * 8 + flags. Rows stand by (stratum, value); only pairs
/// within a stratum count (question types; else all rows are one stratum).
using RankEntry = std::uint32_t;
constexpr RankEntry kPositive = 1;     ///< label 1, else 0
constexpr RankEntry kEndsTie = 2;      ///< the next row has another value
constexpr RankEntry kEndsStratum = 4;  ///< the next row is in another stratum
/// Ends a signal that has fewer rows than the longest (no value, no label).
constexpr RankEntry kNoEntry = 0xffffffff;
constexpr RankEntry rank_entry(std::uint32_t unit, RankEntry flags) { return unit * 8 + flags; }
constexpr std::int64_t kMostUnits = (std::int64_t{1} << 29) - 1;
/// With this many rows of weight 255, every sum below is exact.
constexpr std::int64_t kMostEntries = ((std::int64_t{1} << 31) - 1) / 255;

/// `signals` sorted signals of up to `length` entries each: uint32 [S, E]. Not owned.
struct RankedSignals {
  const RankEntry* entries = nullptr;
  std::int64_t signals = 0, length = 0;
};

/// AUROC = twice_wins / (2 pairs), undefined for pairs = 0.
struct WeightedRanks {
  std::uint64_t twice_wins = 0;  ///< 2 * weight of pairs won + weight of pairs tied
  std::uint64_t pairs = 0;       ///< weight of all (positive, negative) pairs of a stratum
  std::uint64_t positives = 0, negatives = 0;  ///< weight of the rows of each label
};

/// Rank sums of every signal in every replicate.
///   signals  uint32 [S, E]    weights  uint8 [U, B]    sums  [S, B]
/// All on `device`. Integers: both devices give the same numbers, however replicates are cut.
/// Example, one stratum: values 1 2 2 3, labels 0 1 0 1, weights 1 1 2 1 give
/// twice_wins = 1 * (2 * 1 + 2) + 1 * (2 * 3) = 10, pairs = 2 * 3, AUROC 10/12.
/// Throws std::invalid_argument when sizes disagree, E > kMostEntries, U > kMostUnits, an entry's
/// unit is not below U, or the build has no CUDA; std::runtime_error with CUDA's text.
/// On the device a thread is a replicate. 10,000 replicates x 30 signals x 3,090 rows are 9.3e8
/// steps of some 30 instructions and one byte of weights; the 31 MB of weights stay in the second
/// cache of an H200. By count about 2 ms there (issue and latency alike), not measured.
void weighted_ranks(Device device, const RankedSignals& signals, const Multiplicities& weights,
                    std::span<WeightedRanks> sums);

/// What one unit adds to a signal's weighted moments: sums over its rows of x (centred by the
/// caller), x^2 and x*y, y in {0, 1}; and their sums over units.
struct MomentTerms {
  double x = 0, xx = 0, xy = 0;
};

/// Weighted sums over units of every signal in every replicate: sum_u w[u,b] * terms[s,u].
///   terms  float64 [S, U] of 3    weights  uint8 [U, B]    sums  float64 [S, B] of 3
/// All on `device`. Products and sums are rounded one by one, units in their order: both devices
/// give the same bits, however replicates are cut. Throws as `weighted_ranks`.
void weighted_moments(Device device, std::span<const MomentTerms> terms, std::int64_t signals,
                      const Multiplicities& weights, std::span<MomentTerms> sums);

/// The error of an entry whose unit is not below U, on either device.
[[noreturn]] void reject_unit(RankEntry entry);
void weighted_ranks_cpu(const RankedSignals& signals, const Multiplicities& weights,
                        WeightedRanks* sums);
void weighted_moments_cpu(const MomentTerms* terms, std::int64_t signals,
                          const Multiplicities& weights, MomentTerms* sums);
#ifdef VRP_CUDA
void weighted_ranks_cuda(const RankedSignals& signals, const Multiplicities& weights,
                         WeightedRanks* sums);
void weighted_moments_cuda(const MomentTerms* terms, std::int64_t signals,
                           const Multiplicities& weights, MomentTerms* sums);
#endif

}  // namespace vrp
