#include "pipeline/model/spec_parts.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

void read_generation(const std::filesystem::path& checkpoint, const Fields& config,
                     const Fields& text, std::int64_t default_eos, ModelSpec& spec) {
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
  if (spec.eos.empty()) {
    if (default_eos > last) text.refuse("eos_token_id", concat("an id in 0..", last));
    spec.eos.push_back(static_cast<std::int32_t>(default_eos));
  }
  spec.repetition_penalty = generation.number("repetition_penalty", 1.0, 1e-3, 1e3);
  spec.generation_top_k = small(generation.integer("top_k", 50, 0, kMaxVocabulary));
}

}  // namespace

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

Fields rope_of(const Fields& text) {
  const bool scaling = text.has("rope_scaling") && !text.raw("rope_scaling").empty();
  return text.object(scaling ? "rope_scaling" : "rope_parameters");
}

TextSpec read_decoder(const Fields& text, const TextDefaults& defaults) {
  TextSpec spec;
  spec.hidden = small(text.integer("hidden_size", defaults.hidden, 1, kMaxWidth));
  spec.layers = small(text.integer("num_hidden_layers", defaults.layers, 1, kMaxLayers));
  spec.heads = small(text.integer("num_attention_heads", defaults.heads, 1, kMaxWidth));
  // An explicit null is "as many as heads", a field left out the family's default.
  const bool as_heads = defaults.kv_heads == 0 || text.is_null("num_key_value_heads");
  const int kv_heads = as_heads ? spec.heads : defaults.kv_heads;
  spec.kv_heads = small(text.integer("num_key_value_heads", kv_heads, 1, kMaxWidth));
  if (!text.has("head_dim") && defaults.head_dim == 0) {
    if (spec.hidden % spec.heads != 0) {
      text.refuse("num_attention_heads", concat("a divisor of hidden_size = ", spec.hidden));
    }
    spec.head_dim = spec.hidden / spec.heads;
    if (spec.head_dim % 2 != 0) {
      text.refuse("num_attention_heads",
                  concat("heads of even size (rotary positions pair dimensions), not hidden_size / "
                         "num_attention_heads = ",
                         spec.head_dim));
    }
  } else {
    spec.head_dim = small(text.integer("head_dim", defaults.head_dim, 2, kMaxWidth));
    if (spec.head_dim % 2 != 0) text.refuse("head_dim", "an even number");
  }
  if (spec.heads % spec.kv_heads != 0) {
    text.refuse("num_key_value_heads", concat("a divisor of num_attention_heads = ", spec.heads));
  }
  spec.intermediate = small(text.integer("intermediate_size", defaults.intermediate, 1, kMaxWidth));
  spec.vocab = small(text.integer("vocab_size", defaults.vocab, 1, kMaxVocabulary));
  spec.rms_eps = static_cast<float>(text.number("rms_norm_eps", defaults.rms_eps, 0, 1));
  spec.max_positions =
      small(text.integer("max_position_embeddings", defaults.max_positions, 1, kMaxPositions));
  const Fields rope = rope_of(text);
  spec.rope_theta =
      (rope.has("rope_theta") ? rope : text).number("rope_theta", defaults.rope_theta, 1, 1e12);
  return spec;
}

VisionSpec read_tower(const Fields& vision, const TowerDefaults& defaults) {
  VisionSpec spec;
  spec.hidden = small(vision.integer("hidden_size", defaults.hidden, 1, kMaxWidth));
  spec.layers = small(vision.integer("num_hidden_layers", defaults.layers, 1, kMaxLayers));
  spec.heads = small(vision.integer("num_attention_heads", defaults.heads, 1, kMaxWidth));
  check_vision_heads(vision, "num_attention_heads", "hidden_size", spec);
  spec.intermediate =
      small(vision.integer("intermediate_size", defaults.intermediate, 1, kMaxWidth));
  spec.image_size = small(vision.integer("image_size", defaults.image_size, 1, kMaxImageSide));
  spec.patch = small(vision.integer("patch_size", defaults.patch, 1, kMaxImageSide));
  if (spec.patch > spec.image_size) {
    vision.refuse("patch_size", concat("at most image_size = ", spec.image_size));
  }
  spec.norm_eps = static_cast<float>(vision.number("layer_norm_eps", defaults.norm_eps, 0, 1));
  if (vision.integer("num_channels", 3, 1, 64) != 3) vision.refuse("num_channels", "3");
  spec.activation = vision.text("hidden_act", defaults.activation);
  expect_text(vision, "hidden_act", defaults.activation,
              {"quick_gelu", "gelu", "gelu_pytorch_tanh"});
  return spec;
}

void check_vision_heads(const Fields& fields, const char* field, const char* width,
                        const VisionSpec& vision) {
  if (vision.hidden % vision.heads != 0) {
    fields.refuse(field, concat("a divisor of ", width, " = ", vision.hidden));
  }
}

void read_tokens(const std::filesystem::path& checkpoint, const Fields& config, const Fields& text,
                 const TokenDefaults& defaults, ModelSpec& spec) {
  // AWQ, GPTQ, bitsandbytes ...: the weights are not what the tensor names promise.
  if (config.has("quantization_config")) {
    config.refuse("quantization_config", "no such field (quantised weights are not supported)");
  }
  const char* dtype = config.has("dtype") ? "dtype" : "torch_dtype";
  expect_text(config, dtype, "float32", {"float32", "float16", "bfloat16"});
  spec.dtype = config.text(dtype, "float32");
  const char* image = config.has("image_token_index") ? "image_token_index" : "image_token_id";
  const std::int64_t last = spec.text.vocab - 1;
  if (!config.has(image) && defaults.image_token > last) {
    config.refuse(image, concat("an id in 0..", last, ", below vocab_size"));
  }
  spec.image_token = small(config.integer(image, defaults.image_token, 0, last));
  read_generation(checkpoint, config, text, defaults.eos, spec);
}

}  // namespace vrp
