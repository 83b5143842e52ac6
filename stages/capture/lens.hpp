#pragma once
// The logit lens of one item: margins of every state, and what the blocks contribute to the last
// one (methods, sections 6.1 and 7).
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "pipeline/model/model.hpp"
#include "stages/capture/answer_tokens.hpp"
#include "stages/capture/observer.hpp"
#include "stages/capture/params.hpp"

namespace vrp {

/// L blocks, L + 1 states (0 = h(-1)), H heads. What needs a reference is NaN (-1) without one.
struct LensItem {
  std::vector<float> margin, target, top2, yes, no;  ///< [L + 1]
  std::vector<float> margin_blank;                   ///< [L + 1], with the grey picture; or empty
  std::vector<std::int32_t> rank;                    ///< [L + 1]
  std::int32_t target_token = -1, rival_token = -1;  ///< c*, v* of the last state
  double margin_last = std::numeric_limits<double>::quiet_NaN();
  double top2_last = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> attention, mlp;  ///< [L] contributions to margin_last
  double embedding = std::numeric_limits<double>::quiet_NaN();
  std::vector<float> attention_norm, mlp_norm;       ///< [L]
  std::vector<double> update_mean, update_relative;  ///< [L]
  std::vector<float> head_gain;                      ///< [L, H], or empty
};

/// All NaN and -1, of the right lengths: the row of an item that failed.
LensItem undefined_lens(const ModelSpec& spec, const CaptureParams& params);

class Lens {
 public:
  /// `model` must outlive the object.
  Lens(const Model& model, const CaptureParams& params);

  /// `seen`: what a greedy run showed; `first_token`: y_0, or the end token of an empty answer;
  /// `blank_states` [L + 1, D] at the last prompt position with the grey picture, or empty. Error
  /// (bad_input) when logits are not finite, or when the contributions do not add up to the margin:
  /// by more than 1e-2 of the larger of |margin| and the sum of their absolute values (a margin
  /// near 0 is a small difference of large terms, of which half precision keeps three digits).
  LensItem measure(const std::string& reference, const CaptureObserver& seen,
                   std::int32_t first_token, std::span<const float> blank_states);

 private:
  void add_margins(const LensTokens& tokens, std::span<const float> states, LensItem& out) const;
  void add_contributions(const CaptureObserver& seen, LensItem& out) const;
  void add_head_gain(const CaptureObserver& seen, std::int32_t first_token, LensItem& out) const;
  double rms(std::span<const float> state) const;
  std::span<const float> last_state(std::span<const float> states) const;

  const Model& model_;
  CaptureParams params_;
  AnswerTokens tokens_;
  FinalNorm norm_;
  UnembedOptions options_;
  std::size_t layers_, heads_, width_;
};

}  // namespace vrp
