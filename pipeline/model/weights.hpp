#pragma once
// Private to pipeline/model: a checkpoint's tensors in the compute type, on the device.
#include <ATen/ATen.h>

#include <filesystem>
#include <vector>

#include "pipeline/model/ops.hpp"
#include "pipeline/model/spec.hpp"

namespace vrp {

struct VisionLayer {
  Norm norm1, norm2;
  Linear qkv;  ///< [3 * hidden, hidden]: query, key and value rows in this order
  Linear out, fc1, fc2;
};

/// CLIP vision tower up to the layer whose output is taken.
struct VisionWeights {
  Linear patch;         ///< [hidden, 3 * patch * patch], no bias
  at::Tensor cls;       ///< [hidden]
  at::Tensor position;  ///< [cells + 1, hidden]
  Norm pre;
  std::vector<VisionLayer> layers;
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
  Linear projector1, projector2;
  at::Tensor embedding;  ///< [vocab, hidden], on the CPU in the checkpoint's type
  std::vector<DecoderLayer> layers;
  Norm final_norm;
  Linear head;  ///< [vocab, hidden]; the embedding's numbers where the spec says tied
};

/// How many blocks of the vision tower run: hidden_states has layers + 1 entries, entry 0 being the
/// embeddings. Error when `feature_layer` is outside of them.
int vision_layers_run(const VisionSpec& vision);

/// Reads every tensor once, converting it into its place in `ops`'s form (query, key, value and
/// gate, up are joined on the way), so that no second copy of the model is alive. On the CPU
/// matrices stay in the checkpoint's type when all its tensors have the same one. Names as on the
/// hub (language_model.model.*, vision_tower.vision_model.*, multi_modal_projector.*) or as newer
/// libraries write them (model.language_model.*, model.vision_tower.*, lm_head.weight).
/// rotary_emb.inv_freq and position_ids are ignored. Error (bad_input): a tensor is missing, there
/// twice, of another shape or type, or not one of this model's.
Weights load_weights(const std::filesystem::path& checkpoint, const ModelSpec& spec, const Ops& ops,
                     at::Device device, at::ScalarType dtype);

}  // namespace vrp
