#pragma once
// The draws of a bootstrap for kLanes replicates, laid out for the loops in lanes.hpp. Internal to
// stats.
#include <cstdint>
#include <vector>

#include "pipeline/stats/lanes.hpp"
#include "pipeline/stats/resample.hpp"

namespace vrp::stats {

/// Holds one byte per unit and lane, twice: 128 bytes per unit.
class LaneDraw {
 public:
  explicit LaneDraw(std::uint32_t units);
  /// Multiplicities of replicates first .. first+used-1, those of `draw_multiplicities`.
  /// Throws Error(internal) when a multiplicity is over 255, which a Poisson count of mean 1 is
  /// not.
  const LaneWeights& draw(PhiloxKey key, std::int64_t first, int used);

 private:
  std::size_t stride_;              // units, rounded up to whole tiles
  std::vector<std::uint8_t> rows_;  // [kLanes, stride_]
  LaneWeights weights_;
};

}  // namespace vrp::stats
