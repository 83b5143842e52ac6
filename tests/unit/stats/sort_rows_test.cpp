#include "pipeline/stats/sort_rows.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <tuple>

#include "data.hpp"

using namespace vrp::stats;

TEST_CASE("rows are sorted by stratum, value, label and row, however many there are",
          "[stats][sort]") {
  const double inf = std::numeric_limits<double>::infinity();
  const double special[] = {0.0,   -0.0,   inf, -inf, 1e-310, -1e-310,
                            1e300, -1e300, 0.1, -0.1, 1.0,    std::nextafter(1.0, 2.0)};
  const test::Draws draws("sort"), label("sort y");
  for (const std::size_t n : {0u, 1u, 50u, 4095u, 4096u, 20000u}) {
    for (const int strata : {1, 5, 3000}) {
      std::vector<RankedRow> rows;
      for (std::size_t i = 0; i < n; ++i) {
        const double u = draws.uniform(i, 1);
        const double x = u < 0.3   ? special[static_cast<std::size_t>(40 * u)]
                         : u < 0.6 ? std::round(20 * draws.normal(i, 2)) / 20
                                   : 1e3 * draws.normal(i, 2);
        rows.push_back({static_cast<std::int32_t>(i * 7919 % static_cast<std::size_t>(strata)), x,
                        static_cast<std::int8_t>(label.chance(0.6, i) ? 1 : 0),
                        static_cast<std::int32_t>(3 * i)});
      }
      std::vector<RankedRow> expected = rows;
      std::sort(expected.begin(), expected.end(), [](const RankedRow& a, const RankedRow& b) {
        return std::tuple(a.stratum, a.x, -a.y, a.row) < std::tuple(b.stratum, b.x, -b.y, b.row);
      });
      sort_rows(rows);
      REQUIRE(rows.size() == n);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const RankedRow &a = rows[i], &b = expected[i];
        wrong += a.row != b.row || a.x != b.x || a.y != b.y || a.stratum != b.stratum ? 1 : 0;
      }
      INFO(n << " rows, " << strata << " strata");
      CHECK(wrong == 0);
    }
  }
}
