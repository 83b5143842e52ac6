#include "pipeline/stats/lane_draw.hpp"

#include <algorithm>
#include <cstring>

namespace vrp::stats {
namespace {

constexpr std::size_t kTile = 16;
using Tile = std::uint8_t __attribute__((vector_size(kTile)));

// Four rounds of interleaving row i with row i + 8 turn a tile's rows into its columns.
void transpose(const std::uint8_t* from, std::size_t from_stride, std::uint8_t* to,
               std::size_t to_stride) {
  Tile a[kTile], b[kTile];
  for (std::size_t i = 0; i < kTile; ++i) std::memcpy(&a[i], from + i * from_stride, kTile);
  const Tile low = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
  const Tile high = {8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = 0; i < kTile / 2; ++i) {
      b[2 * i] = __builtin_shuffle(a[i], a[i + kTile / 2], low);
      b[2 * i + 1] = __builtin_shuffle(a[i], a[i + kTile / 2], high);
    }
    std::copy(b, b + kTile, a);
  }
  for (std::size_t i = 0; i < kTile; ++i) std::memcpy(to + i * to_stride, &a[i], kTile);
}

std::size_t whole_tiles(std::size_t n) { return (n + kTile - 1) / kTile * kTile; }

}  // namespace

LaneDraw::LaneDraw(std::uint32_t units) : stride_(whole_tiles(units)), rows_(kLanes * stride_) {
  weights_.unit.resize(units);
}

const LaneWeights& LaneDraw::draw(PhiloxKey key, std::int64_t first, int used) {
  const std::size_t units = weights_.unit.size();
  weights_.used = used;
  std::uint8_t largest = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    std::uint8_t* row = rows_.data() + lane * stride_;
    if (lane < static_cast<std::size_t>(used)) {
      draw_narrow_multiplicities(key, first + static_cast<std::int64_t>(lane), {row, units});
      for (std::size_t u = 0; u < units; ++u) largest = std::max(largest, row[u]);
    } else {
      std::fill_n(row, units, std::uint8_t{0});
    }
  }
  weights_.largest = largest;
  for (std::size_t u = 0; u < units; u += kTile) {
    alignas(64) Lanes tile[kTile];
    for (std::size_t lane = 0; lane < kLanes; lane += kTile) {
      transpose(rows_.data() + lane * stride_ + u, stride_, tile[0].weight.data() + lane, kLanes);
    }
    std::copy(tile, tile + std::min(kTile, units - u),
              weights_.unit.begin() + static_cast<std::ptrdiff_t>(u));
  }
  return weights_;
}

}  // namespace vrp::stats
