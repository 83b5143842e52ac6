// Qwen2-VL: a vision transformer over pictures of any size, a merger, Qwen2 with M-RoPE. Defaults:
// transformers' Qwen2VLConfig, Qwen2VLTextConfig and Qwen2VLVisionConfig.
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/model/spec_image.hpp"
#include "pipeline/model/spec_parts.hpp"

namespace vrp {
namespace {

constexpr TextDefaults kQwen2{.hidden = 8192,
                              .layers = 80,
                              .heads = 64,
                              .kv_heads = 8,
                              .head_dim = 0,
                              .intermediate = 29568,
                              .vocab = 152064,
                              .rms_eps = 1e-5,
                              .rope_theta = 1000000.0,
                              .max_positions = 32768};

/// rope_scaling of the hub files is {"type": "mrope", "mrope_section": [16, 24, 24]}; later
/// versions write rope_type "default" beside or in place of it.
std::vector<int> read_sections(const Fields& text, int head_dim) {
  const Fields rope = rope_of(text);
  expect_text(rope, rope.has("rope_type") ? "rope_type" : "type", "default", {"default", "mrope"});
  std::vector<int> sections{16, 24, 24};
  if (rope.has("mrope_section")) {
    sections.clear();
    for (const auto n : rope.integers("mrope_section", 0, kMaxWidth)) sections.push_back(small(n));
  }
  const int sum = std::accumulate(sections.begin(), sections.end(), 0);
  if (sections.size() != 3 || sum != head_dim / 2) {
    rope.refuse(
        "mrope_section",
        concat("three numbers (time, row, column) with the sum head_dim / 2 = ", head_dim / 2));
  }
  return sections;
}

TextSpec read_qwen2(const Fields& config, const Fields& text) {
  expect_text(text, "model_type", "qwen2_vl_text", {"qwen2_vl_text", "qwen2_vl"});
  TextSpec spec = read_decoder(text, kQwen2);
  if (spec.head_dim * std::int64_t{spec.heads} != spec.hidden) {
    text.refuse("head_dim",
                concat("hidden_size / num_attention_heads = ", spec.hidden, " / ", spec.heads));
  }
  expect_text(text, "hidden_act", "silu", {"silu"});
  // sliding_window is written by every hub file and unused without this flag.
  expect_flag(text, "use_sliding_window", false, false);
  if (text.has("layer_types")) {
    for (const Json& type : text.raw("layer_types")) {
      if (type != "full_attention") text.refuse("layer_types", "full_attention in every layer");
    }
  }
  spec.mrope_section = read_sections(text, spec.head_dim);
  spec.qkv_bias = true;
  spec.tied_head =
      config.flag("tie_word_embeddings", false) || text.flag("tie_word_embeddings", false);
  return spec;
}

VisionSpec read_vision(const Fields& config, int text_hidden) {
  const Fields vision = config.object("vision_config");
  expect_text(vision, "model_type", "qwen2_vl_vision", {"qwen2_vl_vision", "qwen2_vl"});
  VisionSpec spec;
  spec.hidden = small(vision.integer("embed_dim", 1280, 1, kMaxWidth));
  spec.layers = small(vision.integer("depth", 32, 1, kMaxLayers));
  spec.heads = small(vision.integer("num_heads", 16, 1, kMaxWidth));
  check_vision_heads(vision, "num_heads", "embed_dim", spec);
  if (spec.hidden / spec.heads % 4 != 0) {
    vision.refuse("num_heads", concat("heads whose size is a multiple of 4 (two rotary axes), not "
                                      "embed_dim / num_heads = ",
                                      spec.hidden / spec.heads));
  }
  spec.intermediate = spec.hidden * small(vision.integer("mlp_ratio", 4, 1, 1024));
  spec.image_size = 0;
  spec.patch = small(vision.integer("patch_size", 14, 1, 1024));
  spec.frames = small(vision.integer("temporal_patch_size", 2, 1, 64));
  spec.merge = small(vision.integer("spatial_merge_size", 2, 1, 64));
  for (const char* channels : {"in_channels", "in_chans"}) {
    if (vision.integer(channels, 3, 1, 64) != 3) vision.refuse(channels, "3");
  }
  spec.activation = vision.text("hidden_act", "quick_gelu");
  expect_text(vision, "hidden_act", "quick_gelu", {"quick_gelu", "gelu", "gelu_pytorch_tanh"});
  const Fields rope = vision.object("rope_parameters");
  expect_text(rope, "rope_type", "axial", {"axial"});
  if (rope.number("rope_theta", 10000.0, 1, 1e12) != 10000.0) rope.refuse("rope_theta", "10000");
  if (vision.integer("hidden_size", 3584, 1, kMaxWidth) != text_hidden) {
    vision.refuse("hidden_size", concat("the text model's hidden_size ", text_hidden));
  }
  spec.norm_eps = 1e-6f;
  spec.feature_layer = -1;
  spec.class_token = spec.patch_bias = spec.pre_norm = spec.post_norm = false;
  spec.positions = VisionPositions::rotary;
  return spec;
}

}  // namespace

ModelSpec read_qwen2_vl(const std::filesystem::path& checkpoint, const Fields& config) {
  ModelSpec spec;
  spec.family = "qwen2_vl";
  // Hub files are flat; transformers 5 nests the text part.
  const Fields text = config.has("text_config") ? config.object("text_config") : config;
  spec.text = read_qwen2(config, text);
  spec.vision = read_vision(config, spec.text.hidden);
  spec.projector = Projector::merger;
  read_tokens(checkpoint, config, text, {.image_token = 151655, .eos = 151645}, spec);
  read_smart_processor(checkpoint, spec);
  spec.prompt.plain = spec.prompt.chat =
      "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
      "<|vision_start|><|image_pad|><|vision_end|>{q}{s}<|im_end|>\n<|im_start|>assistant\n";
  spec.prompt.image = "<|image_pad|>";
  spec.prompt.tokens = {"<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|image_pad|>",
                        "<|vision_end|>"};
  return spec;
}

}  // namespace vrp
