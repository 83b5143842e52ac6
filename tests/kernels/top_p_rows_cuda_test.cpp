// Top-p sampling on the device: the CPU's token, or none.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/top_p.hpp"
#include "kernels/top_p_rows.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"
#include "tests/kernels/stored_values.hpp"

using namespace vrp;

namespace {

struct Drawn {
  std::vector<std::int32_t> raw, settled;
  std::int64_t by_cpu = 0;
};

TopPRows sizes(std::int64_t vocab, const std::vector<double>& u, double temperature, double top_p) {
  TopPRows what;
  what.rows = std::ssize(u);
  what.vocab = vocab;
  what.stride = vocab + 3;
  what.temperature = temperature;
  what.top_p = top_p;
  return what;
}

/// Rows of `vocab` logits, three numbers apart.
std::vector<float> padded(const std::vector<float>& logits, std::int64_t vocab) {
  std::vector<float> out;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    out.push_back(logits[i]);
    if ((static_cast<std::int64_t>(i) + 1) % vocab == 0) out.insert(out.end(), 3, 1e30f);
  }
  return out;
}

Drawn draw(const std::vector<float>& logits, std::int64_t vocab, const std::vector<double>& u,
           double temperature, double top_p) {
  DeviceArray<float> there(padded(logits, vocab));
  DeviceArray<double> uniform(u);
  DeviceArray<std::int32_t> tokens(u.size());
  TopPRows what = sizes(vocab, u, temperature, top_p);
  what.logits = there.get();
  what.uniform = uniform.get();
  what.tokens = tokens.get();
  top_p_rows(Device::cuda, what);
  Drawn drawn{tokens.read(), std::vector<std::int32_t>(u.size())};
  drawn.by_cpu = top_p_settle(what, drawn.settled);
  return drawn;
}

std::vector<std::int32_t> on_cpu(const std::vector<float>& logits, std::int64_t vocab,
                                 const std::vector<double>& u, double temperature, double top_p) {
  const std::vector<float> rows = padded(logits, vocab);
  std::vector<std::int32_t> tokens(u.size());
  TopPRows what = sizes(vocab, u, temperature, top_p);
  what.logits = rows.data();
  what.uniform = u.data();
  what.tokens = tokens.data();
  top_p_rows(Device::cpu, what);
  return tokens;
}

std::vector<double> uniforms(std::int64_t count, std::uint32_t seed) {
  std::vector<double> u;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), seed, 1, 0}, {5, 6});
    u.push_back(uniform53(w.c0, w.c1));
  }
  return u;
}

/// Returns how many rows the CPU had to decide.
std::int64_t check(const std::vector<float>& logits, std::int64_t vocab,
                   const std::vector<double>& u, double temperature, double top_p) {
  INFO("vocabulary " << vocab << ", temperature " << temperature << ", top-p " << top_p);
  const std::vector<std::int32_t> want = on_cpu(logits, vocab, u, temperature, top_p);
  const Drawn got = draw(logits, vocab, u, temperature, top_p);
  for (std::size_t r = 0; r < want.size(); ++r) {
    INFO("row " << r << ", u " << u[r]);
    if (got.raw[r] != kTopPUndecided) CHECK(got.raw[r] == want[r]);
    CHECK(got.settled[r] == want[r]);
  }
  return got.by_cpu;
}

std::vector<float> with_ties(std::vector<float> logits) {
  for (float& z : logits) z = load(store<BrainFloat>(z));
  return logits;
}

}  // namespace

