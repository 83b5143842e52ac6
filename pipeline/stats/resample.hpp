#pragma once
// Which rows a bootstrap replicate holds. The draw of replicate b is a function of (seed, purpose,
// b) and the number of units alone, so replicates may be split over ranks and threads in any way.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/philox.hpp"
#include "pipeline/stats/columns.hpp"

namespace vrp::stats {

constexpr std::int64_t kReplicates = 10000;  ///< default B

/// What is drawn with replacement: rows, or groups of rows that enter together.
struct ResampleUnits {
  std::vector<std::uint32_t> unit_of_row;  ///< [N], 0 .. count-1
  std::uint32_t count = 0;                 ///< units U; each replicate draws U of them
  std::string name;                        ///< "items" or "groups", for methods and messages
};
ResampleUnits item_units(std::size_t rows);
/// Groups are numbered 0 .. G-1; a number that no row has is an Error(internal).
ResampleUnits group_units(Groups group);

/// Replicates [first, first + count) of B: a rank's share.
struct ReplicateRange {
  std::int64_t first = 0, count = kReplicates;
};
/// The share of `part` (0 .. parts-1) when `replicates` are dealt in contiguous blocks whose sizes
/// differ by one at most. 10 over 3: [0,4) [4,7) [7,10).
ReplicateRange replicate_block(std::int64_t replicates, int part, int parts);

/// Key of a bootstrap: hash of (seed, purpose). Tables that must share their draws (signals to be
/// compared on the same items) use one purpose.
PhiloxKey bootstrap_key(std::uint64_t seed, std::string_view purpose);

/// How often each unit is in replicate b: U draws with replacement; multiplicities sum to U.
/// out has U entries. Draw j is word j%4 of Philox block (j/4, b), scaled by multiply-shift (bias
/// below U / 2^32 relative).
void draw_multiplicities(PhiloxKey key, std::int64_t b, std::span<std::uint32_t> out);

/// The same multiplicities in a byte each. Throws Error(internal) when one is over 255: by chance,
/// never (P(Poisson(1) > 255) < 1e-500).
void draw_narrow_multiplicities(PhiloxKey key, std::int64_t b, std::span<std::uint8_t> out);

/// Replicate b as weights per row, [N]: multiplicities of the rows' units.
std::vector<std::uint32_t> row_weights(PhiloxKey key, std::int64_t b, const ResampleUnits& units);

/// A random order of 0 .. n-1 (Fisher-Yates), a function of (key, b, n).
std::vector<std::uint32_t> draw_permutation(PhiloxKey key, std::int64_t b, std::uint32_t n);
/// Labels permuted within strata (dataset x question type); rows without a label keep theirs.
/// Empty strata: one stratum.
std::vector<std::int8_t> permuted_labels(PhiloxKey key, std::int64_t b, Labels y, Types strata);

}  // namespace vrp::stats
