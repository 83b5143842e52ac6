#pragma once
// ModelSpec: a family as data, read from the checkpoint's own config.json,
// preprocessor_config.json and generation_config.json. No torch here.
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vrp {

struct VisionSpec {
  int hidden = 0, layers = 0, heads = 0, intermediate = 0;
  int image_size = 0, patch = 0;
  int feature_layer = -2;  ///< index into hidden_states, negative from the end
  bool drop_cls = true;
  float norm_eps = 1e-5f;
  std::string activation = "quick_gelu";
};

struct TextSpec {
  int hidden = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0, intermediate = 0, vocab = 0;
  float rms_eps = 1e-5f;
  double rope_theta = 10000.0;
  std::string activation = "silu";
  int max_positions = 4096;  ///< max_position_embeddings: longest sequence, answer included
  bool tied_head = false;
};

struct ImageProcessorSpec {
  int shortest_edge = 0, crop_height = 0, crop_width = 0;
  bool resize = true, center_crop = true, normalize = true;
  double rescale = 1.0 / 255.0;
  std::array<double, 3> mean{}, std{};
};

struct ModelSpec {
  std::string family;  ///< "llava"
  std::string dtype;   ///< of the checkpoint, e.g. "float16"
  VisionSpec vision;
  TextSpec text;
  ImageProcessorSpec image;
  std::string projector_activation = "gelu";
  std::int32_t image_token = -1;
  std::vector<std::int32_t> eos;
  int additional_image_tokens = 1;
  double repetition_penalty = 1.0;  ///< from generation_config.json (for profile `authors`)
  int generation_top_k = 50;
  int image_tokens() const {  ///< S for one image
    const int side = vision.image_size / vision.patch;
    return side * side + additional_image_tokens - 1;
  }
};

/// Reads and checks the configuration files of a checkpoint folder. Error (bad_input) names file
/// and field; an unsupported family is an Error that lists the supported ones.
ModelSpec read_model_spec(const std::filesystem::path& checkpoint);

/// Families that this build can run.
const std::vector<std::string>& supported_families();

}  // namespace vrp
