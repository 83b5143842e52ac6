#include "pipeline/stats/resample.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"

namespace vrp::stats {
namespace {

// Four words, a function of (key, block, b); blocks stay below 2^32.
PhiloxCounter words_of(PhiloxKey key, std::uint32_t block, std::int64_t b) {
  const std::uint64_t replicate = static_cast<std::uint64_t>(b);
  return philox4x32_10({block, 0, static_cast<std::uint32_t>(replicate),
                        static_cast<std::uint32_t>(replicate >> 32)},
                       key);
}

std::uint32_t scaled(std::uint32_t word, std::uint32_t bound) {
  return static_cast<std::uint32_t>((std::uint64_t{word} * bound) >> 32);
}

}  // namespace

ResampleUnits item_units(std::size_t rows) {
  ResampleUnits units;
  units.unit_of_row.resize(rows);
  std::iota(units.unit_of_row.begin(), units.unit_of_row.end(), 0u);
  units.count = static_cast<std::uint32_t>(rows);
  units.name = "items";
  return units;
}

ResampleUnits group_units(Groups group) {
  ResampleUnits units;
  units.name = "groups";
  std::int32_t largest = -1;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i] < 0) {
      throw Error(ExitCode::internal, concat("statistics: group of row ", i, " is ", group[i]));
    }
    largest = std::max(largest, group[i]);
  }
  units.count = static_cast<std::uint32_t>(largest + 1);
  std::vector<char> seen(units.count, 0);
  for (const std::int32_t g : group) {
    units.unit_of_row.push_back(static_cast<std::uint32_t>(g));
    seen[static_cast<std::size_t>(g)] = 1;
  }
  const auto hole = std::find(seen.begin(), seen.end(), 0);
  if (hole != seen.end()) {
    throw Error(ExitCode::internal, concat("statistics: group ", hole - seen.begin(), " of ",
                                           units.count, " has no row"));
  }
  return units;
}

ReplicateRange replicate_block(std::int64_t replicates, int part, int parts) {
  const std::int64_t size = replicates / parts, longer = replicates % parts;
  const std::int64_t first = part * size + std::min<std::int64_t>(part, longer);
  return {first, size + (part < longer ? 1 : 0)};
}

PhiloxKey bootstrap_key(std::uint64_t seed, std::string_view purpose) {
  return Rng(seed, concat("bootstrap/", purpose)).key();
}

void draw_multiplicities(PhiloxKey key, std::int64_t b, std::span<std::uint32_t> out) {
  std::fill(out.begin(), out.end(), 0u);
  const std::uint32_t units = static_cast<std::uint32_t>(out.size());
  std::uint32_t drawn = 0;
  for (std::uint32_t block = 0; drawn < units; ++block) {
    const PhiloxCounter w = words_of(key, block, b);
    const std::uint32_t words[4] = {w.c0, w.c1, w.c2, w.c3};
    for (int j = 0; j < 4 && drawn < units; ++j, ++drawn) ++out[scaled(words[j], units)];
  }
}

std::vector<std::uint32_t> row_weights(PhiloxKey key, std::int64_t b, const ResampleUnits& units) {
  std::vector<std::uint32_t> multiplicity(units.count);
  draw_multiplicities(key, b, multiplicity);
  std::vector<std::uint32_t> weights;
  weights.reserve(units.unit_of_row.size());
  for (const std::uint32_t u : units.unit_of_row) weights.push_back(multiplicity[u]);
  return weights;
}

std::vector<std::uint32_t> draw_permutation(PhiloxKey key, std::int64_t b, std::uint32_t n) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  PhiloxCounter w;
  for (std::uint32_t i = n; i > 1; --i) {
    const std::uint32_t j = n - i;
    if (j % 4 == 0) w = words_of(key, j / 4, b);
    const std::uint32_t words[4] = {w.c0, w.c1, w.c2, w.c3};
    std::swap(order[i - 1], order[scaled(words[j % 4], i)]);
  }
  return order;
}

std::vector<std::int8_t> permuted_labels(PhiloxKey key, std::int64_t b, Labels y, Types strata) {
  if (!strata.empty() && strata.size() != y.size()) {
    throw Error(ExitCode::internal,
                concat("statistics: ", y.size(), " labels, ", strata.size(), " strata"));
  }
  // One random order of all rows; each stratum deals its labels in that order.
  const std::vector<std::uint32_t> order =
      draw_permutation(key, b, static_cast<std::uint32_t>(y.size()));
  std::map<std::int32_t, std::vector<std::int8_t>> dealt;
  const auto stratum = [&](std::size_t row) { return strata.empty() ? 0 : strata[row]; };
  for (const std::uint32_t row : order) {
    if (y[row] != kNoLabel) dealt[stratum(row)].push_back(y[row]);
  }
  std::vector<std::int8_t> out(y.begin(), y.end());
  for (std::size_t row = y.size(); row-- > 0;) {
    if (y[row] == kNoLabel) continue;
    std::vector<std::int8_t>& labels = dealt[stratum(row)];
    out[row] = labels.back();
    labels.pop_back();
  }
  return out;
}

}  // namespace vrp::stats
