#include "tests/unit/model_front/hub_files.hpp"

#include <map>

#include "tests/unit/model_front/front_support.hpp"

namespace vrp::test {
namespace {

const char* const kPaliGemmaConfig = R"({
  "_vocab_size": 257152, "architectures": ["PaliGemmaForConditionalGeneration"],
  "bos_token_id": 2, "eos_token_id": 1, "hidden_size": 2048, "ignore_index": -100,
  "image_token_index": 257152, "model_type": "paligemma", "pad_token_id": 0,
  "projection_dim": 2048,
  "text_config": {
    "hidden_size": 2048, "intermediate_size": 16384, "model_type": "gemma",
    "num_attention_heads": 8, "num_hidden_layers": 18, "num_image_tokens": 256,
    "num_key_value_heads": 1, "torch_dtype": "float32", "vocab_size": 257216
  },
  "torch_dtype": "float32", "transformers_version": "4.41.0.dev0",
  "vision_config": {
    "hidden_size": 1152, "intermediate_size": 4304, "model_type": "siglip_vision_model",
    "num_attention_heads": 16, "num_hidden_layers": 27, "num_image_tokens": 256,
    "patch_size": 14, "projection_dim": 2048, "projector_hidden_act": "gelu_fast",
    "vision_use_head": false
  },
  "vocab_size": 257216
})";

const char* const kPaliGemmaPreprocessor = R"({
  "do_convert_rgb": null, "do_normalize": true, "do_rescale": true, "do_resize": true,
  "image_mean": [0.5, 0.5, 0.5], "image_processor_type": "SiglipImageProcessor",
  "image_seq_length": 256, "image_std": [0.5, 0.5, 0.5], "processor_class": "PaliGemmaProcessor",
  "resample": 3, "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224}
})";

const char* const kPaliGemmaGeneration = R"({
  "_from_model_config": true, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0,
  "transformers_version": "4.41.0.dev0"
})";

const char* const kQwenConfig = R"({
  "architectures": ["Qwen2VLForConditionalGeneration"], "attention_dropout": 0.0,
  "bos_token_id": 151643, "eos_token_id": 151645, "vision_start_token_id": 151652,
  "vision_end_token_id": 151653, "vision_token_id": 151654, "image_token_id": 151655,
  "video_token_id": 151656, "hidden_act": "silu", "hidden_size": 3584,
  "initializer_range": 0.02, "intermediate_size": 18944, "max_position_embeddings": 32768,
  "max_window_layers": 28, "model_type": "qwen2_vl", "num_attention_heads": 28,
  "num_hidden_layers": 28, "num_key_value_heads": 4, "rms_norm_eps": 1e-06,
  "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": false,
  "torch_dtype": "bfloat16", "transformers_version": "4.41.2", "use_cache": true,
  "use_sliding_window": false,
  "vision_config": {
    "depth": 32, "embed_dim": 1280, "mlp_ratio": 4, "num_heads": 16, "in_chans": 3,
    "hidden_size": 3584, "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14,
    "temporal_patch_size": 2
  },
  "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}, "vocab_size": 152064
})";

const char* const kQwenPreprocessor = R"({
  "min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2,
  "merge_size": 2, "image_mean": [0.48145466, 0.4578275, 0.40821073],
  "image_std": [0.26862954, 0.26130258, 0.27577711],
  "image_processor_type": "Qwen2VLImageProcessor", "processor_class": "Qwen2VLProcessor"
})";

const char* const kQwenGeneration = R"({
  "bos_token_id": 151643, "pad_token_id": 151643, "do_sample": true,
  "eos_token_id": [151645, 151643], "repetition_penalty": 1.05, "temperature": 0.01,
  "top_p": 0.001, "top_k": 1, "transformers_version": "4.37.0"
})";

const std::map<std::string, std::map<std::string, const char*>>& files() {
  static const std::map<std::string, std::map<std::string, const char*>> all{
      {"paligemma",
       {{"config.json", kPaliGemmaConfig},
        {"preprocessor_config.json", kPaliGemmaPreprocessor},
        {"generation_config.json", kPaliGemmaGeneration}}},
      {"qwen2_vl",
       {{"config.json", kQwenConfig},
        {"preprocessor_config.json", kQwenPreprocessor},
        {"generation_config.json", kQwenGeneration}}}};
  return all;
}

}  // namespace

Json hub_file(const std::string& family, const std::string& file) {
  return parse_json(files().at(family).at(file), file);
}

void write_hub_files(const std::filesystem::path& folder, const std::string& family) {
  for (const auto& [name, text] : files().at(family)) write_file(folder / name, text);
}

}  // namespace vrp::test