TEST_CASE("the device draws the CPU's token, for every setting and order of threads",
          "[kernels][cuda]") {
  std::int64_t by_cpu = 0, rows = 0;
  for (const std::int64_t vocab : {1, 2, 33, 1024, 5001}) {
    const std::vector<double> u = uniforms(3, static_cast<std::uint32_t>(vocab));
    const std::vector<float> logits = stored_noise<float>(8, 3 * vocab, 10);
    for (const double top_p : {0.05, 0.9, 1.0}) {
      for (const double temperature : {0.3, 2.0}) {
        in_every_order(
            [&] {
              by_cpu += check(logits, vocab, u, temperature, top_p);
              by_cpu += check(with_ties(logits), vocab, u, temperature, top_p);
              rows += 6;
            },
            vocab == 5001 ? 2 : 4);
      }
    }
  }
  INFO(by_cpu << " of " << rows << " rows");
  CHECK(by_cpu == 0);
}

TEST_CASE("many draws from one row fall where the CPU's fall", "[kernels][cuda]") {
  const std::int64_t vocab = 300, count = 40;
  const std::vector<float> row = with_ties(stored_noise<float>(9, vocab, 3));
  std::vector<float> logits;
  for (std::int64_t r = 0; r < count; ++r) logits.insert(logits.end(), row.begin(), row.end());
  for (const double top_p : {0.3, 0.9, 1.0}) {
    CHECK(check(logits, vocab, uniforms(count, 77), 1.0, top_p) == 0);
  }
}

TEST_CASE("equal logits keep their lowest ids; a boundary is left to the CPU", "[kernels][cuda]") {
  const std::vector<float> flat(8 * 64, 2.5f);
  // Half of 64 equal tokens is exactly reached by 32: on the edge, so either 32 or 33 are kept, and
  // draws clear of the edges of both are decided.
  const std::vector<double> u{0.0, 0.1, 0.4, 0.251, 0.5, 0.77, 0.99, 1 - 0x1p-53};
  check(flat, 64, u, 1.0, 0.5);
  check(flat, 64, u, 1.0, 0.51);
  check(flat, 64, u, 1.0, 1.0);
  CHECK(draw(std::vector<float>(64, 2.5f), 64, {0.25}, 1.0, 1.0).raw[0] == kTopPUndecided);
  CHECK(draw(std::vector<float>(64, 2.5f), 64, {0.2501}, 1.0, 1.0).raw[0] == 16);
  std::vector<float> zeros(64, 0.0f);
  zeros[3] = -0.0f;
  check(zeros, 64, {0.06}, 1.0, 0.4);
}

TEST_CASE("draws on the edge of a token are left to the CPU, from either side", "[kernels][cuda]") {
  const std::vector<float> flat(2048, 2.5f);
  CHECK(draw(flat, 2048, {40.0 / 2048}, 1.0, 1.0).raw[0] == kTopPUndecided);
  CHECK(draw(flat, 2048, {40.0 / 2048 - 0x1p-58}, 1.0, 1.0).raw[0] == kTopPUndecided);
  CHECK(draw(flat, 2048, {40.5 / 2048}, 1.0, 1.0).raw[0] == 40);
}

TEST_CASE("a mass to keep that is a running sum, or the next number above it", "[kernels][cuda]") {
  const std::int64_t vocab = 6;
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    const std::vector<float> row = stored_noise<float>(seed, vocab, 0.7);
    const double top = *std::max_element(row.begin(), row.end());
    std::vector<double> p, u;
    std::vector<float> logits;
    for (const float z : row) p.push_back(std::exp(z - top));
    double mass = 0, sum = 0;
    for (const double value : p) mass += value;
    std::sort(p.begin(), p.end(), std::greater<>());
    for (int i = 0; i < 10; ++i) {
      u.push_back((i + 0.5) / 10);
      logits.insert(logits.end(), row.begin(), row.end());
    }
    for (int k = 0; k + 1 < vocab; ++k) {
      sum += p[static_cast<std::size_t>(k)];
      check(logits, vocab, u, 1.0, sum / mass);  // reached with equality, in the CPU's rounding
      check(logits, vocab, u, 1.0, std::nextafter(sum / mass, 2.0));
    }
  }
}

