#pragma once
// Private to pipeline/model: answers to one or several prompts as rows of one batch, where rows are
// not independent of each other (BatchOps). The batch keeps its shape: each prompt has one row for
// its greedy answer and a row for each of some paths, answers stay in the batch behind their end,
// and rows without an answer are run all the same. An answer's bits then depend on how many prompts
// there are, and neither on which other answers are wanted nor on when they end.
#include <span>
#include <string>

#include "pipeline/model/sampling.hpp"

namespace vrp {

/// Paths beside a greedy answer: 16 rows cost an accelerator what one does, since all read the same
/// weights.
constexpr int kFixedPaths = 15;

/// What is wanted behind a prompt that was run.
struct BatchMember {
  const Prompt* prompt = nullptr;
  GreedyRow* greedy = nullptr;         ///< null = not wanted
  const Taps* taps = nullptr;          ///< of the greedy answer
  std::span<AnswerBuilder> paths;      ///< [K] of every member, or none
  const Uniforms* uniforms = nullptr;  ///< of its paths
  std::string problem;                 ///< left there when the member fails; the others go on
};

/// Decodes until every member's answers are there. `at_once`: paths of a prompt in a batch. Throws
/// Error (internal), and what an observer throws that is not an Error.
void decode_batch(const Network& network, std::span<BatchMember> members,
                  const SamplingParams& sampling, int at_once);

}  // namespace vrp
