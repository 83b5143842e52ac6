#include "kernels/vocab_statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <stdexcept>

#include "kernels/vocab_key.hpp"

namespace vrp {
namespace {

constexpr const char* kKernel = "vocab_statistics";

void require(bool right, const char* what, std::int64_t found, const char* expected) {
  if (!right) reject(kKernel, what, static_cast<double>(found), expected);
}

float value_of(std::uint64_t key) {
  return key == 0 ? LensRow::kNaN : std::bit_cast<float>(key_bits(key));
}
std::int32_t token_of(std::uint64_t key) {
  return key == 0 ? -1 : static_cast<std::int32_t>(key_token(key));
}

}  // namespace

std::vector<std::uint8_t> vocab_roles(std::int64_t vocab, const LensTokens& tokens) {
  require(vocab >= 1, "vocabulary", vocab, ">= 1");
  const std::uint8_t others = tokens.rivals.empty() ? kVocabRival | kVocabCounted : kVocabCounted;
  std::vector<std::uint8_t> roles(static_cast<std::size_t>(vocab), others);
  const auto each = [&](std::span<const std::int32_t> ids, auto change) {
    for (const std::int32_t id : ids) {
      require(id >= 0 && id < vocab, "a token id", id, "one of the vocabulary");
      change(roles[static_cast<std::size_t>(id)]);
    }
  };
  constexpr std::uint8_t kCompetes = kVocabRival | kVocabCounted;
  each(tokens.rivals, [](std::uint8_t& role) { role = kCompetes; });
  each(tokens.ignored, [](std::uint8_t& role) { role = 0; });
  each(tokens.target, [](std::uint8_t& role) { role = kVocabTarget; });
  // These two are looked at beside whatever else a token is.
  each(tokens.first, [](std::uint8_t& role) { role |= kVocabFirst; });
  each(tokens.second, [](std::uint8_t& role) { role |= kVocabSecond; });
  return roles;
}

void vocab_begin(Device device, VocabState* states, std::int64_t rows, void* stream) {
  require(rows >= 0, "number of rows", rows, ">= 0");
  require(states || rows == 0, "the states", 0, "memory");
  if (device == Device::cpu) {
    std::fill_n(states, rows, VocabState{});
    return;
  }
#ifdef VRP_CUDA
  vocab_begin_cuda(states, rows, stream);
#else
  (void)stream;
  throw std::invalid_argument("vocab_statistics: device is cuda, but this build has no CUDA");
#endif
}

void vocab_fold(Device device, const VocabChunk& chunk, VocabPass pass) {
  require(chunk.rows >= 0, "number of rows", chunk.rows, ">= 0");
  require(chunk.count >= 0 && chunk.first >= 0 && chunk.first + chunk.count <= 0x7FFFFFFF,
          "tokens of a chunk", chunk.count, ">= 0, below 2^31");
  require(chunk.stride >= chunk.count, "distance of rows", chunk.stride, "at least the chunk");
  if (chunk.rows == 0 || chunk.count == 0) return;
  require(chunk.logits && chunk.states, "an array", 0, "memory");
  if (device == Device::cpu) return vocab_fold_cpu(chunk, pass);
#ifdef VRP_CUDA
  vocab_fold_cuda(chunk, pass);
#else
  throw std::invalid_argument("vocab_statistics: device is cuda, but this build has no CUDA");
#endif
}

VocabRow vocab_row(const VocabState& state) {
  require(state.bad == 0, "number of logits that are not finite", state.bad, "0");
  require(state.top1 != 0, "number of folded logits", 0, ">= 1");
  VocabRow row;
  row.lens.top1 = value_of(state.top1);
  row.lens.top2 = value_of(state.top2 != 0 ? state.top2 : state.top1);
  row.top1_token = token_of(state.top1);
  row.top2_token = token_of(state.top2);
  row.lens.first = value_of(state.first);
  row.lens.second = value_of(state.second);
  row.lens.log_sum_exp = double{row.lens.top1} + std::log(state.mass);
  row.entropy = std::log(state.mass) - state.weighted / state.mass;
  if (state.target != 0) {
    row.lens.target = value_of(state.target);
    row.lens.target_token = token_of(state.target);
    row.lens.rival = value_of(state.rival);
    row.lens.rival_token = token_of(state.rival);
    row.lens.rank = static_cast<std::int32_t>(1 + state.above);
    row.logprob = (double{row.lens.target} - row.lens.top1) - std::log(state.mass);
  }
  return row;
}

}  // namespace vrp
