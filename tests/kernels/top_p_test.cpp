#include "kernels/top_p.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "kernels/philox.hpp"

using vrp::arg_max;
using vrp::token_statistics;
using vrp::top_p_distribution;
using vrp::top_p_token;

namespace {

/// Logits whose softmax is p.
std::vector<float> logits_of(const std::vector<double>& p) {
  std::vector<float> logits;
  for (const double value : p) logits.push_back(static_cast<float>(std::log(value)));
  return logits;
}

std::vector<float> random_logits(std::uint32_t seed, int count) {
  std::vector<float> logits;
  for (int i = 0; i < count; ++i) {
    const auto w = vrp::philox4x32_10({static_cast<std::uint32_t>(i), seed, 0, 0}, {3, 5});
    logits.push_back(static_cast<float>(16 * vrp::uniform53(w.c0, w.c1)));
  }
  return logits;
}

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO("entry " << i << ": " << found[i] << ", expected " << expected[i]);
    CHECK(std::abs(found[i] - expected[i]) <= 1e-7);
  }
}

/// The definition, by a full sort: the specification that the incremental one is held to.
std::vector<double> by_full_sort(const std::vector<float>& logits, double temperature,
                                 double top_p) {
  const double top = *std::max_element(logits.begin(), logits.end());
  std::vector<std::pair<double, int>> order;
  double mass = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    order.emplace_back(-std::exp((logits[i] - top) / temperature), static_cast<int>(i));
    mass -= order.back().first;
  }
  std::sort(order.begin(), order.end());
  double running = 0;
  std::vector<double> p(logits.size(), 0);
  for (const auto& [negative, id] : order) {
    p[static_cast<std::size_t>(id)] = -negative;
    running -= negative;
    if (running / mass >= top_p) break;
  }
  double kept = 0;
  for (const double value : p) kept += value;
  for (double& value : p) value /= kept;
  return p;
}

}  // namespace

TEST_CASE("the token that crosses top_p is kept, the rest is dropped", "[kernels][top_p]") {
  const auto logits = logits_of({0.1, 0.5, 0.15, 0.25});
  check_close(top_p_distribution(logits, 1.0, 0.7), {0, 2.0 / 3, 0, 1.0 / 3});
  check_close(top_p_distribution(logits, 1.0, 0.8), {0, 0.5 / 0.9, 0.15 / 0.9, 0.25 / 0.9});
  check_close(top_p_distribution(logits, 1.0, 1.0), {0.1, 0.5, 0.15, 0.25});
  check_close(top_p_distribution(logits, 1.0, 1e-9), {0, 1, 0, 0});
}

TEST_CASE("temperature sharpens before the cut", "[kernels][top_p]") {
  // p^2 / sum p^2 = {0.01, 0.25, 0.0225, 0.0625} / 0.345
  const auto logits = logits_of({0.1, 0.5, 0.15, 0.25});
  check_close(top_p_distribution(logits, 0.5, 1.0),
              {0.01 / 0.345, 0.25 / 0.345, 0.0225 / 0.345, 0.0625 / 0.345});
  check_close(top_p_distribution(logits, 0.5, 0.9), {0, 0.25 / 0.3125, 0, 0.0625 / 0.3125});
}

TEST_CASE("equal probabilities are taken lowest id first", "[kernels][top_p]") {
  check_close(top_p_distribution(std::vector<float>(4, 1.5f), 0.7, 0.5), {0.5, 0.5, 0, 0});
  check_close(top_p_distribution(std::vector<float>(4, 1.5f), 0.7, 0.51),
              {1.0 / 3, 1.0 / 3, 1.0 / 3, 0});
  check_close(top_p_distribution(std::vector<float>{2.0f}, 0.7, 0.9), {1});
}

TEST_CASE("a token is the first id whose running sum exceeds u", "[kernels][top_p]") {
  const std::vector<float> logits(4, 0.0f);  // a quarter each, exactly
  CHECK(top_p_token(logits, 1.0, 1.0, 0.0) == 0);
  CHECK(top_p_token(logits, 1.0, 1.0, 0.2499999) == 0);
  CHECK(top_p_token(logits, 1.0, 1.0, 0.25) == 1);
  CHECK(top_p_token(logits, 1.0, 1.0, 0.5) == 2);
  CHECK(top_p_token(logits, 1.0, 1.0, std::nextafter(1.0, 0.0)) == 3);
  // In ascending id order, not in order of probability.
  CHECK(top_p_token(logits_of({0.1, 0.9}), 1.0, 1.0, 0.05) == 0);
  // Tokens cut off cannot be drawn.
  CHECK(top_p_token(logits_of({0.1, 0.5, 0.15, 0.25}), 1.0, 0.7, 0.0) == 1);
  CHECK(top_p_token(logits_of({0.1, 0.5, 0.15, 0.25}), 1.0, 0.7, 0.67) == 3);
}

