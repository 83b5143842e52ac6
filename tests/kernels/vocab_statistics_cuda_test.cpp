// Statistics over a vocabulary in chunks: the fold's specification against lens_statistics and
// token_statistics over whole rows, and the device against the specification.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/top_p.hpp"
#include "kernels/vocab_statistics.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"
#include "tests/kernels/stored_values.hpp"

using namespace vrp;

namespace {

/// Rows of logits with many ties (bfloat16), or few; and how the vocabulary is cut.
struct Setting {
  std::int64_t rows, vocab;
  std::vector<std::int64_t> cuts;  ///< begins of chunks after the first
  std::vector<float> logits;
  std::vector<std::uint8_t> roles;
  std::vector<std::int32_t> row_target;
};

Setting setting(std::int64_t rows, std::int64_t vocab, std::vector<std::int64_t> cuts, bool ties) {
  Setting s{rows, vocab, std::move(cuts), {}, {}, {}};
  s.logits = stored_noise<float>(7, rows * vocab, 12);
  if (ties) {
    for (float& z : s.logits) z = load(store<BrainFloat>(z));
  }
  return s;
}

std::vector<VocabState> fold(Device device, const Setting& s) {
  DeviceArray<float> there(s.logits);
  DeviceArray<std::uint8_t> roles(s.roles);
  DeviceArray<std::int32_t> targets(s.row_target);
  DeviceArray<VocabState> device_states(static_cast<std::size_t>(s.rows));
  std::vector<VocabState> states(static_cast<std::size_t>(s.rows));
  const bool cpu = device == Device::cpu;
  VocabChunk chunk;
  chunk.rows = s.rows;
  chunk.stride = s.vocab;
  chunk.states = cpu ? states.data() : device_states.get();
  if (!s.roles.empty()) chunk.roles = cpu ? s.roles.data() : roles.get();
  if (!s.row_target.empty()) chunk.row_target = cpu ? s.row_target.data() : targets.get();
  vocab_begin(device, chunk.states, s.rows);
  for (const VocabPass pass : {VocabPass::targets, VocabPass::statistics}) {
    std::int64_t first = 0;
    for (std::size_t c = 0; c <= s.cuts.size(); ++c) {
      const std::int64_t end = c < s.cuts.size() ? s.cuts[c] : s.vocab;
      chunk.first = first;
      chunk.count = end - first;
      chunk.logits = (cpu ? s.logits.data() : there.get()) + first;
      vocab_fold(device, chunk, pass);
      first = end;
    }
  }
  return cpu ? states : device_states.read();
}

bool close(double a, double b) {
  return std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b)) || (std::isnan(a) && std::isnan(b));
}
bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void check_row(const VocabRow& got, const LensRow& want) {
  CHECK(same(got.lens.target, want.target));
  CHECK(same(got.lens.rival, want.rival));
  CHECK(got.lens.target_token == want.target_token);
  CHECK(got.lens.rival_token == want.rival_token);
  CHECK(got.lens.rank == want.rank);
  CHECK(same(got.lens.top1, want.top1));
  CHECK(same(got.lens.top2, want.top2));
  CHECK(same(got.lens.first, want.first));
  CHECK(same(got.lens.second, want.second));
  CHECK(close(got.lens.log_sum_exp, want.log_sum_exp));
}

void check_device(const Setting& s) {
  const std::vector<VocabState> want = fold(Device::cpu, s);
  std::vector<VocabState> first;
  in_every_order(
      [&] {
        const std::vector<VocabState> got = fold(Device::cuda, s);
        if (first.empty()) first = got;
        CHECK(std::memcmp(first.data(), got.data(), got.size() * sizeof(VocabState)) == 0);
        for (std::size_t r = 0; r < want.size(); ++r) {
          INFO("row " << r);
          // Keys and counts are exact: the first eight numbers.
          CHECK(std::memcmp(&got[r], &want[r], offsetof(VocabState, mass)) == 0);
          CHECK(close(got[r].mass, want[r].mass));
          CHECK(close(got[r].weighted, want[r].weighted));
        }
      },
      4);
}

