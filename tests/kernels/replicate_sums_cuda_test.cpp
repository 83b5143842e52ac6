// The bootstrap's sums on the device against the CPU specification: the same integers and bits.
#include "kernels/replicate_sums.hpp"
#include "ranked_signals.hpp"
#include "twin_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

void check(const RankedExample& e, int orders) {
  const Multiplicities m = e.multiplicities();
  std::vector<WeightedRanks> want(e.rows.size() * static_cast<std::size_t>(e.replicates));
  weighted_ranks(Device::cpu, e.signals(), m, want);
  DeviceArray<RankEntry> entries(e.entries);
  DeviceArray<std::uint8_t> weights(e.weights);
  in_every_order(
      [&] {
        DeviceArray<WeightedRanks> sums(want.size());
        weighted_ranks(Device::cuda, {entries.get(), e.signals().signals, e.length},
                       {weights.get(), e.units, e.replicates}, sums.span());
        CHECK(same_bytes(sums.read(), want));
      },
      orders);
}

/// Values over 30 powers of ten, so that any other order or a fused product has other bits.
std::vector<MomentTerms> moment_terms(std::uint32_t seed, std::int64_t count) {
  std::vector<MomentTerms> terms;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto value = [&](std::uint32_t stream) {
      return (draw(seed, stream, i) - 0.5) * std::pow(10, 30 * draw(seed, stream + 1, i) - 15);
    };
    terms.push_back({value(300), std::abs(value(302)), value(304)});
  }
  return terms;
}

void check_moments(std::uint32_t seed, std::int64_t signals, const RankedExample& e, int orders) {
  const auto terms = moment_terms(seed, signals * e.units);
  std::vector<MomentTerms> want(static_cast<std::size_t>(signals * e.replicates));
  weighted_moments(Device::cpu, terms, signals, e.multiplicities(), want);
  DeviceArray<MomentTerms> there(terms);
  DeviceArray<std::uint8_t> weights(e.weights);
  in_every_order(
      [&] {
        DeviceArray<MomentTerms> sums(want.size());
        weighted_moments(Device::cuda, {there.get(), terms.size()}, signals,
                         {weights.get(), e.units, e.replicates}, sums.span());
        CHECK(same_bytes(sums.read(), want));
      },
      orders);
}

}  // namespace

TEST_CASE("weighted ranks on the device are the CPU's integers", "[kernels][cuda][bootstrap]") {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    INFO("seed " << seed);
    check(ranked_example(seed, 1, 3), 4);
    check(ranked_example(seed, 37, 300), 4);  // two blocks, the second with idle threads
    check(ranked_example(seed, 600, 257), 2);
  }
}

TEST_CASE("weighted ranks stay exact where 32 bits would not hold them",
          "[kernels][cuda][bootstrap]") {
  // 60,000 rows of weight 255: 7.65e6 a class, 1.2e14 twice the wins.
  RankedExample e;
  e.units = 1;
  e.replicates = 2;
  e.weights = {255, 1};
  e.rows.resize(1);
  for (std::uint32_t i = 0; i < 60000; ++i)
    e.rows[0].push_back({0, draw(1, 400, i), i % 2 == 0, 0});
  e.entries = sorted_entries(e.rows[0]);
  e.length = 60000;
  check(e, 1);
}

TEST_CASE("weighted moments on the device have the CPU's bits", "[kernels][cuda][bootstrap]") {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    check_moments(seed, 3, ranked_example(seed, 1, 3), 4);
    check_moments(seed, 5, ranked_example(seed, 600, 257), 2);
  }
}

TEST_CASE("no signals, replicates, entries or units are no work", "[kernels][cuda][bootstrap]") {
  const RankedExample e = ranked_example(1, 3, 2);
  DeviceArray<RankEntry> entries(e.entries);
  DeviceArray<std::uint8_t> weights(e.weights);
  DeviceArray<WeightedRanks> sums(2);
  DeviceArray<MomentTerms> moments(2);
  weighted_ranks(Device::cuda, {nullptr, 0, 0}, {weights.get(), 3, 2}, {});
  weighted_ranks(Device::cuda, {entries.get(), 1, 3}, {nullptr, 3, 0}, {});
  weighted_moments(Device::cuda, {}, 0, {weights.get(), 3, 2}, {});
  weighted_ranks(Device::cuda, {nullptr, 1, 0}, {weights.get(), 3, 2}, sums.span());
  CHECK(sums.read()[1].pairs == 0);
  weighted_moments(Device::cuda, {}, 1, {nullptr, 0, 2}, moments.span());
  CHECK(moments.read()[1].xx == 0);
}

TEST_CASE("an entry of a unit that is not there is refused by either device",
          "[kernels][cuda][bootstrap]") {
  RankedExample e = ranked_example(1, 9, 2);
  std::vector<WeightedRanks> out(12);
  DeviceArray<std::uint8_t> weights(e.weights);
  DeviceArray<WeightedRanks> sums(12);
  for (const std::uint32_t unit : {9u, 77u, static_cast<std::uint32_t>(kMostUnits - 1)}) {
    e.entries[4] = rank_entry(unit, kPositive);
    DeviceArray<RankEntry> entries(e.entries);
    const std::string cpu =
        refusal([&] { weighted_ranks(Device::cpu, e.signals(), e.multiplicities(), out); });
    CHECK(cpu.starts_with("weighted_ranks: unit of an entry is "));
    CHECK(refusal([&] {
            weighted_ranks(Device::cuda, {entries.get(), 6, e.length}, {weights.get(), 9, 2},
                           sums.span());
          }) == cpu);
  }
}
