// Qwen2-VL's configuration as downloaded, at other sizes, in transformers 5's writing, and wrong.
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
  expect_refused("qwen2_vl", file, pointer, value, parts);
}

ModelSpec with(const char* file, const std::function<void(Json&)>& change) {
  return Configuration("qwen2_vl", file, change).read();
}

/// The flat file of the hub with its text part nested, as transformers 5 saves it.
void nest(Json& json) {
  Json text = {{"model_type", "qwen2_vl_text"}};
  for (const char* field :
       {"hidden_act", "hidden_size", "intermediate_size", "max_position_embeddings",
        "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "rms_norm_eps",
        "use_sliding_window", "vocab_size", "eos_token_id", "bos_token_id"}) {
    text[field] = json[field];
    json.erase(field);
  }
  text["layer_types"] = Json::array({"full_attention", "full_attention"});
  text["sliding_window"] = nullptr;
  text["rope_parameters"] = {{"type", "mrope"},
                             {"mrope_section", {16, 24, 24}},
                             {"rope_theta", json["rope_theta"]},
                             {"rope_type", "default"}};
  json.erase("rope_scaling");
  json.erase("rope_theta");
  json["text_config"] = text;
  json["vision_config"]["model_type"] = "qwen2_vl_vision";
  json["vision_config"]["in_channels"] = 3;
  json["vision_config"]["hidden_act"] = "quick_gelu";
  json["vision_config"]["rope_parameters"] = {{"rope_theta", 10000.0}, {"rope_type", "axial"}};
  json["dtype"] = json["torch_dtype"];
  json.erase("torch_dtype");
}

}  // namespace

TEST_CASE("Qwen2-VL-7B-Instruct as downloaded", "[model][spec]") {
  const auto spec = Configuration("qwen2_vl").read();
  CHECK(spec.family == "qwen2_vl");
  CHECK(spec.dtype == "bfloat16");
  CHECK(spec.image_token == 151655);
  CHECK(spec.eos == std::vector<std::int32_t>{151645, 151643});
  CHECK(spec.repetition_penalty == 1.05);
  CHECK(spec.generation_top_k == 1);

  const TextSpec& text = spec.text;
  CHECK(text.hidden == 3584);
  CHECK(text.layers == 28);
  CHECK(text.heads == 28);
  CHECK(text.kv_heads == 4);
  CHECK(text.head_dim == 128);
  CHECK(text.intermediate == 18944);
  CHECK(text.vocab == 152064);
  CHECK(text.rms_eps == 1e-6f);
  CHECK(text.rope_theta == 1000000.0);
  CHECK(text.mrope_section == std::vector<int>{16, 24, 24});
  CHECK(text.position_axes() == 3);
  CHECK(text.max_positions == 32768);
  CHECK(text.activation == "silu");
  CHECK(text.qkv_bias);
  CHECK_FALSE(text.unit_offset_norm);
  CHECK_FALSE(text.scaled_embedding);
  CHECK_FALSE(text.prefix_lm);
  CHECK(text.first_position == 0);
  CHECK_FALSE(text.tied_head);

  const VisionSpec& vision = spec.vision;
  CHECK(vision.hidden == 1280);
  CHECK(vision.layers == 32);
  CHECK(vision.heads == 16);
  CHECK(vision.intermediate == 5120);
  CHECK(vision.image_size == 0);
  CHECK(vision.patch == 14);
  CHECK(vision.frames == 2);
  CHECK(vision.merge == 2);
  CHECK(vision.feature_layer == -1);
  CHECK_FALSE(vision.class_token);
  CHECK_FALSE(vision.patch_bias);
  CHECK_FALSE(vision.pre_norm);
  CHECK_FALSE(vision.post_norm);
  CHECK(vision.positions == VisionPositions::rotary);
  CHECK(vision.norm_eps == 1e-6f);
  CHECK(vision.activation == "quick_gelu");
  CHECK(spec.projector == Projector::merger);
  CHECK(spec.projector_activation == "gelu");

  CHECK(spec.image.method == ImageResize::smart);
  CHECK(spec.image.min_pixels == 3136);
  CHECK(spec.image.max_pixels == 12845056);
  CHECK(spec.image.mean[2] == 0.40821073);
  CHECK(spec.image.std[0] == 0.26862954);
  CHECK(spec.image.white_transparency);

  CHECK(spec.prompt.plain ==
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
        "<|vision_start|><|image_pad|><|vision_end|>{q}{s}<|im_end|>\n<|im_start|>assistant\n");
  CHECK(spec.prompt.chat == spec.prompt.plain);
  CHECK(spec.prompt.image == "<|image_pad|>");
  CHECK(spec.prompt.tokens.size() == 5);
}

