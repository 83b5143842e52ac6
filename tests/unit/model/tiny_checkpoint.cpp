#include "tests/unit/model/tiny_checkpoint.hpp"

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "kernels/philox.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace vrp::test {
namespace {

/// Roughly normal numbers of a tensor, a function of its number.
std::vector<float> noise(std::uint32_t tensor, std::size_t count, double deviation, double mean) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), tensor, 0, 0}, {42, 0});
    const double sum = uniform53(w.c0, w.c1) + uniform53(w.c2, w.c3) - 1;  // variance 1/6
    // Short of fp16's and bf16's precision, so that every stored type holds the same weights.
    values.push_back(static_cast<float>(std::round((mean + sum * deviation * 2.449) * 64) / 64));
  }
  return values;
}

class Writer {
 public:
  explicit Writer(const TinySpec& spec) : spec_(spec) {
    const bool fresh = spec.new_names;
    const std::string text = fresh ? "model.language_model." : "language_model.model.";
    const std::string vision =
        fresh ? "model.vision_tower.vision_model." : "vision_tower.vision_model.";
    const std::string projector = fresh ? "model.multi_modal_projector." : "multi_modal_projector.";
    text_tensors(text);
    vision_tensors(vision);
    linear(projector + "linear_1", spec.hidden, spec.vision_hidden, true);
    linear(projector + "linear_2", spec.hidden, spec.hidden, true);
    // Last, so that a tied model's other tensors have the same numbers.
    if (!spec.tied)
      add(fresh ? "lm_head.weight" : "language_model.lm_head.weight", {spec.vocab, spec.hidden},
          0.5);
  }
  TinyTensors tensors;

 private:
  void add(const std::string& name, std::vector<std::int64_t> shape, double deviation,
           double mean = 0) {
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    tensors[name] = {std::move(shape), noise(number_++, count, deviation, mean), spec_.dtype};
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias) {
    add(name + ".weight", {out, in}, 1.6 / std::sqrt(static_cast<double>(in)));
    if (bias) add(name + ".bias", {out}, 0.1);
  }
  void norm(const std::string& name, std::int64_t width, bool bias) {
    add(name + ".weight", {width}, 0.1, 1);
    if (bias) add(name + ".bias", {width}, 0.1);
  }
  void text_tensors(const std::string& text) {
    const int d = spec_.hidden, head = d / spec_.heads;
    add(text + "embed_tokens.weight", {spec_.vocab, d}, 1);
    for (int l = 0; l < spec_.layers; ++l) {
      const std::string at = concat(text, "layers.", l, ".");
      norm(at + "input_layernorm", d, false);
      norm(at + "post_attention_layernorm", d, false);
      linear(at + "self_attn.q_proj", spec_.heads * head, d, false);
      linear(at + "self_attn.k_proj", spec_.kv_heads * head, d, false);
      linear(at + "self_attn.v_proj", spec_.kv_heads * head, d, false);
      linear(at + "self_attn.o_proj", d, spec_.heads * head, false);
      linear(at + "mlp.gate_proj", spec_.intermediate, d, false);
      linear(at + "mlp.up_proj", spec_.intermediate, d, false);
      linear(at + "mlp.down_proj", d, spec_.intermediate, false);
    }
    norm(text + "norm", d, false);
  }
  void vision_tensors(const std::string& vision) {
    const int d = spec_.vision_hidden, side = spec_.image_size / spec_.patch;
    add(vision + "embeddings.class_embedding", {d}, 1);
    add(vision + "embeddings.patch_embedding.weight", {d, 3, spec_.patch, spec_.patch}, 0.1);
    add(vision + "embeddings.position_embedding.weight", {side * side + 1, d}, 0.5);
    norm(vision + "pre_layrnorm", d, true);
    norm(vision + "post_layernorm", d, true);
    for (int l = 0; l < spec_.vision_layers; ++l) {
      const std::string at = concat(vision, "encoder.layers.", l, ".");
      norm(at + "layer_norm1", d, true);
      norm(at + "layer_norm2", d, true);
      for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        linear(at + "self_attn." + name, d, d, true);
      }
      linear(at + "mlp.fc1", spec_.vision_intermediate, d, true);
      linear(at + "mlp.fc2", d, spec_.vision_intermediate, true);
    }
  }
  const TinySpec& spec_;
  std::uint32_t number_ = 0;
};

void append(std::string& bytes, float value, const std::string& dtype) {
  if (dtype == "F32" || dtype == "I32") {
    bytes.append(reinterpret_cast<const char*>(&value), 4);
  } else if (dtype == "F16") {
    const _Float16 half = static_cast<_Float16>(value);
    bytes.append(reinterpret_cast<const char*>(&half), 2);
  } else {
    std::uint32_t bits;
    std::memcpy(&bits, &value, 4);
    const auto half = static_cast<std::uint16_t>(bits >> 16);  // exact: 8 significant bits
    bytes.append(reinterpret_cast<const char*>(&half), 2);
  }
}

