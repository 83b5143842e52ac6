#pragma once
// What the logit lens reads from rows of logits: how the right answer's tokens stand beside all
// others. The logits of layers x vocabulary are never kept; a row leaves these numbers only.
#include <cstdint>
#include <limits>
#include <span>

namespace vrp {

/// Sets of token ids, each in any order. A token of `target` is in no other set, whatever they say.
struct LensTokens {
  std::span<const std::int32_t> target;   ///< any of them is right; empty = no reference
  std::span<const std::int32_t> rivals;   ///< what competes with them; empty = all other tokens
  std::span<const std::int32_t> ignored;  ///< neither rivals nor counted in the rank
  std::span<const std::int32_t> first, second;  ///< two more sets, e.g. forms of "yes" and of "no"
};

/// One row's numbers. A set without tokens leaves NaN, -1.
struct LensRow {
  static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  float target = kNaN, rival = kNaN;                 ///< largest logit of the target, of its rivals
  std::int32_t target_token = -1, rival_token = -1;  ///< whose they are, the lowest id on ties
  std::int32_t rank = -1;  ///< 1 + tokens, neither target nor ignored, with a larger logit than it
  float top1 = kNaN, top2 = kNaN;     ///< the two largest logits of all (equal when V = 1)
  float first = kNaN, second = kNaN;  ///< largest logit of the two more sets
  double log_sum_exp = std::numeric_limits<double>::quiet_NaN();  ///< over all tokens, when asked
  float margin() const { return target - rival; }
};

/// Fills `out` [rows]: row r from logits[r * vocab ..].
///   logits   float32 [rows, vocab], vocab >= 1, finite
///   log_sum_exp   also ln sum exp over the vocabulary, in fp64 (it costs more than all the rest)
/// Throws std::invalid_argument for a token outside of the vocabulary, a logit that is not finite
/// and sizes that do not agree. The CPU's plain loops are the specification.
/// Source: nostalgebraist, "interpreting GPT: the logit lens" (2020); margin: docs of stage
/// capture.
void lens_statistics(std::span<const float> logits, std::int64_t vocab, const LensTokens& tokens,
                     bool log_sum_exp, std::span<LensRow> out);

}  // namespace vrp