TEST_CASE("Qwen2-VL-2B is tied, 72B larger", "[model][spec]") {
  const auto two = with(kConfig, [](Json& json) {
    json["hidden_size"] = json["vision_config"]["hidden_size"] = 1536;
    json["intermediate_size"] = 8960;
    json["num_attention_heads"] = 12;
    json["num_key_value_heads"] = 2;
    json["vocab_size"] = 151936;
    json["tie_word_embeddings"] = true;
  });
  CHECK(two.text.hidden == 1536);
  CHECK(two.text.head_dim == 128);
  CHECK(two.text.kv_heads == 2);
  CHECK(two.text.tied_head);
  const auto large = with(kConfig, [](Json& json) {
    json["hidden_size"] = json["vision_config"]["hidden_size"] = 8192;
    json["intermediate_size"] = 29568;
    json["num_attention_heads"] = 64;
    json["num_hidden_layers"] = 80;
    json["num_key_value_heads"] = 8;
  });
  CHECK(large.text.layers == 80);
  CHECK(large.text.head_dim == 128);
  CHECK_FALSE(large.text.tied_head);
}

TEST_CASE("Qwen2-VL as transformers 5 saves it is the same model", "[model][spec]") {
  const auto hub = Configuration("qwen2_vl").read();
  Configuration saved("qwen2_vl", kConfig, nest);
  saved.remove(kImage);
  Json image = hub_file("qwen2_vl", kImage);
  image.erase("min_pixels");
  image.erase("max_pixels");
  image["size"] = {{"shortest_edge", 3136}, {"longest_edge", 12845056}};
  write_json(saved.path() / "processor_config.json",
             {{"image_processor", image}, {"processor_class", "Qwen2VLProcessor"}});
  auto spec = saved.read();
  CHECK(spec.dtype == "bfloat16");
  CHECK(spec.text.hidden == hub.text.hidden);
  CHECK(spec.text.kv_heads == hub.text.kv_heads);
  CHECK(spec.text.rope_theta == hub.text.rope_theta);
  CHECK(spec.text.rms_eps == hub.text.rms_eps);
  CHECK(spec.text.vocab == hub.text.vocab);
  CHECK(spec.text.mrope_section == hub.text.mrope_section);
  CHECK(spec.image.min_pixels == hub.image.min_pixels);
  CHECK(spec.image.max_pixels == hub.image.max_pixels);
  CHECK_FALSE(spec.text.tied_head);
  saved.change(kConfig, [](Json& json) { json["text_config"]["tie_word_embeddings"] = true; });
  CHECK(saved.read().text.tied_head);
  std::filesystem::remove(saved.path() / "generation_config.json");
  CHECK(saved.read().eos == std::vector<std::int32_t>{151645});
}

