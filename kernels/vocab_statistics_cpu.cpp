// The specification: plain loops, fp64.
#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/vocab_key.hpp"
#include "kernels/vocab_statistics.hpp"

namespace vrp {
namespace {

std::uint8_t role_of(const VocabChunk& chunk, std::int64_t row, std::int64_t token) {
  const std::uint8_t role = chunk.roles ? chunk.roles[token] : kVocabRival | kVocabCounted;
  if (!chunk.row_target || chunk.row_target[row] != token) return role;
  return (role & (kVocabFirst | kVocabSecond)) | kVocabTarget;
}

/// Numbers of one token.
void fold_token(VocabState& state, float logit, std::uint8_t role, std::uint64_t key,
                VocabPass pass) {
  if (pass == VocabPass::targets) {
    if (role & kVocabTarget) state.target = std::max(state.target, key);
    if (role & kVocabFirst) state.first = std::max(state.first, key);
    if (role & kVocabSecond) state.second = std::max(state.second, key);
    return;
  }
  if (role & kVocabRival) state.rival = std::max(state.rival, key);
  if ((role & kVocabCounted) && state.target != 0 &&
      logit > std::bit_cast<float>(key_bits(state.target))) {
    ++state.above;
  }
  state.top2 = std::max(state.top2, std::min(state.top1, key));
  state.top1 = std::max(state.top1, key);
}

/// The sums move to a new largest logit, then take the chunk's terms.
void fold_mass(VocabState& state, std::uint64_t old_top, const float* logits, std::int64_t count) {
  const double top = std::bit_cast<float>(key_bits(state.top1));
  if (old_top != 0) {
    const double shift = std::bit_cast<float>(key_bits(old_top)) - top;
    state.weighted = std::exp(shift) * (state.weighted + shift * state.mass);
    state.mass *= std::exp(shift);
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const double d = logits[i] - top;
    state.mass += std::exp(d);
    state.weighted += d * std::exp(d);
  }
}

}  // namespace

void vocab_fold_cpu(const VocabChunk& chunk, VocabPass pass) {
  for (std::int64_t r = 0; r < chunk.rows; ++r) {
    const float* logits = chunk.logits + r * chunk.stride;
    VocabState& state = chunk.states[r];
    const std::uint64_t old_top = state.top1;
    std::int64_t bad = 0;
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      if (!std::isfinite(logits[i])) {
        ++bad;
        continue;
      }
      const std::int64_t token = chunk.first + i;
      fold_token(
          state, logits[i], role_of(chunk, r, token),
          vocab_key(std::bit_cast<std::uint32_t>(logits[i]), static_cast<std::uint32_t>(token)),
          pass);
    }
    state.bad += bad;
    if (pass == VocabPass::statistics && bad == 0) fold_mass(state, old_top, logits, chunk.count);
  }
}

}  // namespace vrp
