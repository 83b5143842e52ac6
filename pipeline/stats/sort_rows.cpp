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

struct Keyed {
  std::uint64_t key;
  std::uint32_t at;
};

// Bits that are ordered as the numbers are.
std::uint64_t ordered_bits(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x + 0.0);  // -0 becomes 0
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

// Stable: entries of one key keep their order. A digit that is the same everywhere costs no pass.
void radix_sort(std::vector<Keyed>& entries, std::vector<Keyed>& other) {
  other.resize(entries.size());
  for (int shift = 0; shift < 64; shift += kDigit) {
    std::array<std::uint32_t, 1u << kDigit> place{};
    const auto digit = [&](const Keyed& e) { return (e.key >> shift) & (place.size() - 1); };
    for (const Keyed& e : entries) ++place[digit(e)];
    if (place[digit(entries.front())] == entries.size()) continue;
    std::uint32_t before = 0;
    for (std::uint32_t& p : place) before += std::exchange(p, before);
    for (const Keyed& e : entries) other[place[digit(e)]++] = e;
    entries.swap(other);
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
      if (rows[i].y == y) entries.push_back({ordered_bits(rows[i].x), std::uint32_t(i)});
    }
  }
  radix_sort(entries, other);
  for (Keyed& e : entries) e.key = static_cast<std::uint32_t>(rows[e.at].stratum);
  radix_sort(entries, other);
  std::vector<RankedRow> sorted;
  sorted.reserve(rows.size());
  for (const Keyed& e : entries) sorted.push_back(rows[e.at]);
  rows.swap(sorted);
}

}  // namespace vrp::stats