TEST_CASE("Qwen2-VL fields left out have the library's defaults", "[model][spec]") {
  Configuration bare("qwen2_vl", kConfig, [](Json& json) {
    json = {{"model_type", "qwen2_vl"}, {"vision_config", {{"hidden_size", 8192}}}};
  });
  bare.change(kImage, [](Json& json) { json = Json::object(); }).remove("generation_config.json");
  auto spec = bare.read();
  CHECK(spec.text.hidden == 8192);
  CHECK(spec.text.layers == 80);
  CHECK(spec.text.heads == 64);
  CHECK(spec.text.kv_heads == 8);
  CHECK(spec.text.intermediate == 29568);
  CHECK(spec.text.vocab == 152064);
  CHECK(spec.text.rms_eps == 1e-5f);
  CHECK(spec.text.rope_theta == 1000000.0);
  CHECK(spec.text.max_positions == 32768);
  CHECK(spec.text.mrope_section == std::vector<int>{16, 24, 24});
  CHECK(spec.vision.hidden == 1280);
  CHECK(spec.vision.layers == 32);
  CHECK(spec.vision.heads == 16);
  CHECK(spec.vision.intermediate == 5120);
  CHECK(spec.vision.patch == 14);
  CHECK(spec.vision.frames == 2);
  CHECK(spec.vision.merge == 2);
  CHECK(spec.image_token == 151655);
  CHECK(spec.eos == std::vector<std::int32_t>{151645});
  CHECK(spec.image.min_pixels == 3136);
  CHECK(spec.image.max_pixels == 1003520);
  CHECK(spec.image.mean[0] == 0.48145466);
  CHECK(spec.image.std[2] == 0.27577711);
  // Left out is 8 key heads, null as many as heads.
  bare.change(kConfig, [](Json& json) { json["num_key_value_heads"] = nullptr; });
  CHECK(bare.read().text.kv_heads == 64);
  // Without vision_config its hidden_size is the 7B model's.
  bare.change(kConfig, [](Json& json) {
    json.erase("vision_config");
    json["hidden_size"] = 3584;
    json["num_attention_heads"] = 28;
    json["num_key_value_heads"] = 4;
  });
  CHECK(bare.read().vision.hidden == 1280);
}

TEST_CASE("every writing of M-RoPE is read", "[model][spec]") {
  const std::vector<Json> writings = {
      {{"type", "mrope"}, {"mrope_section", {16, 24, 24}}},
      {{"type", "default"}, {"mrope_section", {16, 24, 24}}},
      {{"rope_type", "default"}, {"type", "default"}, {"mrope_section", {16, 24, 24}}},
      {{"rope_type", "default"}, {"type", "mrope"}, {"mrope_section", {16, 24, 24}}},
      {{"type", "mrope"}}};
  for (const Json& writing : writings) {
    INFO(writing.dump());
    CHECK(with(kConfig, [&](Json& json) { json["rope_scaling"] = writing; }).text.mrope_section ==
          std::vector<int>{16, 24, 24});
  }
  const auto other = with(kConfig, [](Json& json) {
    json["rope_scaling"]["mrope_section"] = {20, 20, 24};
    json["rope_theta"] = 5000;
  });
  CHECK(other.text.mrope_section == std::vector<int>{20, 20, 24});
  CHECK(other.text.rope_theta == 5000.0);
}

TEST_CASE("pixel bounds: min_pixels and max_pixels before size before the default",
          "[model][spec]") {
  const auto both = with(kImage, [](Json& json) {
    json["size"] = {{"shortest_edge", 10000}, {"longest_edge", 20000}};
  });
  CHECK(both.image.min_pixels == 3136);
  CHECK(both.image.max_pixels == 12845056);
  const auto mixed = with(kImage, [](Json& json) {
    json.erase("max_pixels");
    json["size"] = {{"shortest_edge", 10000}, {"longest_edge", 20000}};
  });
  CHECK(mixed.image.min_pixels == 3136);
  CHECK(mixed.image.max_pixels == 20000);
  const auto none = with(kImage, [](Json& json) { json.erase("max_pixels"); });
  CHECK(none.image.max_pixels == 1003520);
  Configuration half("qwen2_vl", kImage, [](Json& json) {
    json.erase("max_pixels");
    json["size"] = {{"shortest_edge", 10000}};
  });
  expect_error([&] { half.read(); }, {kImage, "'size.longest_edge'", "missing"});
}

TEST_CASE("pixel bounds of a configuration replace the checkpoint's", "[model][spec]") {
  auto spec = Configuration("qwen2_vl").read();
  set_pixel_bounds(spec, 0, 0);
  CHECK(spec.image.min_pixels == 3136);
  CHECK(spec.image.max_pixels == 12845056);
  set_pixel_bounds(spec, 0, 100352);
  CHECK(spec.image.min_pixels == 3136);
  CHECK(spec.image.max_pixels == 100352);
  set_pixel_bounds(spec, 6272, 0);
  CHECK(spec.image.min_pixels == 6272);
  CHECK(spec.image.max_pixels == 100352);
  const auto wrong = [&](std::int64_t low, std::int64_t high, std::vector<std::string> parts) {
    parts.push_back("expected");
    expect_error([&] { set_pixel_bounds(spec, low, high); }, parts, ExitCode::usage);
    CHECK(spec.image.max_pixels == 100352);  // nothing changed
    CHECK(spec.image.min_pixels == 6272);
  };
  wrong(-1, 0, {"min_pixels", "-1"});
  wrong(0, 783, {"max_pixels", "783", "28 x 28"});
  wrong(0, std::int64_t{1} << 40, {"max_pixels"});
  wrong(100353, 0, {"min_pixels", "100353", "100352"});
  wrong(5000, 4000, {"min_pixels", "5000", "4000"});
}

