// PaliGemma: SigLIP, one linear layer, Gemma. Defaults: transformers' PaliGemmaConfig, GemmaConfig
// and SiglipVisionConfig.
#include "pipeline/base/error.hpp"
#include "pipeline/model/spec_image.hpp"
#include "pipeline/model/spec_parts.hpp"

namespace vrp {
namespace {

/// What GemmaConfig has, and what PaliGemmaConfig takes when there is no text_config at all.
constexpr TextDefaults kGemma{.hidden = 3072,
                              .layers = 28,
                              .heads = 16,
                              .kv_heads = 16,
                              .head_dim = 256,
                              .intermediate = 24576,
                              .vocab = 256000,
                              .rms_eps = 1e-6,
                              .rope_theta = 10000.0,
                              .max_positions = 8192};
constexpr TextDefaults kPaliGemmaText{.hidden = 2048,
                                      .layers = 18,
                                      .heads = 8,
                                      .kv_heads = 1,
                                      .head_dim = 256,
                                      .intermediate = 16384,
                                      .vocab = 257152,
                                      .rms_eps = 1e-6,
                                      .rope_theta = 10000.0,
                                      .max_positions = 8192};
/// The same of SiglipVisionConfig.
const TowerDefaults kSiglip{768, 12, 12, 3072, 224, 16, 1e-6, "gelu_pytorch_tanh"};
const TowerDefaults kPaliGemmaTower{1152, 27, 16, 4096, 224, 14, 1e-6, "gelu_pytorch_tanh"};

TextSpec read_gemma(const Fields& config, const Fields& text) {
  if (text.text("model_type", "gemma") == "gemma2") {
    text.refuse("model_type", "gemma (PaliGemma 2 is not supported)");
  }
  expect_text(text, "model_type", "gemma", {"gemma"});
  TextSpec spec = read_decoder(text, config.has("text_config") ? kGemma : kPaliGemmaText);
  // Both names mean the tanh approximation: the first releases were converted with "gelu".
  expect_text(text, "hidden_act", "gelu_pytorch_tanh", {"gelu", "gelu_pytorch_tanh"});
  expect_text(text, "hidden_activation", "gelu_pytorch_tanh", {"gelu", "gelu_pytorch_tanh"});
  spec.activation = "gelu_pytorch_tanh";
  expect_flag(text, "attention_bias", false, false);
  expect_flag(text, "use_bidirectional_attention", true, true);
  const Fields rope = rope_of(text);
  expect_text(rope, rope.has("rope_type") ? "rope_type" : "type", "default", {"default"});
  spec.unit_offset_norm = true;
  spec.scaled_embedding = true;
  spec.prefix_lm = true;
  spec.first_position = 1;
  spec.tied_head = config.flag("tie_word_embeddings", text.flag("tie_word_embeddings", true));
  return spec;
}

VisionSpec read_siglip(const Fields& config) {
  const Fields vision = config.object("vision_config");
  expect_text(vision, "model_type", "siglip_vision_model", {"siglip_vision_model"});
  VisionSpec spec = read_tower(vision, config.has("vision_config") ? kSiglip : kPaliGemmaTower);
  spec.feature_layer = -1;
  spec.class_token = false;
  spec.patch_bias = true;
  spec.pre_norm = false;
  spec.post_norm = true;
  return spec;
}

}  // namespace

ModelSpec read_paligemma(const std::filesystem::path& checkpoint, const Fields& config) {
  ModelSpec spec;
  spec.family = "paligemma";
  const Fields text = config.object("text_config");
  spec.text = read_gemma(config, text);
  spec.vision = read_siglip(config);
  spec.projector = Projector::linear;
  if (config.integer("projection_dim", 2048, 1, kMaxWidth) != spec.text.hidden) {
    config.refuse("projection_dim", concat("the text model's hidden_size ", spec.text.hidden));
  }
  read_tokens(checkpoint, config, text, {.image_token = 256000, .eos = 1}, spec);
  read_siglip_processor(checkpoint, spec);
  spec.prompt.plain = spec.prompt.chat = "<image><bos>{q}{s}\n";
  spec.prompt.special_tokens = false;
  spec.prompt.image = "<image>";
  spec.prompt.tokens = {"<image>", "<bos>", "\n"};
  return spec;
}

}  // namespace vrp
