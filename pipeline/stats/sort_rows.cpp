#include "pipeline/stats/sort_rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

namespace vrp::stats {
namespace {

constexpr std::size_t kRadixFrom = 4096;  // rows
constexpr int kDigit = 11;                // bits of a pass: 2048 buckets stay in the first cache
constexpr int kPasses = 3;                // of a key of 32 bits

struct Keyed {
  std::uint32_t key, at;
};

// Bits that are ordered as the numbers are.
std::uint64_t ordered_bits(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x + 0.0);  // -0 becomes 0
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

// Stable: entries of one key keep their order. A digit that is the same everywhere costs no pass.
void radix_sort(std::vector<Keyed>& entries, std::vector<Keyed>& other) {
  constexpr std::uint32_t kBuckets = 1u << kDigit;
  std::array<std::array<std::uint32_t, kBuckets>, kPasses> places{};
  const auto digit = [](const Keyed& e, int pass) {
    return (e.key >> (pass * kDigit)) & (kBuckets - 1);
  };
  for (const Keyed& e : entries) {
    for (int pass = 0; pass < kPasses; ++pass)
      ++places[static_cast<std::size_t>(pass)][digit(e, pass)];
  }
  other.resize(entries.size());
  for (int pass = 0; pass < kPasses; ++pass) {
    auto& place = places[static_cast<std::size_t>(pass)];
    if (place[digit(entries.front(), pass)] == entries.size()) continue;
    std::uint32_t before = 0;
    for (std::uint32_t& p : place) before += std::exchange(p, before);
    for (const Keyed& e : entries) other[place[digit(e, pass)]++] = e;
    entries.swap(other);
  }
}

// Orders by value what the upper half of its bits has brought together.
void sort_within_keys(const std::vector<RankedRow>& rows, std::vector<Keyed>& entries) {
  const auto below = [&](const Keyed& a, const Keyed& b) { return rows[a.at].x < rows[b.at].x; };
  for (auto begin = entries.begin(); begin != entries.end();) {
    const auto end =
        std::find_if(begin + 1, entries.end(), [&](const Keyed& e) { return e.key != begin->key; });
    if (end - begin > 1 && !std::is_sorted(begin, end, below)) std::stable_sort(begin, end, below);
    begin = end;
  }
}

}  // namespace

void sort_rows(std::vector<RankedRow>& rows) {
  if (rows.size() < kRadixFrom) {
    std::sort(rows.begin(), rows.end(), [](const RankedRow& a, const RankedRow& b) {
      return std::tuple(a.stratum, a.x, -a.y, a.row) < std::tuple(b.stratum, b.x, -b.y, b.row);
    });
    return;
  }
  std::vector<Keyed> entries, other;
  entries.reserve(rows.size());
  for (const std::int8_t y : {std::int8_t{1}, std::int8_t{0}}) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].y != y) continue;
      entries.push_back({static_cast<std::uint32_t>(ordered_bits(rows[i].x) >> 32),
                         static_cast<std::uint32_t>(i)});
    }
  }
  radix_sort(entries, other);
  sort_within_keys(rows, entries);
  for (Keyed& e : entries) e.key = static_cast<std::uint32_t>(rows[e.at].stratum);
  radix_sort(entries, other);
  std::vector<RankedRow> sorted;
  sorted.reserve(rows.size());
  for (const Keyed& e : entries) sorted.push_back(rows[e.at]);
  rows.swap(sorted);
}

}  // namespace vrp::stats
