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

// The words of kBlocks blocks of replicate b from `first` on, in the order of the draws. The same
// as words_of block by block; the loops over blocks become vectors.
constexpr std::uint32_t kBlocks = 32;
void words_of_blocks(PhiloxKey key, std::uint32_t first, std::int64_t b, std::uint32_t* words) {
  std::uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    c0[i] = first + i;
    c1[i] = 0;
    c2[i] = static_cast<std::uint32_t>(b);
    c3[i] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(b) >> 32);
  }
  for (int round = 0; round < 10; ++round) {
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0[i];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c2[i];
      c0[i] = static_cast<std::uint32_t>(p1 >> 32) ^ c1[i] ^ key.k0;
      c1[i] = static_cast<std::uint32_t>(p1);
      c2[i] = static_cast<std::uint32_t>(p0 >> 32) ^ c3[i] ^ key.k1;
      c3[i] = static_cast<std::uint32_t>(p0);
    }
    key.k0 += 0x9E3779B9u;
    key.k1 += 0xBB67AE85u;
  }
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    words[4 * i] = c0[i];
    words[4 * i + 1] = c1[i];
    words[4 * i + 2] = c2[i];
    words[4 * i + 3] = c3[i];
  }
}

// Counts the out.size() draws of replicate b by unit.
template <class Count>
void count_draws(PhiloxKey key, std::int64_t b, std::span<Count> out) {
  std::fill(out.begin(), out.end(), Count{0});
  const std::uint32_t units = static_cast<std::uint32_t>(out.size());
  std::uint32_t words[4 * kBlocks];
  std::uint32_t block = 0;
  for (std::uint32_t left = units; left > 0; block += kBlocks) {
    words_of_blocks(key, block, b, words);
    for (std::uint32_t& word : words) word = scaled(word, units);
    const std::uint32_t now = std::min(left, 4 * kBlocks);
    for (std::uint32_t j = 0; j < now; ++j) ++out[words[j]];
    left -= now;
  }
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
  count_draws(key, b, out);
}

void draw_narrow_multiplicities(PhiloxKey key, std::int64_t b, std::span<std::uint8_t> out) {
  count_draws(key, b, out);
  // A count that went past 255 began again at 0 and is missing from the sum.
  std::uint64_t sum = 0;
  for (const std::uint8_t m : out) sum += m;
  if (sum != out.size()) {
    throw Error(ExitCode::internal, concat("statistics: replicate ", b, " holds one unit of ",
                                           out.size(), " over 255 times"));
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
