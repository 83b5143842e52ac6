// PaliGemma's configuration as downloaded, at other sizes, in transformers 5's writing, and wrong.
#include <catch2/catch.hpp>

#include "tests/unit/model_front/configuration.hpp"
#include "tests/unit/model_front/hub_files.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

const char* const kConfig = "config.json";
const char* const kImage = "preprocessor_config.json";

void refused(const char* file, const char* pointer, const Json& value,
             const std::vector<std::string>& parts = {}) {
  expect_refused("paligemma", file, pointer, value, parts);
}

}  // namespace

TEST_CASE("paligemma-3b-pt-224 as downloaded", "[model][spec]") {
  const auto spec = Configuration("paligemma").read();
  CHECK(spec.family == "paligemma");
  CHECK(spec.dtype == "float32");
  CHECK(spec.image_token == 257152);
  CHECK(spec.eos == std::vector<std::int32_t>{1});
  CHECK(spec.repetition_penalty == 1.0);
  CHECK(spec.generation_top_k == 50);

  const TextSpec& text = spec.text;
  CHECK(text.hidden == 2048);
  CHECK(text.layers == 18);
  CHECK(text.heads == 8);
  CHECK(text.kv_heads == 1);
  CHECK(text.head_dim == 256);
  CHECK(text.intermediate == 16384);
  CHECK(text.vocab == 257216);
  CHECK(text.rms_eps == 1e-6f);
  CHECK(text.rope_theta == 10000.0);
  CHECK(text.max_positions == 8192);
  CHECK(text.activation == "gelu_pytorch_tanh");
  CHECK(text.unit_offset_norm);
  CHECK(text.scaled_embedding);
  CHECK(text.prefix_lm);
  CHECK(text.first_position == 1);
  CHECK(text.tied_head);
  CHECK_FALSE(text.qkv_bias);
  CHECK(text.mrope_section.empty());
  CHECK(text.position_axes() == 1);

  const VisionSpec& vision = spec.vision;
  CHECK(vision.hidden == 1152);
  CHECK(vision.layers == 27);
  CHECK(vision.heads == 16);
  CHECK(vision.intermediate == 4304);
  CHECK(vision.image_size == 224);
  CHECK(vision.patch == 14);
  CHECK(vision.frames == 1);
  CHECK(vision.merge == 1);
  CHECK(vision.feature_layer == -1);
  CHECK_FALSE(vision.class_token);
  CHECK(vision.patch_bias);
  CHECK_FALSE(vision.pre_norm);
  CHECK(vision.post_norm);
  CHECK(vision.positions == VisionPositions::learned);
  CHECK(vision.norm_eps == 1e-6f);
  CHECK(vision.activation == "gelu_pytorch_tanh");
  CHECK(spec.projector == Projector::linear);

  CHECK(spec.image.method == ImageResize::fixed);
  CHECK(spec.image.height == 224);
  CHECK(spec.image.width == 224);
  CHECK(spec.image.rescale == 0.00392156862745098);
  CHECK(spec.image.mean == std::array<double, 3>{0.5, 0.5, 0.5});
  CHECK(spec.image.std == std::array<double, 3>{0.5, 0.5, 0.5});
  CHECK_FALSE(spec.image.white_transparency);

  CHECK(spec.prompt.plain == "<image><bos>{q}{s}\n");
  CHECK(spec.prompt.chat == spec.prompt.plain);
  CHECK_FALSE(spec.prompt.special_tokens);
  CHECK(spec.prompt.image == "<image>");
}

TEST_CASE("paligemma-3b-mix-448 has four times the image tokens", "[model][spec]") {
  Configuration large("paligemma", kConfig, [](Json& json) {
    json["vision_config"]["image_size"] = 448;
    json["vision_config"]["num_image_tokens"] = json["text_config"]["num_image_tokens"] = 1024;
    json["torch_dtype"] = json["text_config"]["torch_dtype"] = "bfloat16";
  });
  large.change(kImage, [](Json& json) {
    json["image_seq_length"] = 1024;
    json["size"] = {{"height", 448}, {"width", 448}};
  });
  const auto spec = large.read();
  CHECK(spec.vision.image_size == 448);
  CHECK(spec.image.height == 448);
  CHECK(spec.dtype == "bfloat16");
}

