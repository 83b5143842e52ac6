#pragma once
// What the families' configuration readers share: limits, the decoder, a vision transformer of
// CLIP's kind, and the generation settings.
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "pipeline/model/fields.hpp"
#include "pipeline/model/spec.hpp"

namespace vrp {

constexpr std::int64_t kMaxWidth = 1 << 20, kMaxLayers = 4096, kMaxVocabulary = 1 << 24;
constexpr std::int64_t kMaxPositions = 1 << 24, kMaxImageSide = 1 << 14;
constexpr std::int64_t kMaxPixels = 1 << 26;  ///< of a resized picture: 64 Mi

/// A value that Fields has checked against a limit below 2^31.
inline int small(std::int64_t value) { return static_cast<int>(value); }

/// Error unless the field (or, left out, `fallback`) is one of `supported`.
void expect_text(const Fields& fields, const char* field, const std::string& fallback,
                 const std::set<std::string>& supported);
void expect_flag(const Fields& fields, const char* field, bool fallback, bool supported);

/// The library's values where a text configuration is silent; 0 for kv_heads = as many as heads,
/// 0 for head_dim = hidden / heads.
struct TextDefaults {
  int hidden, layers, heads, kv_heads, head_dim, intermediate, vocab;
  double rms_eps, rope_theta;
  int max_positions;
};

/// The decoder's sizes, norm and rotary base. The activation, biases and masks are the family's.
TextSpec read_decoder(const Fields& text, const TextDefaults& defaults);

/// The object with the rotary parameters: rope_scaling where it holds something, else
/// rope_parameters (transformers 5), else one without fields.
Fields rope_of(const Fields& text);

struct TowerDefaults {
  int hidden, layers, heads, intermediate, image_size, patch;
  double norm_eps;
  std::string activation;
};

/// A vision transformer with square input and learned positions (CLIP, SigLIP): its sizes.
VisionSpec read_tower(const Fields& vision, const TowerDefaults& defaults);

/// `vision`'s heads divide its hidden size; the error names `field`.
void check_vision_heads(const Fields& fields, const char* field, const char* width,
                        const VisionSpec& vision);

/// dtype, the image token's id, end tokens, repetition penalty and top_k: what config.json (text
/// part: `text`) and generation_config.json say, else `image_token` and `eos`. Needs spec.text.
struct TokenDefaults {
  std::int64_t image_token, eos;
};
void read_tokens(const std::filesystem::path& checkpoint, const Fields& config, const Fields& text,
                 const TokenDefaults& defaults, ModelSpec& spec);

/// The readers of the families; `config` is config.json.
ModelSpec read_llava(const std::filesystem::path& checkpoint, const Fields& config);
ModelSpec read_paligemma(const std::filesystem::path& checkpoint, const Fields& config);
ModelSpec read_qwen2_vl(const std::filesystem::path& checkpoint, const Fields& config);

}  // namespace vrp
