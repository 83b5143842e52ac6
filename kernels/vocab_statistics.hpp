#pragma once
// What the logit lens and sampling read from rows of logits that never stand in memory as a whole:
// the vocabulary comes in chunks, and each chunk is folded into a row's running statistics.
//
//   vocab_begin(device, states, rows)
//   for each chunk that holds a token of the target, of `first` or of `second`:
//     logits = normed states x unembedding[chunk]^T;   vocab_fold(..., VocabPass::targets)
//   for each chunk: logits = the same product again;   vocab_fold(..., VocabPass::statistics)
//   copy the states to the host;                       vocab_row(state)
//
// The products stay with the BLAS: they are nearly all of the work, and tensor cores reach their
// peak there. Chunks of 8 to 32 thousand tokens keep rows x chunk in the L2 cache on the way to the
// fold. The first loop is there because a rank counts the logits above the target's, which must be
// known before; it repeats a few of the chunks, with the same bits.
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/lens_statistics.hpp"
#include "kernels/maps.hpp"

namespace vrp {

/// What a token is, in one byte; roles of one call are shared by all its rows.
enum VocabRole : std::uint8_t {
  kVocabRival = 1,    ///< competes for the margin
  kVocabCounted = 2,  ///< counts in the rank
  kVocabTarget = 4,
  kVocabFirst = 8,
  kVocabSecond = 16,
};
/// The roles [vocab] that lens_statistics gives. Throws std::invalid_argument for a token outside
/// of the vocabulary.
std::vector<std::uint8_t> vocab_roles(std::int64_t vocab, const LensTokens& tokens);

/// One row so far; all zero = nothing seen. A logit and its token are one number: vocab_key.
struct VocabState {
  std::uint64_t target, rival, first, second, top1, top2;  ///< largest keys, 0 = none
  std::int64_t above;     ///< counted tokens with a larger logit than the target
  std::int64_t bad;       ///< logits that are not finite
  double mass, weighted;  ///< sum e^d and sum d e^d, d = logit - top1's
};

struct VocabChunk {
  const float* logits = nullptr;  ///< [rows, stride], the first `count` of each row
  std::int64_t rows = 0, stride = 0;
  std::int64_t first = 0, count = 0;         ///< tokens first .. first + count - 1
  const std::uint8_t* roles = nullptr;       ///< [V]; null = all are rivals and counted
  const std::int32_t* row_target = nullptr;  ///< [rows] a target for each row, whatever its role
  VocabState* states = nullptr;              ///< [rows]
  void* stream = nullptr;                    ///< CUDA's; the calls do not wait for it
};

enum class VocabPass { targets, statistics };

/// All arrays live on `device`. Logits, tokens, rank and counts are exact on both; mass and
/// weighted are fp64 sums that agree within 1e-12, relative, however the vocabulary is cut into
/// chunks, and repeat bit for bit. A chunk may be folded once in each pass, chunks in any order,
/// every one exactly once. Throws std::invalid_argument for sizes that do not fit,
/// std::runtime_error with CUDA's text.
void vocab_begin(Device device, VocabState* states, std::int64_t rows, void* stream = nullptr);
void vocab_fold(Device device, const VocabChunk& chunk, VocabPass pass);

/// A row's numbers, on the host. A set without tokens leaves NaN, -1.
struct VocabRow {
  LensRow lens;
  std::int32_t top1_token = -1, top2_token = -1;              ///< the lowest id on ties
  double entropy = std::numeric_limits<double>::quiet_NaN();  ///< of softmax(logits), nats
  double logprob = std::numeric_limits<double>::quiet_NaN();  ///< ln p of the best target token
};
/// Throws std::invalid_argument when a logit was not finite or none was folded.
VocabRow vocab_row(const VocabState& state);

void vocab_fold_cpu(const VocabChunk& chunk, VocabPass pass);
#ifdef VRP_CUDA
void vocab_begin_cuda(VocabState* states, std::int64_t rows, void* stream);
void vocab_fold_cuda(const VocabChunk& chunk, VocabPass pass);
#endif

}  // namespace vrp
