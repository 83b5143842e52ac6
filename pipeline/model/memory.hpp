#pragma once
// What a model needs in memory, from its configuration and its tensors' headers alone.
#include <cstdint>

#include "pipeline/model/tensors.hpp"

namespace vrp {

struct MemoryRequest {
  std::int64_t prompt_tokens = 0;  ///< P, image tokens included
  int samples = 10;                ///< K answers at once
  int batch = 1;                   ///< questions at once: 1 on the CPU
  int pictures = 2;                ///< ModelOptions::pictures_kept
  int max_new_tokens = 16;         ///< longest answer
  int compute_bytes = 4;           ///< of a number while computing: 4 on the CPU, 2 in bf16 or fp16
  bool kept_as_stored = true;      ///< matrices keep their type on disk (the CPU's own kernels)
};

constexpr int kLensRows = 24;  ///< rows of logits that the logit lens holds at a time

/// Bytes of one rank. On the CPU the ranks of a host share the weights unless every rank reads for
/// itself ([run] load).
struct MemoryNeed {
  std::int64_t weights = 0;      ///< matrices padded to whole panels, the rest in fp32
  std::int64_t keys_values = 0;  ///< of the batch's prompts (one twice while it is packed), of
                                 ///< other pictures' and of the answers
  std::int64_t working = 0;      ///< largest intermediate results, logits, a piece being read
  std::int64_t total() const { return weights + keys_values + working; }
  /// Of so many ranks on one host.
  std::int64_t host_total(std::int64_t ranks, bool weights_shared) const {
    return (weights_shared ? 1 : ranks) * weights + ranks * (keys_values + working);
  }
};

/// An upper estimate; tests hold it against the measured peak.
MemoryNeed memory_need(const ModelSpec& spec, const TensorMatch& tensors,
                       const MemoryRequest& request);

/// The image tokens of the largest picture that the checkpoint's processor lets through.
std::int64_t most_image_tokens(const ModelSpec& spec);

}  // namespace vrp
