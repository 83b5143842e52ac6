#pragma once
// Made-up signals for the tests of the bootstrap's sums.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/philox.hpp"
#include "kernels/replicate_sums.hpp"

namespace vrp::test {

/// One row of a signal: what is ranked, and how.
struct RankRow {
  std::int32_t stratum = 0;
  double value = 0;
  bool positive = false;
  std::uint32_t unit = 0;
};

/// Entries of rows in any order.
inline std::vector<RankEntry> sorted_entries(std::vector<RankRow> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const RankRow& a, const RankRow& b) {
    return a.stratum != b.stratum ? a.stratum < b.stratum : a.value < b.value;
  });
  std::vector<RankEntry> entries;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool last = i + 1 == rows.size();
    RankEntry flags = rows[i].positive ? kPositive : 0;
    if (!last && rows[i + 1].stratum != rows[i].stratum) flags |= kEndsStratum;
    if (!last && rows[i + 1].value != rows[i].value) flags |= kEndsTie;
    entries.push_back(rank_entry(rows[i].unit, flags));
  }
  return entries;
}

/// Signals of several kinds over the same rows and units, and weights of replicates.
struct RankedExample {
  std::vector<std::vector<RankRow>> rows;  ///< [S]
  std::vector<RankEntry> entries;          ///< [S, length]
  std::int64_t length = 0;
  std::vector<std::uint8_t> weights;  ///< [units, replicates]
  std::int64_t units = 0, replicates = 0;
  RankedSignals signals() const {
    return {entries.data(), static_cast<std::int64_t>(rows.size()), length};
  }
  Multiplicities multiplicities() const { return {weights.data(), units, replicates}; }
};

inline double draw_at(std::uint32_t seed, std::uint32_t stream, std::uint32_t index) {
  const PhiloxCounter w = philox4x32_10({index, stream, 0, 0}, {seed, 79});
  return uniform53(w.c0, w.c1);
}

/// Six signals: continuous, tied, with strata, with missing rows, constant, empty; every second
/// unit has two rows. Weights as a bootstrap draws them, with all-zero and all-255 replicates.
inline RankedExample ranked_example(std::uint32_t seed, std::int64_t units,
                                    std::int64_t replicates) {
  RankedExample out;
  out.units = units;
  out.replicates = replicates;
  out.rows.resize(6);
  std::uint32_t at = 0;
  for (std::uint32_t u = 0; u < units; ++u) {
    for (std::uint32_t k = 0; k < 1 + u % 2; ++k, ++at) {
      const bool positive = draw_at(seed, 0, at) < 0.4;
      const double value = draw_at(seed, 1, at) + (positive ? 0.2 : 0.0);
      const auto stratum = static_cast<std::int32_t>(at % 3);
      out.rows[0].push_back({0, value, positive, u});
      out.rows[1].push_back({0, static_cast<double>(static_cast<int>(4 * value)), positive, u});
      out.rows[2].push_back(
          {stratum, static_cast<double>(static_cast<int>(9 * value)), positive, u});
      if (draw_at(seed, 2, at) < 0.7) out.rows[3].push_back({0, value, positive, u});
      out.rows[4].push_back({0, 2.5, positive, u});
    }
  }
  out.length = at;
  for (const std::vector<RankRow>& rows : out.rows) {
    std::vector<RankEntry> entries = sorted_entries(rows);
    entries.resize(at, kNoEntry);
    out.entries.insert(out.entries.end(), entries.begin(), entries.end());
  }
  for (std::uint32_t u = 0; u < units; ++u) {
    for (std::uint32_t b = 0; b < replicates; ++b) {
      const double v = draw_at(seed, 3 + b, u);
      const int poisson = v < 0.37 ? 0 : v < 0.74 ? 1 : v < 0.92 ? 2 : v < 0.98 ? 3 : 4;
      out.weights.push_back(static_cast<std::uint8_t>(b == 1 ? 0 : b == 2 ? 255 : poisson));
    }
  }
  return out;
}

}  // namespace vrp::test
