#include "kernels/attention_guard.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace vrp {
namespace {

constexpr double kFlat = 1e-6;

template <class... Parts>
AttentionVerdict refuse(AttentionFault fault, const Parts&... parts) {
  std::ostringstream out;
  out << "attention ";
  (out << ... << parts);
  return {fault, out.str()};
}

AttentionVerdict check_values(const Maps<float>& maps, std::span<const double> shares,
                              AttentionFault fault) {
  for (std::int64_t l = 0; l < maps.count; ++l) {
    for (std::int64_t s = 0; s < maps.cells; ++s) {
      const float value = maps.row(l)[s];
      if (fault == AttentionFault::non_finite ? !std::isfinite(value) : value < 0)
        return refuse(fault, "of layer ", l, ", cell ", s, " is ", value, ", expected a finite ",
                      "number >= 0");
    }
    if (fault == AttentionFault::non_finite && !std::isfinite(shares[static_cast<std::size_t>(l)]))
      return refuse(fault, "mass of layer ", l, " is ", shares[static_cast<std::size_t>(l)],
                    ", expected a finite number");
  }
  return {};
}

AttentionVerdict check_masses(const Maps<float>& maps, std::span<const double> shares,
                              double slack) {
  for (std::int64_t l = 0; l < maps.count; ++l) {
    const double share = shares[static_cast<std::size_t>(l)];
    if (share < -slack || share > 1 + slack)
      return refuse(AttentionFault::row_mass, "mass of layer ", l, " is ", share,
                    ", expected [0, 1]");
    double sum = 0;
    for (std::int64_t s = 0; s < maps.cells; ++s) sum += static_cast<double>(maps.row(l)[s]);
    if (std::abs(sum - share) > slack)
      return refuse(AttentionFault::row_mass, "map of layer ", l, " sums to ", sum, ", expected ",
                    share, ", the mass of its rows");
  }
  return {};
}

bool flat(const float* row, std::int64_t cells) {
  const auto [low, high] = std::minmax_element(row, row + cells);
  return static_cast<double>(*high) - static_cast<double>(*low) <= kFlat * *high;
}

}  // namespace

AttentionVerdict attention_guard(const Maps<float>& maps, std::span<const double> shares,
                                 std::int64_t expected, double slack) {
  require_size("attention_guard", "number of masses", static_cast<std::int64_t>(shares.size()),
               maps.count);
  if (!(slack >= 0)) reject("attention_guard", "slack", slack, ">= 0");
  if (maps.count < 1 || maps.cells != expected || expected < 1)
    return refuse(AttentionFault::token_count, "has ", maps.count, " layers of ", maps.cells,
                  " image columns, expected at least 1 layer of ", expected,
                  ", the image tokens of the input, at least 1");
  for (const AttentionFault fault : {AttentionFault::non_finite, AttentionFault::negative}) {
    AttentionVerdict verdict = check_values(maps, shares, fault);
    if (!verdict.ok()) return verdict;
  }
  if (AttentionVerdict verdict = check_masses(maps, shares, slack); !verdict.ok()) return verdict;
  const float* end = maps.data + maps.count * maps.cells;
  if (std::none_of(maps.data, end, [](float value) { return value > 0; }))
    return refuse(AttentionFault::zero_mass, "on the image is 0 in all ", maps.count, " layers");
  bool all_flat = maps.cells > 1;
  for (std::int64_t l = 0; l < maps.count; ++l)
    all_flat = all_flat && flat(maps.row(l), maps.cells);
  if (all_flat)
    return refuse(AttentionFault::constant, "is constant over the ", maps.cells, " cells in all ",
                  maps.count, " layers, expected a map");
  return {};
}

}  // namespace vrp