TEST_CASE("PaliGemma fields left out have the library's defaults", "[model][spec]") {
  Configuration bare("paligemma", kConfig, [](Json& json) {
    json = {{"model_type", "paligemma"}, {"image_token_id", 7}};
  });
  auto spec = bare.read();
  CHECK(spec.text.hidden == 2048);
  CHECK(spec.text.layers == 18);
  CHECK(spec.text.heads == 8);
  CHECK(spec.text.kv_heads == 1);
  CHECK(spec.text.head_dim == 256);
  CHECK(spec.text.intermediate == 16384);
  CHECK(spec.text.vocab == 257152);
  CHECK(spec.vision.hidden == 1152);
  CHECK(spec.vision.layers == 27);
  CHECK(spec.vision.heads == 16);
  CHECK(spec.vision.intermediate == 4096);
  CHECK(spec.vision.patch == 14);
  CHECK(spec.image_token == 7);
  CHECK(spec.dtype == "float32");

  // A text or vision configuration that is there takes Gemma's and SigLIP's own.
  bare.change(kConfig, [](Json& json) {
    json = {{"model_type", "paligemma"}, {"projection_dim", 3072}, {"image_token_index", 7}};
    json["text_config"] = {{"model_type", "gemma"}};
    json["vision_config"] = {{"model_type", "siglip_vision_model"}};
  });
  bare.change(kImage, [](Json& json) {
    json = {{"image_processor_type", "SiglipImageProcessorFast"}, {"image_seq_length", 196}};
  });
  spec = bare.read();
  CHECK(spec.text.hidden == 3072);
  CHECK(spec.text.layers == 28);
  CHECK(spec.text.heads == 16);
  CHECK(spec.text.kv_heads == 16);
  CHECK(spec.text.intermediate == 24576);
  CHECK(spec.text.vocab == 256000);
  CHECK(spec.vision.hidden == 768);
  CHECK(spec.vision.layers == 12);
  CHECK(spec.vision.heads == 12);
  CHECK(spec.vision.intermediate == 3072);
  CHECK(spec.vision.image_size == 224);
  CHECK(spec.vision.patch == 16);
  CHECK(spec.image.height == 224);
  CHECK(spec.image.mean[0] == 0.5);
  CHECK(spec.image.rescale == Approx(1.0 / 255).epsilon(1e-15));
  CHECK(spec.image.white_transparency);  // do_convert_rgb left out is true, null is false
  bare.change(kImage, [](Json& json) { json.erase("image_seq_length"); });
  CHECK(bare.read().vision.patch == 16);
}

TEST_CASE("both names of Gemma's activation mean the tanh approximation", "[model][spec]") {
  for (const char* field : {"hidden_act", "hidden_activation"}) {
    for (const char* name : {"gelu", "gelu_pytorch_tanh"}) {
      const Configuration one("paligemma", kConfig,
                              [&](Json& json) { json["text_config"][field] = name; });
      CHECK(one.read().text.activation == "gelu_pytorch_tanh");
    }
  }
  const Configuration none("paligemma", kConfig,
                           [](Json& json) { json["text_config"]["hidden_activation"] = nullptr; });
  CHECK(none.read().text.activation == "gelu_pytorch_tanh");
}

TEST_CASE("Gemma's heads need not divide its width", "[model][spec]") {
  Configuration odd("paligemma", kConfig, [](Json& json) {
    json["text_config"]["num_attention_heads"] = 12;
    json["text_config"]["num_key_value_heads"] = 4;
    json["text_config"]["head_dim"] = 32;
    json["tie_word_embeddings"] = false;
  });
  const auto spec = odd.read();
  CHECK(spec.text.heads == 12);
  CHECK(spec.text.kv_heads == 4);
  CHECK(spec.text.head_dim == 32);
  CHECK_FALSE(spec.text.tied_head);
  odd.change(kConfig, [](Json& json) {
    json.erase("tie_word_embeddings");
    json["text_config"]["tie_word_embeddings"] = false;
  });
  CHECK_FALSE(odd.read().text.tied_head);
}

