// Reading config.json and generation_config.json. Hub files leave out what equals the library's
// default; the defaults below are those of transformers for Llama, CLIP and LLaVA.
#include "pipeline/model/spec.hpp"

#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/fields.hpp"
#include "pipeline/model/spec_image.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kMaxWidth = 1 << 20, kMaxLayers = 4096, kMaxVocabulary = 1 << 24;
constexpr std::int64_t kMaxPositions = 1 << 24;
constexpr std::int64_t kMaxImageSide = 1 << 14;

int small(std::int64_t value) { return static_cast<int>(value); }

void expect_text(const Fields& fields, const char* field, const std::string& fallback,
                 const std::set<std::string>& supported) {
  if (supported.count(fields.text(field, fallback)) > 0) return;
  fields.refuse(field, join({supported.begin(), supported.end()}, " or "));
}

void expect_flag(const Fields& fields, const char* field, bool fallback, bool supported) {
  if (fields.flag(field, fallback) != supported) {
    fields.refuse(field, supported ? "true (nothing else is supported)"
                                   : "false (nothing else is supported)");
  }
}

TextSpec read_text(const Fields& text) {
  expect_text(text, "model_type", "llama", {"llama"});
  TextSpec spec;
  spec.hidden = small(text.integer("hidden_size", 4096, 1, kMaxWidth));
  spec.layers = small(text.integer("num_hidden_layers", 32, 1, kMaxLayers));
  spec.heads = small(text.integer("num_attention_heads", 32, 1, kMaxWidth));
  spec.kv_heads = small(text.integer("num_key_value_heads", spec.heads, 1, spec.heads));
  if (!text.has("head_dim")) {
    if (spec.hidden % spec.heads != 0) {
      text.refuse("num_attention_heads", concat("a divisor of hidden_size = ", spec.hidden));
    }
    spec.head_dim = spec.hidden / spec.heads;
  } else {
    spec.head_dim = small(text.integer("head_dim", std::nullopt, 2, kMaxWidth));
    if (spec.head_dim % 2 != 0) text.refuse("head_dim", "an even number");
  }
  if (spec.heads % spec.kv_heads != 0) {
    text.refuse("num_key_value_heads", concat("a divisor of num_attention_heads = ", spec.heads));
  }
  spec.intermediate = small(text.integer("intermediate_size", 11008, 1, kMaxWidth));
  spec.vocab = small(text.integer("vocab_size", 32000, 1, kMaxVocabulary));
  spec.rms_eps = static_cast<float>(text.number("rms_norm_eps", 1e-6, 0, 1));
  spec.max_positions = small(text.integer("max_position_embeddings", 2048, 1, kMaxPositions));
  expect_text(text, "hidden_act", "silu", {"silu"});
  expect_flag(text, "attention_bias", false, false);
  expect_flag(text, "mlp_bias", false, false);

  // transformers 5 writes rope_parameters, older versions rope_theta and rope_scaling.
  const Fields rope = text.object(text.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
  expect_text(rope, rope.has("rope_type") ? "rope_type" : "type", "default", {"default"});
  const Fields& theta = rope.has("rope_theta") ? rope : text;
  spec.rope_theta = theta.number("rope_theta", 10000.0, 1, 1e12);
  return spec;
}

VisionSpec read_vision(const Fields& config) {
  const Fields vision = config.object("vision_config");
  expect_text(vision, "model_type", "clip_vision_model", {"clip_vision_model"});
  // A vision_config that is there takes CLIP's own defaults; an absent one is LLaVA-1.5's tower.
  const bool given = config.has("vision_config");
  VisionSpec spec;
  spec.hidden = small(vision.integer("hidden_size", given ? 768 : 1024, 1, kMaxWidth));
  spec.layers = small(vision.integer("num_hidden_layers", given ? 12 : 24, 1, kMaxLayers));
  spec.heads = small(vision.integer("num_attention_heads", given ? 12 : 16, 1, kMaxWidth));
  spec.intermediate = small(vision.integer("intermediate_size", given ? 3072 : 4096, 1, kMaxWidth));
  spec.image_size = small(vision.integer("image_size", given ? 224 : 336, 1, kMaxImageSide));
  spec.patch = small(vision.integer("patch_size", given ? 32 : 14, 1, spec.image_size));
  spec.norm_eps = static_cast<float>(vision.number("layer_norm_eps", 1e-5, 0, 1));
  if (vision.integer("num_channels", 3, 1, 64) != 3) vision.refuse("num_channels", "3");
  if (spec.hidden % spec.heads != 0) {
    vision.refuse("num_attention_heads", concat("a divisor of hidden_size = ", spec.hidden));
  }
  spec.activation = vision.text("hidden_act", "quick_gelu");
  expect_text(vision, "hidden_act", "quick_gelu", {"quick_gelu", "gelu"});

  const auto layer = config.integers("vision_feature_layer", -(spec.layers + 1), spec.layers);
  if (layer.size() > 1) config.refuse("vision_feature_layer", "one layer");
  if (!layer.empty()) spec.feature_layer = small(layer.front());
  expect_text(config, "vision_feature_select_strategy", "default", {"default"});
  spec.drop_cls = true;
  return spec;
}

void read_generation(const std::filesystem::path& checkpoint, const Fields& config,
                     const Fields& text, ModelSpec& spec) {
  const auto path = checkpoint / "generation_config.json";
  const bool there = std::filesystem::exists(path);
  const Fields generation = there ? Fields::file(path) : Fields::empty(path);
  const std::int64_t last = spec.text.vocab - 1;
  for (const Fields* fields : {&generation, &config, &text}) {
    for (const auto id : fields->integers("eos_token_id", 0, last)) {
      spec.eos.push_back(static_cast<std::int32_t>(id));
    }
    if (!spec.eos.empty()) break;
  }
  if (spec.eos.empty()) spec.eos.push_back(2);  // LlamaConfig's default
  spec.repetition_penalty = generation.number("repetition_penalty", 1.0, 1e-3, 1e3);
  spec.generation_top_k = small(generation.integer("top_k", 50, 0, kMaxVocabulary));
}

ModelSpec read_llava(const std::filesystem::path& checkpoint, const Fields& config) {
  ModelSpec spec;
  spec.family = "llava";
  const Fields text = config.object("text_config");
  spec.text = read_text(text);
  spec.text.tied_head =
      config.flag("tie_word_embeddings", false) || text.flag("tie_word_embeddings", false);
  spec.vision = read_vision(config);
  expect_text(config, "projector_hidden_act", "gelu", {"gelu"});
  expect_flag(config, "multimodal_projector_bias", true, true);

  const char* dtype = config.has("torch_dtype") ? "torch_dtype" : "dtype";
  expect_text(config, dtype, "float32", {"float32", "float16", "bfloat16"});
  spec.dtype = config.text(dtype, "float32");
  const char* image = config.has("image_token_index") ? "image_token_index" : "image_token_id";
  spec.image_token =
      static_cast<std::int32_t>(config.integer(image, 32000, 0, spec.text.vocab - 1));
  read_generation(checkpoint, config, text, spec);
  read_image_processor(checkpoint, spec);
  return spec;
}

}  // namespace

const std::vector<std::string>& supported_families() {
  static const std::vector<std::string> families{"llava"};
  return families;
}

ModelSpec read_model_spec(const std::filesystem::path& checkpoint) {
  const auto path = checkpoint / "config.json";
  if (!std::filesystem::is_directory(checkpoint)) {
    fail(checkpoint.string(), ": is no folder, expected a checkpoint with config.json");
  }
  const Fields config = Fields::file(path);
  const std::string family = config.text("model_type", std::nullopt);
  if (family == "llava") return read_llava(checkpoint, config);
  fail(path.string(), ": model family '", excerpt(family),
       "' is not supported yet; supported: ", join(supported_families(), ", "));
}

}  // namespace vrp
