#pragma once
// ModelSpec: a family as data, read from the checkpoint's own config.json,
// preprocessor_config.json and generation_config.json. No torch here.
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vrp {

/// Where a vision tower's patches are in the picture.
enum class VisionPositions {
  learned,  ///< a table of one row per token, added to the embeddings
  rotary,   ///< rows and columns as rotary angles of every block's queries and keys
};

struct VisionSpec {
  int hidden = 0, layers = 0, heads = 0, intermediate = 0;
  int image_size = 0;  ///< side of the square input; 0 where grids differ from item to item
  int patch = 0;
  int frames = 1;  ///< copies of the picture that one patch spans in time (temporal_patch_size)
  int merge = 1;   ///< merge x merge patches become one image token (spatial_merge_size)
  int feature_layer = -2;   ///< index into hidden_states, negative from the end
  bool class_token = true;  ///< first in the sequence, dropped from the features
  bool patch_bias = false;  ///< of the patch embedding
  bool pre_norm = true;     ///< a norm before the first block
  bool post_norm = false;   ///< a norm after the last block
  VisionPositions positions = VisionPositions::learned;
  float norm_eps = 1e-5f;
  std::string activation = "quick_gelu";
};

enum class Projector {
  mlp,     ///< linear, activation, linear
  linear,  ///< one linear layer
  merger,  ///< norm of each patch, merge x merge patches side by side, then as mlp
};

struct TextSpec {
  int hidden = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0, intermediate = 0, vocab = 0;
  float rms_eps = 1e-5f;
  bool unit_offset_norm = false;  ///< RMS norms multiply by 1 + w, in fp32
  bool scaled_embedding = false;  ///< token embeddings (not image features) times sqrt(hidden)
  bool qkv_bias = false;
  bool prefix_lm = false;  ///< prompt positions see the whole prompt; answers are causal
  int first_position = 0;  ///< rotary position of the first token
  double rope_theta = 10000.0;
  std::vector<int> mrope_section;  ///< rotary frequencies for time, row, column; empty = 1-D
  std::string activation = "silu";
  int max_positions = 4096;  ///< max_position_embeddings: longest sequence, answer included
  bool tied_head = false;
  int position_axes() const { return mrope_section.empty() ? 1 : 3; }
};

/// How a picture is brought to the tower's size.
enum class ImageResize {
  shortest_edge,  ///< shortest edge to a length, then the centre is cut out (CLIP)
  fixed,          ///< to width x height, the ratio not kept (SigLIP)
  smart,          ///< both sides to multiples of patch * merge, the area within bounds (Qwen2-VL)
};

struct ImageProcessorSpec {
  ImageResize method = ImageResize::shortest_edge;
  int shortest_edge = 0, crop_height = 0, crop_width = 0;  ///< shortest_edge
  int height = 0, width = 0;                               ///< fixed
  std::int64_t min_pixels = 0, max_pixels = 0;             ///< smart
  bool resize = true, center_crop = true, normalize = true;
  bool white_transparency = true;  ///< do_convert_rgb: a PNG's transparent colour becomes white
  double rescale = 1.0 / 255.0;
  std::array<double, 3> mean{}, std{};
};

/// A family's prompts: {q} is the question, {s} the suffix; one image token each.
struct PromptSpec {
  std::string plain, chat;
  bool special_tokens = true;       ///< the tokenizer's post-processor adds its own (BOS)
  std::string image;                ///< the image token's text
  std::vector<std::string> tokens;  ///< texts in the prompts that must be one token each
};

struct ModelSpec {
  std::string family;  ///< "llava" | "paligemma" | "qwen2_vl"
  std::string dtype;   ///< of the checkpoint, e.g. "float16"
  VisionSpec vision;
  Projector projector = Projector::mlp;
  std::string projector_activation = "gelu";
  TextSpec text;
  ImageProcessorSpec image;
  PromptSpec prompt;
  std::int32_t image_token = -1;
  std::vector<std::int32_t> eos;
  double repetition_penalty = 1.0;  ///< from generation_config.json (for profile `authors`)
  int generation_top_k = 50;
};

/// Reads and checks the configuration files of a checkpoint folder. Error (bad_input) names file
/// and field; an unsupported family is an Error that lists the supported ones.
ModelSpec read_model_spec(const std::filesystem::path& checkpoint);

/// Other bounds for the area of a resized picture in place of the checkpoint's; 0 keeps a bound.
/// Error (usage) when the family resizes to one fixed size, or when the bounds do not hold at least
/// one image token or are in the wrong order.
void set_pixel_bounds(ModelSpec& spec, std::int64_t min_pixels, std::int64_t max_pixels);

/// Families that this build can run.
const std::vector<std::string>& supported_families();

}  // namespace vrp
