// LLaVA-1.5: CLIP, a two-layer projector, Llama. Defaults: transformers' LlavaConfig, LlamaConfig
// and CLIPVisionConfig.
#include "pipeline/base/error.hpp"
#include "pipeline/model/spec_image.hpp"
#include "pipeline/model/spec_parts.hpp"

namespace vrp {
namespace {

constexpr TextDefaults kLlama{.hidden = 4096,
                              .layers = 32,
                              .heads = 32,
                              .kv_heads = 0,
                              .head_dim = 0,
                              .intermediate = 11008,
                              .vocab = 32000,
                              .rms_eps = 1e-6,
                              .rope_theta = 10000.0,
                              .max_positions = 2048};
/// What CLIPVisionConfig has, and what LlavaConfig takes when there is no vision_config at all.
const TowerDefaults kClip{768, 12, 12, 3072, 224, 32, 1e-5, "quick_gelu"};
const TowerDefaults kLlavaTower{1024, 24, 16, 4096, 336, 14, 1e-5, "quick_gelu"};

TextSpec read_llama(const Fields& config, const Fields& text) {
  expect_text(text, "model_type", "llama", {"llama"});
  TextSpec spec = read_decoder(text, kLlama);
  expect_text(text, "hidden_act", "silu", {"silu"});
  expect_flag(text, "attention_bias", false, false);
  expect_flag(text, "mlp_bias", false, false);
  const Fields rope = rope_of(text);
  expect_text(rope, rope.has("rope_type") ? "rope_type" : "type", "default", {"default"});
  spec.tied_head =
      config.flag("tie_word_embeddings", false) || text.flag("tie_word_embeddings", false);
  return spec;
}

VisionSpec read_clip(const Fields& config) {
  const Fields vision = config.object("vision_config");
  expect_text(vision, "model_type", "clip_vision_model", {"clip_vision_model"});
  VisionSpec spec = read_tower(vision, config.has("vision_config") ? kClip : kLlavaTower);
  const auto layer = config.integers("vision_feature_layer", -(spec.layers + 1), spec.layers);
  if (layer.size() > 1) config.refuse("vision_feature_layer", "one layer");
  spec.feature_layer = layer.empty() ? -2 : small(layer.front());
  expect_text(config, "vision_feature_select_strategy", "default", {"default"});
  return spec;
}

}  // namespace

ModelSpec read_llava(const std::filesystem::path& checkpoint, const Fields& config) {
  ModelSpec spec;
  spec.family = "llava";
  const Fields text = config.object("text_config");
  spec.text = read_llama(config, text);
  spec.vision = read_clip(config);
  spec.projector = Projector::mlp;
  expect_text(config, "projector_hidden_act", "gelu", {"gelu"});
  expect_flag(config, "multimodal_projector_bias", true, true);
  read_tokens(checkpoint, config, text, {.image_token = 32000, .eos = 2}, spec);
  read_clip_processor(checkpoint, spec);
  spec.prompt.plain = "USER: <image>\n{q}{s}\nASSISTANT:";
  spec.prompt.chat = "USER: <image>\n{q}{s} ASSISTANT:";
  spec.prompt.image = "<image>";
  spec.prompt.tokens = {"<image>"};
  return spec;
}

}  // namespace vrp