TEST_CASE("wrong Qwen2-VL values are refused with what was expected", "[model][spec]") {
  refused(kConfig, "/use_sliding_window", true, {"false"});
  refused(kConfig, "/layer_types", {"full_attention", "sliding_attention"}, {"full_attention"});
  refused(kConfig, "/layer_types", "sliding", {"full_attention"});
  refused(kConfig, "/num_attention_heads", 27, {"divisor"});
  refused(kConfig, "/num_key_value_heads", 5, {"divisor"});
  refused(kConfig, "/head_dim", 64, {"3584 / 28"});
  refused(kConfig, "/hidden_act", "gelu", {"silu"});
  refused(kConfig, "/rope_scaling/type", "yarn", {"default or mrope"});
  refused(kConfig, "/rope_scaling/rope_type", "linear", {"default or mrope"});
  refused(kConfig, "/rope_scaling/mrope_section", {16, 24, 25}, {"sum", "64"});
  refused(kConfig, "/rope_scaling/mrope_section", {32, 32}, {"three numbers"});
  refused(kConfig, "/rope_scaling/mrope_section", {-16, 40, 40}, {"integer"});
  refused(kConfig, "/rope_theta", 0.5);
  refused(kConfig, "/image_token_id", 152064, {"0..152063"});
  refused(kConfig, "/text_config/model_type", "qwen3", {"qwen2_vl_text"});
  refused(kConfig, "/quantization_config", {{"quant_method", "gptq"}}, {"gptq", "quantised"});
  refused(kConfig, "/vision_config/model_type", "siglip_vision_model", {"qwen2_vl_vision"});
  refused(kConfig, "/vision_config/hidden_size", 1536, {"1536", "3584"});
  refused(kConfig, "/vision_config/num_heads", 15, {"divisor", "embed_dim = 1280"});
  refused(kConfig, "/vision_config/num_heads", 640, {"multiple of 4", "2"});
  refused(kConfig, "/vision_config/mlp_ratio", 0);
  refused(kConfig, "/vision_config/mlp_ratio", 3.7);
  refused(kConfig, "/vision_config/patch_size", 0);
  refused(kConfig, "/vision_config/temporal_patch_size", -1);
  refused(kConfig, "/vision_config/spatial_merge_size", "two");
  refused(kConfig, "/vision_config/in_chans", 1, {"3"});
  refused(kConfig, "/vision_config/in_channels", 4, {"3"});
  refused(kConfig, "/vision_config/hidden_act", "relu", {"quick_gelu"});
  refused(kConfig, "/vision_config/rope_parameters/rope_theta", 500.0, {"10000"});
  refused(kConfig, "/vision_config/rope_parameters/rope_type", "default", {"axial"});
  refused("generation_config.json", "/eos_token_id", {151645, 152064});
  refused("generation_config.json", "/repetition_penalty", -1);
  refused(kImage, "/patch_size", 16, {"patch_size 14"});
  refused(kImage, "/temporal_patch_size", 1, {"temporal_patch_size 2"});
  refused(kImage, "/merge_size", 1, {"spatial_merge_size 2"});
  refused(kImage, "/min_pixels", 0, {"1.."});
  refused(kImage, "/max_pixels", std::int64_t{1} << 40);
  refused(kImage, "/max_pixels", 3000, {"lower bound 3136"});
  refused(kImage, "/do_resize", false, {"true"});
  refused(kImage, "/resample", 0, {"bicubic"});
  refused(kImage, "/image_std", {0, 0, 0});
  refused(kImage, "/image_processor_type", "CLIPImageProcessor", {"Qwen2VLImageProcessor"});
}
