#pragma once
// Private to pipeline/model: what all ways of drawing answers share.
#include <functional>
#include <string>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"

namespace vrp {

/// Uniform number of path k at step t.
using Uniforms = std::function<double(int, int)>;
/// `rng` must outlive it.
Uniforms uniforms_of(const Rng& rng);

/// Error (usage) for settings that nothing can be drawn with.
void check_sampling(const SamplingParams& sampling);

/// What a pass may take at once: answers where rows are independent, else paths beside a greedy
/// answer.
int most_at_once(const Network& network, int answers);

/// A greedy answer as a row of a batch.
struct GreedyRow {
  GreedyRow(const ModelSpec& spec, const GenerationParams& params)
      : builder(spec, params), final_state(params.final_state) {}
  AnswerBuilder builder;
  bool final_state;
  bool over = false;  ///< no pass of its last token is wanted

  void take(std::int32_t token, const TokenStatistics& statistics) {
    builder.take(token, statistics);
    over = builder.ended() || (builder.finished() && !final_state);
  }
};

/// Calls what may fail for one question of several, if it has not failed yet: an Error is then its
/// `problem`, not the others'. Throws Error (internal).
template <class Work>
void attempt(std::string& problem, const Work& work) {
  if (!problem.empty()) return;
  try {
    work();
  } catch (const Error& error) {
    if (error.code() == ExitCode::internal) throw;
    problem = error.what();
  }
}

}  // namespace vrp
