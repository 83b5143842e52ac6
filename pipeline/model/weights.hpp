#pragma once
// Private to pipeline/model: a checkpoint's tensors in the compute type, on the device.
#include <ATen/ATen.h>

#include <filesystem>
#include <vector>

#include "pipeline/model/loading.hpp"
#include "pipeline/model/ops.hpp"
#include "pipeline/model/spec.hpp"

namespace vrp {

struct VisionLayer {
  Norm norm1, norm2;
  Linear qkv;  ///< [3 * hidden, hidden]: query, key and value rows in this order
  Linear out, fc1, fc2;
};

/// A vision tower up to the layer whose output is taken. What a family lacks is undefined.
struct VisionWeights {
  Linear patch;         ///< [hidden, 3 * frames * patch * patch]
  at::Tensor cls;       ///< [hidden]
  at::Tensor position;  ///< [cells (+ 1), hidden]
  Norm pre, post;
  std::vector<VisionLayer> layers;
};

struct ProjectorWeights {
  Norm norm;             ///< of a patch, before patches are merged
  Linear first, second;  ///< `second` is undefined for a linear projector
};

struct DecoderLayer {
  Norm input_norm, post_norm;
  Linear qkv;  ///< [(heads + 2 * kv_heads) * head_dim, hidden]
  Linear out;
  Linear gate_up;  ///< [2 * intermediate, hidden]: gate rows, then up rows
  Linear down;
};

struct Weights {
  VisionWeights vision;
  ProjectorWeights projector;
  at::Tensor embedding;  ///< [vocab, hidden], on the CPU in the checkpoint's type; undefined where
                         ///< the head is tied: rows are then looked up in `head`
  std::vector<DecoderLayer> layers;
  Norm final_norm;
  Linear head;  ///< [vocab, hidden]
};

/// Reads every tensor once, in chunks, converting it into its place in `ops`'s form (query, key,
/// value and gate, up are joined on the way), so that no second copy of the model is alive. On the
/// CPU a matrix stays in the type it has on disk, and all weights lie in one stretch of memory,
/// which processes of a host may share. Norms with a unit offset hold 1 + w in fp32. The same bits
/// however they are loaded. Error (bad_input): a tensor is missing, there twice, of another shape
/// or type, or not one of this model's; or a file that cannot be read or is not the one its digest
/// was made of.
Weights load_weights(const std::filesystem::path& checkpoint, const ModelSpec& spec, const Ops& ops,
                     at::Device device, at::ScalarType dtype, const WeightLoading& loading);

}  // namespace vrp
