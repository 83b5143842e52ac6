#pragma once
// What a run knows of a model's sizes, and whether they are those of the paper's checkpoint
// (methods, section 1).
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "pipeline/base/json.hpp"

namespace vrp {

struct CheckpointShape {
  std::string family;  ///< "llava" | "paligemma" | "qwen2_vl"
  std::int64_t layers = 0, heads = 0, kv_heads = 0, hidden = 0, intermediate = 0;
  std::int64_t image_size = 0;  ///< side of the square picture; 0 = varies

  template <class Visit>
  void fields(Visit&& visit) {
    visit("layers", layers);
    visit("heads", heads);
    visit("kv_heads", kv_heads);
    visit("hidden", hidden);
    visit("intermediate", intermediate);
    visit("image_size", image_size);
  }
};

using CheckpointShapes = std::map<std::string, CheckpointShape>;  ///< by the model's name

/// {"NAME": {"family": ..., "layers": ...}}, and back; what is not there stays 0.
Json to_json(const CheckpointShapes& shapes);
CheckpointShapes checkpoint_shapes(const Json& json);

/// "llava", "paligemma" or "qwen2vl" of a shape's family; "" for any other.
std::string_view paper_family(const CheckpointShape& shape);

/// "" when the sizes are those of the paper's checkpoint of that family ("llava", "paligemma",
/// "qwen2vl"), else "another checkpoint (6 blocks, 4 heads, width 160; the paper's: 32, 32, 4096)".
/// Sizes do not tell fine-tuned checkpoints of one size apart.
std::string other_checkpoint(std::string_view paper_model, const CheckpointShape* shape);

}  // namespace vrp