void write_safetensors(const std::filesystem::path& path, const TinyTensors& tensors) {
  Json header = Json::object();
  std::string bytes;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = bytes.size();
    for (const float value : tensor.values) append(bytes, value, tensor.dtype);
    header[name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, bytes.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), 8);
  out << text << bytes;
}

Json tokenizer() {
  Json vocabulary = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
  Json added = Json::array();
  const auto add = [&](int id, const char* text) {
    added.push_back({{"id", id},
                     {"content", text},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  };
  add(0, "<unk>");
  add(1, "<s>");
  add(2, "</s>");
  add(259, "<image>");
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    vocabulary[name] = 3 + byte;
  }
  return {{"version", "1.0"},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", nullptr},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single",
             {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
              {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
            {"pair", Json::array()},
            {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}}},
          {"decoder",
           {{"type", "Sequence"}, {"decoders", {{{"type", "ByteFallback"}}, {{"type", "Fuse"}}}}}},
          {"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"fuse_unk", true},
            {"byte_fallback", true},
            {"vocab", vocabulary},
            {"merges", Json::array()}}}};
}

void write_configuration(const std::filesystem::path& path, const TinySpec& spec) {
  const Json text = {{"model_type", "llama"},
                     {"hidden_size", spec.hidden},
                     {"num_hidden_layers", spec.layers},
                     {"num_attention_heads", spec.heads},
                     {"num_key_value_heads", spec.kv_heads},
                     {"intermediate_size", spec.intermediate},
                     {"vocab_size", spec.vocab},
                     {"rms_norm_eps", 1e-5},
                     {"max_position_embeddings", spec.max_positions},
                     {"tie_word_embeddings", spec.tied}};
  const Json vision = {{"model_type", "clip_vision_model"},
                       {"hidden_size", spec.vision_hidden},
                       {"num_hidden_layers", spec.vision_layers},
                       {"num_attention_heads", spec.vision_heads},
                       {"intermediate_size", spec.vision_intermediate},
                       {"image_size", spec.image_size},
                       {"patch_size", spec.patch}};
  const Json config = {{"model_type", "llava"},
                       {"image_token_index", 259},
                       {"projector_hidden_act", "gelu"},
                       {"text_config", text},
                       {"vision_config", vision},
                       {"vision_feature_layer", -2},
                       {"vision_feature_select_strategy", "default"},
                       {"tie_word_embeddings", spec.tied},
                       {"torch_dtype", "float32"}};
  const Json image = {{"do_resize", true},
                      {"size", {{"shortest_edge", spec.image_size}}},
                      {"do_center_crop", true},
                      {"crop_size", {{"height", spec.image_size}, {"width", spec.image_size}}},
                      {"do_normalize", true},
                      {"do_rescale", true},
                      {"resample", 3},
                      {"rescale_factor", 1.0 / 255},
                      {"image_mean", {0.48145466, 0.4578275, 0.40821073}},
                      {"image_std", {0.26862954, 0.26130258, 0.27577711}},
                      {"image_processor_type", "CLIPImageProcessor"}};
  const Json processor = {{"patch_size", spec.patch},
                          {"num_additional_image_tokens", 1},
                          {"vision_feature_select_strategy", "default"}};
  const Json generation = {{"bos_token_id", 1}, {"eos_token_id", 2}};
  std::ofstream(path / "config.json") << config.dump(1);
  std::ofstream(path / "preprocessor_config.json") << image.dump(1);
  std::ofstream(path / "processor_config.json") << processor.dump(1);
  std::ofstream(path / "generation_config.json") << generation.dump(1);
  std::ofstream(path / "tokenizer.json") << tokenizer().dump();
}

}  // namespace

TinyCheckpoint::TinyCheckpoint(const TinySpec& spec,
                               const std::function<void(TinyTensors&)>& change) {
  static int count = 0;
  path_ = std::filesystem::temp_directory_path() /
          concat("vrp-tiny-checkpoint-", getpid(), "-", count++);
  std::filesystem::create_directories(path_);
  Writer writer(spec);
  if (change) change(writer.tensors);
  write_configuration(path_, spec);
  write_safetensors(path_ / "model.safetensors", writer.tensors);
}

TinyCheckpoint::~TinyCheckpoint() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

RgbImage noise_image(int width, int height, std::uint32_t seed) {
  RgbImage image{width, height, {}};
  for (int i = 0; i < 3 * width * height; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), seed, 0, 0}, {7, 7});
    image.rgb.push_back(static_cast<std::uint8_t>(w.c0 & 255));
  }
  return image;
}

}  // namespace vrp::test
