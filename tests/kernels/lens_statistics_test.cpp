#include "kernels/lens_statistics.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "kernels/philox.hpp"
#include "kernels/top_p.hpp"

using namespace vrp;

namespace {

using Ids = std::vector<std::int32_t>;

LensRow statistics(const std::vector<float>& logits, const LensTokens& tokens, bool lse = false) {
  LensRow row;
  lens_statistics(logits, std::ssize(logits), tokens, lse, {&row, 1});
  return row;
}

bool has(std::span<const std::int32_t> ids, std::int32_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// The definition by a full sort of all tokens, largest logit first and lowest id on ties.
void check_by_sort(const std::vector<float>& z, const LensTokens& tokens) {
  const LensRow row = statistics(z, tokens);
  Ids order;
  for (std::int32_t v = 0; v < std::ssize(z); ++v) order.push_back(v);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return z[static_cast<std::size_t>(a)] > z[static_cast<std::size_t>(b)];
  });
  const auto first_of = [&](auto&& keep) {
    const auto found = std::find_if(order.begin(), order.end(), keep);
    return found == order.end() ? -1 : *found;
  };
  const auto right = first_of([&](std::int32_t v) { return has(tokens.target, v); });
  const auto wrong = first_of([&](std::int32_t v) {
    if (has(tokens.target, v) || has(tokens.ignored, v)) return false;
    return tokens.rivals.empty() || has(tokens.rivals, v);
  });
  CHECK(row.target_token == right);
  CHECK(row.rival_token == wrong);
  CHECK(row.target == z[static_cast<std::size_t>(right)]);
  if (wrong >= 0) CHECK(row.rival == z[static_cast<std::size_t>(wrong)]);
  std::int32_t rank = 1;
  for (std::int32_t v = 0; v < std::ssize(z); ++v) {
    const bool counts = !has(tokens.target, v) && !has(tokens.ignored, v);
    if (counts && z[static_cast<std::size_t>(v)] > row.target) ++rank;
  }
  CHECK(row.rank == rank);
  CHECK(row.top1 == z[static_cast<std::size_t>(order[0])]);
  CHECK(row.top2 == z[static_cast<std::size_t>(order[1])]);
}

}  // namespace

TEST_CASE("lens statistics agree with a full sort", "[kernel][lens]") {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    std::vector<float> z;
    for (std::uint32_t i = 0; i < 50; ++i) {
      const auto w = philox4x32_10({i, seed, 0, 0}, {7, 9});
      z.push_back(static_cast<float>(w.c0 % 23) / 4.0f - 2.0f);  // with ties
    }
    const auto id = [&](std::uint32_t i) {
      return static_cast<std::int32_t>(philox4x32_10({i, seed, 1, 0}, {7, 9}).c0 % 50);
    };
    const Ids target{id(0), id(1), id(2)}, rivals{id(3), id(4), id(0)},
        ignored{id(5), id(6), id(1)};
    check_by_sort(z, {.target = target});
    check_by_sort(z, {.target = target, .ignored = ignored});
    check_by_sort(z, {.target = target, .rivals = rivals});
    check_by_sort(z, {.target = target, .rivals = rivals, .ignored = ignored});
  }
}

TEST_CASE("lens statistics without a set say so", "[kernel][lens]") {
  const std::vector<float> z{1, 3, 2};
  const LensRow none = statistics(z, {});
  CHECK(std::isnan(none.target));
  CHECK(std::isnan(none.rival));
  CHECK(std::isnan(none.margin()));
  CHECK(none.target_token == -1);
  CHECK(none.rival_token == -1);
  CHECK(none.rank == -1);
  CHECK(std::isnan(none.first));
  CHECK(std::isnan(none.log_sum_exp));
  CHECK(none.top1 - none.top2 == 1);
  const Ids all{0, 1, 2};
  const LensRow alone = statistics(z, {.target = all});
  CHECK(alone.rank == 1);
  CHECK(alone.rival_token == -1);
  CHECK(std::isnan(alone.margin()));
  const LensRow single = statistics({5}, {});
  CHECK(single.top1 == 5);
  CHECK(single.top2 == 5);
}

TEST_CASE("two more sets and the log of the sum", "[kernel][lens]") {
  const std::vector<float> z{0.5f, -1, 80, 3, 3};
  const Ids yes{1, 3}, no{0}, target{4};
  const LensRow row = statistics(z, {.target = target, .first = yes, .second = no}, true);
  CHECK(row.first == 3);
  CHECK(row.second == 0.5f);
  CHECK(row.rank == 2);  // a tie does not push it down
  CHECK(row.margin() == -77);
  CHECK(row.target - row.log_sum_exp == Approx(token_statistics(z, 4).logprob).margin(1e-12));
}

TEST_CASE("lens statistics of a row do not depend on the rows beside it", "[kernel][lens]") {
  const std::vector<float> z{1, 2, 3, 9, 8, 7};
  const Ids target{2};
  std::vector<LensRow> rows(2);
  lens_statistics(z, 3, {.target = target}, false, rows);
  CHECK(rows[0].margin() == 1);
  CHECK(rows[1].margin() == -2);
  CHECK(rows[1].rank == 3);
}

TEST_CASE("lens statistics refuse what they cannot read", "[kernel][lens]") {
  const std::vector<float> z{1, 2, 3};
  const Ids outside{3}, negative{-1};
  CHECK_THROWS_AS(statistics(z, {.target = outside}), std::invalid_argument);
  CHECK_THROWS_AS(statistics(z, {.rivals = negative}), std::invalid_argument);
  CHECK_THROWS_AS(statistics(z, {.ignored = outside}), std::invalid_argument);
  CHECK_THROWS_AS(statistics(z, {.first = outside}), std::invalid_argument);
  CHECK_THROWS_AS(statistics(z, {.second = negative}), std::invalid_argument);
  CHECK_THROWS_WITH(statistics({1, NAN, 2}, {}), Catch::Contains("logit 1 of row 0"));
  CHECK_THROWS_AS(statistics({1, INFINITY}, {}), std::invalid_argument);
  std::vector<LensRow> two(2);
  CHECK_THROWS_AS(lens_statistics(z, 3, {}, false, two), std::invalid_argument);
  CHECK_THROWS_AS(lens_statistics({}, 0, {}, false, {}), std::invalid_argument);
}
