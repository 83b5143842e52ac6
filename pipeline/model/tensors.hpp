#pragma once
// Which tensors a checkpoint of a ModelSpec holds, and how a folder compares. No torch here.
//
// Canonical names leave out what differs between hub files and newer libraries: "vision.",
// "projector.", "text." and "head." followed by the hub's own name of the rest.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pipeline/model/safetensors.hpp"
#include "pipeline/model/spec.hpp"

namespace vrp {

struct ExpectedTensor {
  std::string name;  ///< canonical
  std::vector<std::int64_t> shape;
  bool used = true;  ///< false: may be there and is not read (blocks behind the feature layer ...)
};

/// Every tensor of the model, in the order in which the forward pass meets them.
std::vector<ExpectedTensor> expected_tensors(const ModelSpec& spec);

/// The canonical name of a tensor on disk: hub layout (language_model.model.*,
/// vision_tower.vision_model.*, visual.*, model.* ...) or as newer libraries write it
/// (model.language_model.*, model.vision_tower.*, model.visual.*, lm_head.weight). "" for a name
/// of no such layout; "-" for buffers that are ignored (rotary_emb.inv_freq, position_ids).
std::string canonical_name(const std::string& family, const std::string& name);
std::string hub_name(const std::string& family, const std::string& canonical);

/// How many blocks of the vision tower run: hidden_states has layers + 1 entries, entry 0 being the
/// embeddings. Error when `feature_layer` is outside of them.
int vision_layers_run(const VisionSpec& vision);

/// A folder's tensors beside the expected ones. Each finding is one line that names the tensor.
struct TensorMatch {
  std::map<std::string, TensorInfo> found;  ///< by canonical name
  std::vector<std::string> missing, unexpected, misshapen, repeated;
  bool complete() const {
    return missing.empty() && unexpected.empty() && misshapen.empty() && repeated.empty();
  }
};
TensorMatch match_tensors(const ModelSpec& spec, const SafetensorsIndex& index);

/// Error (bad_input) that lists the first findings of each kind, unless the match is complete.
void require_complete(const TensorMatch& match, const std::filesystem::path& checkpoint,
                      const ModelSpec& spec);

/// The types whose numbers are read: "F32", "F16", "BF16".
bool readable_type(const std::string& dtype);
std::string shape_text(const std::vector<std::int64_t>& shape);  ///< "[2, 3]"

}  // namespace vrp