TEST_CASE("flat distributions, where the kept prefix is long, agree with a full sort",
          "[kernels][top_p]") {
  for (const double temperature : {0.7, 4.0, 100.0}) {
    for (const double top_p : {0.3, 0.9, 0.999, 1.0}) {
      const auto logits = random_logits(static_cast<std::uint32_t>(10 * temperature), 1500);
      const auto found = top_p_distribution(logits, temperature, top_p);
      const auto expected = by_full_sort(logits, temperature, top_p);
      for (std::size_t i = 0; i < found.size(); ++i) {
        INFO("temperature " << temperature << ", top_p " << top_p << ", id " << i);
        REQUIRE(std::abs(found[i] - expected[i]) <= 1e-12);
        REQUIRE((found[i] > 0) == (expected[i] > 0));
      }
    }
  }
}

TEST_CASE("draws follow the distribution", "[kernels][top_p]") {
  const auto logits = random_logits(1, 12);
  const auto p = top_p_distribution(logits, 2.0, 0.95);
  constexpr int n = 50'000;
  std::vector<int> counts(p.size(), 0);
  for (int i = 0; i < n; ++i) {
    const auto w = vrp::philox4x32_10({static_cast<std::uint32_t>(i), 9, 0, 0}, {1, 1});
    ++counts[static_cast<std::size_t>(top_p_token(logits, 2.0, 0.95, vrp::uniform53(w.c0, w.c1)))];
  }
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double error = 5 * std::sqrt(p[i] * (1 - p[i]) / n) + 1e-12;
    INFO("id " << i << ": share " << counts[i] / double{n} << ", probability " << p[i]);
    CHECK(std::abs(counts[i] / double{n} - p[i]) <= error);
  }
}

TEST_CASE("statistics of a distribution have their closed forms", "[kernels][top_p]") {
  const std::vector<double> p = {0.1, 0.5, 0.15, 0.25};
  const auto s = token_statistics(logits_of(p), 3);
  double entropy = 0;
  for (const double value : p) entropy -= value * std::log(value);
  CHECK(std::abs(s.logprob - std::log(0.25)) <= 1e-6);
  CHECK(std::abs(s.entropy - entropy) <= 1e-6);
  CHECK(std::abs(s.max_probability - 0.5) <= 1e-7);
  CHECK(s.top1 == static_cast<float>(std::log(0.5)));
  CHECK(s.top2 == static_cast<float>(std::log(0.25)));

  const auto flat = token_statistics(std::vector<float>(1000, 80.0f), 999);
  CHECK(std::abs(flat.entropy - std::log(1000.0)) <= 1e-12);
  CHECK(std::abs(flat.logprob + std::log(1000.0)) <= 1e-12);
  CHECK(flat.top1 == 80.0f);
  CHECK(flat.top2 == 80.0f);

  // Far below the maximum: ln P stays finite where P itself would be 0.
  const auto far = token_statistics(std::vector<float>{0.0f, -2000.0f}, 1);
  CHECK(far.logprob == -2000.0);
  CHECK(far.entropy == 0.0);
  CHECK(far.max_probability == 1.0);
}

TEST_CASE("the arg max is the lowest id on ties", "[kernels][top_p]") {
  CHECK(arg_max(std::vector<float>{1, 3, 2, 3}) == 1);
  CHECK(arg_max(std::vector<float>{-5}) == 0);
}

TEST_CASE("what is not a distribution or not a choice is refused", "[kernels][top_p]") {
  const std::vector<float> good = {1, 2};
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, infinity, -infinity}) {
    const std::vector<float> row = {1, bad, 2};
    CHECK_THROWS_AS(top_p_distribution(row, 1, 0.9), std::invalid_argument);
    CHECK_THROWS_AS(token_statistics(row, 0), std::invalid_argument);
    CHECK_THROWS_AS(arg_max(row), std::invalid_argument);
  }
  CHECK_THROWS_AS(arg_max({}), std::invalid_argument);
  for (const double temperature : {0.0, -1.0, double{nan}, double{infinity}}) {
    CHECK_THROWS_AS(top_p_distribution(good, temperature, 0.9), std::invalid_argument);
  }
  for (const double top_p : {0.0, -0.1, 1.1, double{nan}}) {
    CHECK_THROWS_AS(top_p_distribution(good, 1, top_p), std::invalid_argument);
  }
  for (const double u : {-0.1, 1.0, double{nan}}) {
    CHECK_THROWS_AS(top_p_token(good, 1, 0.9, u), std::invalid_argument);
  }
  CHECK_THROWS_AS(token_statistics(good, 2), std::invalid_argument);
  CHECK_THROWS_AS(token_statistics(good, -1), std::invalid_argument);
}