TEST_CASE("PaliGemma as transformers 5 saves it", "[model][spec]") {
  Configuration saved("paligemma", kConfig, [](Json& json) {
    json.erase("torch_dtype");
    json["dtype"] = "bfloat16";
    json["tie_word_embeddings"] = true;
    Json& text = json["text_config"];
    text.erase("torch_dtype");
    text["rope_parameters"] = {{"rope_theta", 20000.0}, {"rope_type", "default"}};
    text["use_bidirectional_attention"] = true;
    text["hidden_act"] = "gelu_pytorch_tanh";
    text["attention_bias"] = false;
    text["head_dim"] = 256;
  });
  saved.remove(kImage);
  write_json(saved.path() / "processor_config.json",
             {{"image_processor", hub_file("paligemma", kImage)},
              {"processor_class", "PaliGemmaProcessor"}});
  const auto spec = saved.read();
  CHECK(spec.dtype == "bfloat16");
  CHECK(spec.text.rope_theta == 20000.0);
  CHECK(spec.image.height == 224);
  CHECK_FALSE(spec.image.white_transparency);
}

TEST_CASE("PaliGemma 2 is refused by name", "[model][spec]") {
  refused(kConfig, "/text_config/model_type", "gemma2", {"gemma2", "PaliGemma 2"});
}

TEST_CASE("wrong PaliGemma values are refused with what was expected", "[model][spec]") {
  refused(kConfig, "/text_config/model_type", "llama", {"gemma"});
  refused(kConfig, "/text_config/hidden_act", "silu", {"gelu"});
  refused(kConfig, "/text_config/hidden_activation", "relu", {"gelu"});
  refused(kConfig, "/text_config/head_dim", 255, {"even"});
  refused(kConfig, "/text_config/num_key_value_heads", 3, {"divisor"});
  refused(kConfig, "/text_config/num_key_value_heads", 16, {"divisor"});
  refused(kConfig, "/text_config/attention_bias", true);
  refused(kConfig, "/text_config/use_bidirectional_attention", false, {"true"});
  refused(kConfig, "/text_config/rope_scaling/type", "linear", {"default"});
  refused(kConfig, "/text_config/rope_parameters/rope_type", "yarn", {"default"});
  refused(kConfig, "/tie_word_embeddings", 1, {"true or false"});
  refused(kConfig, "/vision_config/model_type", "clip_vision_model", {"siglip_vision_model"});
  refused(kConfig, "/vision_config/num_attention_heads", 5, {"divisor", "1152"});
  refused(kConfig, "/vision_config/patch_size", 300, {"image_size = 224"});
  refused(kConfig, "/vision_config/image_size", {224, 224}, {"integer"});
  refused(kConfig, "/vision_config/num_channels", 4, {"3"});
  refused(kConfig, "/vision_config/hidden_act", "silu");
  refused(kConfig, "/vision_config/layer_norm_eps", "small");
  refused(kConfig, "/projection_dim", 1024, {"1024", "hidden_size 2048"});
  refused(kConfig, "/image_token_index", 257216, {"0..257215"});
  refused(kConfig, "/torch_dtype", "float64", {"bfloat16"});
  refused(kConfig, "/quantization_config", Json::object(), {"quantised"});
  refused("generation_config.json", "/eos_token_id", 257216);
  refused("generation_config.json", "/eos_token_id", "end", {"integer"});
  refused(kImage, "/size", {{"height", 224}, {"width", 448}}, {"image_size 224"});
  refused(kImage, "/size", 224, {"object"});
  refused(kImage, "/size/height", 0, {"integer"});
  refused(kImage, "/do_resize", false, {"true"});
  refused(kImage, "/do_convert_rgb", "yes", {"true or false"});
  refused(kImage, "/image_seq_length", 1024, {"256"});
  refused(kImage, "/resample", 2, {"bicubic"});
  refused(kImage, "/image_mean", {0.5}, {"three"});
  refused(kImage, "/image_processor_type", "CLIPImageProcessor", {"SiglipImageProcessor"});
}

TEST_CASE("PaliGemma's size needs both sides", "[model][spec]") {
  const Configuration half("paligemma", kImage, [](Json& json) { json["size"].erase("width"); });
  expect_error([&] { half.read(); }, {kImage, "'size.width'", "missing"});
}