void check_lens(Setting s, const LensTokens& tokens) {
  INFO(s.rows << " rows of " << s.vocab << " in " << s.cuts.size() + 1 << " chunks");
  s.roles = vocab_roles(s.vocab, tokens);
  std::vector<LensRow> want(static_cast<std::size_t>(s.rows));
  lens_statistics(s.logits, s.vocab, tokens, true, want);
  const std::vector<VocabState> states = fold(Device::cpu, s);
  for (std::size_t r = 0; r < want.size(); ++r) check_row(vocab_row(states[r]), want[r]);
  check_device(s);
}

}  // namespace

TEST_CASE("folding chunks gives what lens_statistics reads from whole rows", "[kernels][cuda]") {
  const std::vector<std::int32_t> target{5, 700, 3}, rivals{8, 9, 10, 3}, ignored{0, 6, 8};
  const std::vector<std::int32_t> yes{5, 11}, no{12};
  for (const bool ties : {false, true}) {
    check_lens(setting(5, 1000, {}, ties), {target, {}, {}, yes, no});
    check_lens(setting(5, 1000, {256, 257, 600}, ties), {target, rivals, ignored, yes, no});
    check_lens(setting(3, 801, {1, 800}, ties), {target, {}, ignored, {}, {}});
    check_lens(setting(2, 900, {300}, ties), {{}, {}, {}, yes, {}});
    check_lens(setting(2, 16, {}, ties), {yes, {}, {}, {}, {}});
  }
  const std::vector<std::int32_t> only{0};
  check_lens(setting(3, 1, {}, false), {only, {}, {}, {}, {}});
}

TEST_CASE("a target of each row gives what token_statistics gives", "[kernels][cuda]") {
  Setting s = setting(4, 700, {256, 512}, true);
  s.row_target = {0, 699, 300, 255};
  const std::vector<VocabState> states = fold(Device::cpu, s);
  for (std::size_t r = 0; r < 4; ++r) {
    const std::span<const float> row{s.logits.data() + r * 700, 700};
    const TokenStatistics want = token_statistics(row, s.row_target[r]);
    const VocabRow got = vocab_row(states[r]);
    CHECK(close(got.logprob, want.logprob));
    CHECK(close(got.entropy, want.entropy));
    CHECK(got.lens.top1 == want.top1);
    CHECK(got.lens.top2 == want.top2);
    CHECK(got.top1_token == arg_max(row));
    CHECK(got.lens.target_token == s.row_target[r]);
  }
  check_device(s);
}

TEST_CASE("both zeros are one logit; equal rows have rank 1 and their lowest rival",
          "[kernels][cuda]") {
  Setting s{1, 400, {300}, std::vector<float>(400, 0.0f), {}, {350}};
  s.logits[0] = -0.0f;
  const VocabRow row = vocab_row(fold(Device::cpu, s)[0]);
  CHECK(row.lens.rank == 1);
  CHECK(row.lens.rival_token == 0);
  CHECK(close(row.entropy, std::log(400.0)));
  check_device(s);
}

TEST_CASE("logits that are not finite are counted, and no row comes of them", "[kernels][cuda]") {
  Setting s = setting(3, 500, {100}, false);
  s.logits[500 + 99] = std::numeric_limits<float>::quiet_NaN();
  s.logits[500 + 300] = std::numeric_limits<float>::infinity();
  const std::vector<VocabState> states = fold(Device::cuda, s);
  CHECK(states[1].bad == 4);  // two in each pass
  CHECK_THROWS_WITH(vocab_row(states[1]), Catch::Contains("not finite is 4"));
  CHECK_NOTHROW(vocab_row(states[2]));
  CHECK_THROWS_WITH(vocab_row(VocabState{}), Catch::Contains("folded logits is 0"));
  check_device(s);
}

TEST_CASE("vocab statistics name what does not fit", "[kernels][cuda]") {
  const std::vector<std::int32_t> outside{10};
  CHECK_THROWS_WITH(vocab_roles(10, {outside, {}, {}, {}, {}}), Catch::Contains("token id is 10"));
  VocabChunk chunk;
  chunk.rows = 1;
  chunk.count = 5;
  chunk.stride = 4;
  CHECK_THROWS_WITH(vocab_fold(Device::cpu, chunk, VocabPass::targets),
                    Catch::Contains("distance of rows is 4"));
  chunk.stride = 5;
  CHECK_THROWS_WITH(vocab_fold(Device::cpu, chunk, VocabPass::targets), Catch::Contains("array"));
}