TEST_CASE("a last token that only the device's rounding would keep", "[kernels][cuda]") {
  // Descending logits, so that the token behind the kept ones is drawn by the largest u, if it is.
  std::vector<float> row = stored_noise<float>(3, 400, 0.4);
  std::sort(row.begin(), row.end(), std::greater<>());
  std::vector<double> running;
  double mass = 0;
  for (const float z : row) running.push_back(mass += std::exp(double{z} - row[0]));
  for (std::size_t k = 5; k + 2 < row.size(); k += 11) {
    const double u = 1 - 0.5 * (running[k + 1] - running[k]) / running[k + 1];
    check(row, 400, {u}, 1.0, running[k] / mass);
  }
}

TEST_CASE("targets of the search that are exactly reached", "[kernels][cuda]") {
  // The larger of two logits has the mass 2^44; the targets pass it in steps of one.
  const std::vector<float> two{0.0f, -1.0f};
  const double total = 0x1p44 * (1 + std::exp(-1.0));
  for (int units = -24; units <= 24; ++units) {
    check(two, 2, {0.3}, 1.0, (0x1p44 + units + 0.5) / total);
  }
}

TEST_CASE("logits whose probabilities differ by less than rounding are left to the CPU",
          "[kernels][cuda]") {
  // One token of mass 1, and 40 that the CPU sees as equal (by id) though their logits differ.
  std::vector<float> logits(41);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = 1e-30f * static_cast<float>(i);
  const Drawn drawn = draw(logits, 41, {0.3}, 1.0, 0.5);
  CHECK(drawn.raw[0] == kTopPUndecided);
  CHECK(drawn.settled == on_cpu(logits, 41, {0.3}, 1.0, 0.5));
}

TEST_CASE("extremes: one huge logit, a tiny temperature, the whole range", "[kernels][cuda]") {
  std::vector<float> logits = stored_noise<float>(4, 500, 10);
  logits[321] = 3e38f;
  logits[5] = -3e38f;
  CHECK(check(logits, 500, {0.999}, 1.0, 1.0) == 0);
  CHECK(draw(logits, 500, {0.999}, 1.0, 0.9).raw[0] == 321);
  logits[321] = 0;
  CHECK(check(logits, 500, {0.5}, 1e-300, 0.9) == 0);
  check(logits, 500, {0.5}, 1e300, 0.9);
  check(logits, 500, {0.0}, 1.0, 1.0);
  check(logits, 500, {1 - 0x1p-53}, 1.0, 1.0);
}

TEST_CASE("a row with a logit that is not finite says so and leaves its neighbours",
          "[kernels][cuda]") {
  std::vector<float> logits = stored_noise<float>(4, 300, 10);
  logits[150] = std::numeric_limits<float>::quiet_NaN();
  DeviceArray<float> there(padded(logits, 100));
  DeviceArray<double> uniform(std::vector<double>(3, 0.5));
  DeviceArray<std::int32_t> tokens(std::size_t{3});
  TopPRows what = sizes(100, {0.5, 0.5, 0.5}, 1, 0.9);
  what.logits = there.get();
  what.uniform = uniform.get();
  what.tokens = tokens.get();
  top_p_rows(Device::cuda, what);
  const std::vector<std::int32_t> got = tokens.read();
  CHECK(got[0] >= 0);
  CHECK(got[1] == kTopPNotFinite);
  CHECK(got[2] >= 0);
  std::vector<std::int32_t> settled(3);
  CHECK_THROWS_WITH(top_p_settle(what, settled), Catch::Contains("non-finite logits: entry 50"));
  what.top_p = 0;
  CHECK_THROWS_WITH(top_p_rows(Device::cuda, what), Catch::Contains("mass to keep is 0"));
  what.top_p = 1;
  what.temperature = 0;
  CHECK_THROWS_WITH(top_p_rows(Device::cuda, what), Catch::Contains("temperature is 0"));
  what.temperature = 1;
  what.stride = 99;
  CHECK_THROWS_WITH(top_p_rows(Device::cuda, what), Catch::Contains("distance of rows is 99"));
}
