#include "pipeline/stats/resample.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "data.hpp"
#include "pipeline/base/error.hpp"

using namespace vrp::stats;

TEST_CASE("a replicate draws as many units as there are", "[stats][resample]") {
  const vrp::PhiloxKey key = bootstrap_key(7, "test");
  for (const std::size_t units : {1u, 2u, 3u, 5u, 100u, 1003u}) {
    std::vector<std::uint32_t> m(units);
    draw_multiplicities(key, 12, m);
    CHECK(std::accumulate(m.begin(), m.end(), std::size_t{0}) == units);
  }
}

TEST_CASE("draws depend on seed, purpose and replicate and on nothing else", "[stats][resample]") {
  const auto draw = [](std::uint64_t seed, const char* purpose, std::int64_t b) {
    std::vector<std::uint32_t> m(50);
    draw_multiplicities(bootstrap_key(seed, purpose), b, m);
    return m;
  };
  CHECK(draw(1, "a", 0) == draw(1, "a", 0));
  std::set<std::vector<std::uint32_t>> different = {draw(1, "a", 0), draw(2, "a", 0),
                                                    draw(1, "b", 0), draw(1, "a", 1),
                                                    draw(1, "a", std::int64_t{1} << 32)};
  CHECK(different.size() == 5);
}

TEST_CASE("every unit is drawn with the same chance", "[stats][resample]") {
  constexpr std::size_t kUnits = 37;
  constexpr std::int64_t kDraws = 4000;
  std::vector<std::uint32_t> m(kUnits);
  std::vector<double> total(kUnits), squares(kUnits);
  for (std::int64_t b = 0; b < kDraws; ++b) {
    draw_multiplicities(bootstrap_key(3, "uniform"), b, m);
    for (std::size_t u = 0; u < kUnits; ++u) {
      total[u] += m[u];
      squares[u] += m[u] * m[u];
    }
  }
  // A multiplicity is binomial(37, 1/37): mean 1, variance 36/37.
  double chi_square = 0, second = 0;
  for (std::size_t u = 0; u < kUnits; ++u) {
    chi_square += (total[u] - kDraws) * (total[u] - kDraws) / (kDraws * 36.0 / 37);
    second += squares[u];
  }
  CHECK(chi_square > 14);  // 36 degrees of freedom: outside 14 .. 68 once in a thousand
  CHECK(chi_square < 68);
  CHECK(second / (kDraws * kUnits) == Approx(1 + 36.0 / 37).epsilon(0.02));
}

TEST_CASE("rows of a group enter together", "[stats][resample]") {
  const ResampleUnits units = group_units(std::vector<std::int32_t>{2, 0, 1, 0, 2});
  CHECK(units.count == 3);
  const std::vector<std::uint32_t> w = row_weights(bootstrap_key(1, "g"), 4, units);
  CHECK(w[1] == w[3]);
  CHECK(w[0] == w[4]);
  CHECK(w[0] + w[1] + w[2] == 3);
  CHECK_THROWS_AS(group_units(std::vector<std::int32_t>{0, 2}), vrp::Error);
  CHECK_THROWS_AS(group_units(std::vector<std::int32_t>{-1}), vrp::Error);
}

TEST_CASE("blocks of replicates follow one another without gaps", "[stats][resample]") {
  for (const int parts : {1, 3, 7, 16}) {
    std::int64_t next = 0;
    for (int part = 0; part < parts; ++part) {
      const ReplicateRange range = replicate_block(10, part, parts);
      CHECK(range.first == next);
      CHECK(range.count >= 10 / parts);
      CHECK(range.count <= 10 / parts + 1);
      next += range.count;
    }
    CHECK(next == 10);
  }
}

TEST_CASE("draw j is word j % 4 of block j / 4, counted in wide and in narrow counters",
          "[stats][resample]") {
  const vrp::PhiloxKey key = bootstrap_key(5, "words");
  for (const std::uint32_t units : {1u, 5u, 127u, 128u, 129u, 1000u}) {
    for (const std::int64_t b : {std::int64_t{0}, std::int64_t{9999}, std::int64_t{1} << 33}) {
      std::vector<std::uint32_t> expected(units), wide(units);
      for (std::uint32_t j = 0; j < units; ++j) {
        const vrp::PhiloxCounter w = vrp::philox4x32_10(
            {j / 4, 0, static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)}, key);
        const std::uint32_t words[4] = {w.c0, w.c1, w.c2, w.c3};
        ++expected[(std::uint64_t{words[j % 4]} * units) >> 32];
      }
      std::vector<std::uint8_t> narrow(units);
      draw_multiplicities(key, b, wide);
      draw_narrow_multiplicities(key, b, narrow);
      INFO(units << " units, replicate " << b);
      CHECK(wide == expected);
      CHECK(std::vector<std::uint32_t>(narrow.begin(), narrow.end()) == expected);
    }
  }
}

TEST_CASE("labels are permuted inside their stratum", "[stats][resample]") {
  const std::vector<std::int8_t> y{1, 1, 1, 0, kNoLabel, 0, 0, 0, 0, 1};
  const std::vector<std::int32_t> strata{0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  std::set<std::vector<std::int8_t>> seen;
  std::vector<int> place(10, 0);
  for (std::int64_t b = 0; b < 400; ++b) {
    const std::vector<std::int8_t> p = permuted_labels(bootstrap_key(1, "p"), b, y, strata);
    CHECK(p[0] + p[1] + p[2] + p[3] == 3);
    CHECK(p[4] == kNoLabel);
    CHECK(p[5] + p[6] + p[7] + p[8] + p[9] == 1);
    for (std::size_t i = 0; i < 10; ++i) place[i] += p[i] == 1 ? 1 : 0;
    seen.insert(p);
  }
  CHECK(seen.size() == 20);  // 4 x 5 arrangements
  CHECK(place[3] == Approx(300).margin(45));
  CHECK(place[5] == Approx(80).margin(40));
}
