#include "pipeline/model/spec.hpp"

#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "tests/unit/model_front/configuration.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

/// A LLaVA folder with one changed file.
struct Changed : Configuration {
  Changed() : Configuration("llava") {}
  Changed(const char* file, const std::function<void(Json&)>& change)
      : Configuration("llava", file, change) {}
};

void refused(const char* file, const char* pointer, const Json& value,
             const std::vector<std::string>& parts = {}) {
  expect_refused("llava", file, pointer, value, parts);
}

}  // namespace

TEST_CASE("a checkpoint's own files say what the model looks like", "[model][spec]") {
  const auto spec = read_model_spec(golden_checkpoint("llava"));
  CHECK(spec.family == "llava");
  CHECK(spec.dtype == "bfloat16");
  CHECK(spec.text.hidden == 48);
  CHECK(spec.text.heads == 6);
  CHECK(spec.text.kv_heads == 2);
  CHECK(spec.text.head_dim == 8);
  CHECK(spec.text.rope_theta == 10000.0);
  CHECK_FALSE(spec.text.tied_head);
  CHECK(spec.vision.image_size == 70);
  CHECK(spec.vision.feature_layer == -2);
  CHECK(spec.vision.patch == 14);
  CHECK(spec.vision.class_token);
  CHECK(spec.vision.pre_norm);
  CHECK_FALSE(spec.vision.post_norm);
  CHECK_FALSE(spec.vision.patch_bias);
  CHECK(spec.vision.positions == VisionPositions::learned);
  CHECK(spec.vision.frames == 1);
  CHECK(spec.vision.merge == 1);
  CHECK(spec.projector == Projector::mlp);
  CHECK(spec.projector_activation == "gelu");
  CHECK_FALSE(spec.text.unit_offset_norm);
  CHECK_FALSE(spec.text.scaled_embedding);
  CHECK_FALSE(spec.text.qkv_bias);
  CHECK_FALSE(spec.text.prefix_lm);
  CHECK(spec.text.first_position == 0);
  CHECK(spec.text.position_axes() == 1);
  CHECK(spec.text.activation == "silu");
  CHECK(spec.prompt.plain == "USER: <image>\n{q}{s}\nASSISTANT:");
  CHECK(spec.prompt.chat == "USER: <image>\n{q}{s} ASSISTANT:");
  CHECK(spec.prompt.special_tokens);
  CHECK(spec.image.method == ImageResize::shortest_edge);
  CHECK(spec.image.white_transparency);
  CHECK(spec.eos == std::vector<std::int32_t>{2});
  CHECK(spec.image.shortest_edge == 70);
  CHECK(spec.image.mean[1] == 0.4578275);
  CHECK(spec.repetition_penalty == 1.0);
  CHECK(spec.generation_top_k == 50);
  // size and crop_size as plain numbers, a tied head, another theta
  const auto other = read_model_spec(golden_checkpoint("llava_fp16"));
  CHECK(other.text.tied_head);
  CHECK(other.text.rope_theta == 5000.0);
  CHECK(other.image.crop_width == 48);
  CHECK(other.image.shortest_edge == 48);
}

TEST_CASE("fields that hub files leave out have the library's defaults", "[model][spec]") {
  const Changed bare("config.json", [](Json& json) {
    json = {{"model_type", "llava"},
            {"image_token_index", 31999},
            {"vision_config", {{"image_size", 70}, {"patch_size", 14}}}};
  });
  const auto spec = bare.read();
  CHECK(spec.text.hidden == 4096);
  CHECK(spec.text.layers == 32);
  CHECK(spec.text.heads == 32);
  CHECK(spec.text.kv_heads == 32);
  CHECK(spec.text.head_dim == 128);
  CHECK(spec.text.intermediate == 11008);
  CHECK(spec.text.vocab == 32000);
  CHECK(spec.text.rms_eps == 1e-6f);
  CHECK(spec.text.rope_theta == 10000.0);
  CHECK(spec.text.max_positions == 2048);
  CHECK(spec.vision.hidden == 768);
  CHECK(spec.vision.layers == 12);
  CHECK(spec.vision.norm_eps == 1e-5f);
  CHECK(spec.vision.activation == "quick_gelu");
  CHECK(spec.dtype == "float32");
}

TEST_CASE("without vision_config the tower is that of LLaVA-1.5", "[model][spec]") {
  Changed bare("config.json", [](Json& json) {
    json = {{"model_type", "llava"}, {"text_config", {{"vocab_size", 32064}}}};
  });
  change_json(bare.path() / "preprocessor_config.json",
              [](Json& json) { json["size"] = json["crop_size"] = 336; });
  const auto spec = bare.read();
  CHECK(spec.vision.hidden == 1024);
  CHECK(spec.vision.layers == 24);
  CHECK(spec.vision.heads == 16);
  CHECK(spec.vision.intermediate == 4096);
  CHECK(spec.image_token == 32000);
  CHECK(spec.vision.image_size == 336);
  CHECK(spec.vision.patch == 14);
}

TEST_CASE("both spellings of a field are read", "[model][spec]") {
  const Changed rope("config.json", [](Json& json) {
    json["text_config"]["rope_parameters"] = {{"rope_theta", 777.0}, {"rope_type", "default"}};
    json["text_config"]["rope_scaling"] = nullptr;
    json["dtype"] = json["torch_dtype"];
    json.erase("torch_dtype");
    json["image_token_id"] = json["image_token_index"];
    json.erase("image_token_index");
    json["text_config"]["tie_word_embeddings"] = true;
    json["text_config"]["head_dim"] = 12;
  });
  const auto spec = rope.read();
  CHECK(spec.text.rope_theta == 777.0);
  CHECK(spec.dtype == "bfloat16");
  CHECK(spec.text.tied_head);
  CHECK(spec.text.head_dim == 12);
  CHECK(spec.image_token == read_model_spec(golden_checkpoint()).image_token);
}

TEST_CASE("end tokens come as a number, a list, or from config.json", "[model][spec]") {
  const char* file = "generation_config.json";
  CHECK(Changed(file,
                [](Json& j) {
                  j["eos_token_id"] = {2, 5};
                })
            .read()
            .eos == std::vector<std::int32_t>{2, 5});
  Changed without(file, [](Json& j) { j.erase("eos_token_id"); });
  CHECK(without.read().eos == std::vector<std::int32_t>{2});
  change_json(without.path() / "config.json",
              [](Json& j) { j["text_config"]["eos_token_id"] = 7; });
  CHECK(without.read().eos == std::vector<std::int32_t>{7});
  std::filesystem::remove(without.path() / file);
  CHECK(without.read().eos == std::vector<std::int32_t>{7});
  const auto spec = Changed(file, [](Json& j) {
                      j["repetition_penalty"] = 1.05;
                      j["top_k"] = 1;
                    }).read();
  CHECK(spec.repetition_penalty == 1.05);
  CHECK(spec.generation_top_k == 1);
}

TEST_CASE("an image processor inside processor_config.json is found", "[model][spec]") {
  const Changed nested("processor_config.json", [](Json& json) {
    json["image_processor"] = read_json(golden_checkpoint() / "preprocessor_config.json");
    json["image_processor"]["do_rescale"] = false;
    json["image_processor"]["do_normalize"] = false;
  });
  std::filesystem::remove(nested.path() / "preprocessor_config.json");
  const auto spec = nested.read();
  CHECK(spec.image.crop_height == 70);
  CHECK(spec.image.rescale == 1.0);
  CHECK_FALSE(spec.image.normalize);
}

TEST_CASE("the oldest folders have no processor_config.json", "[model][spec]") {
  const Changed old;
  std::filesystem::remove(old.path() / "processor_config.json");
  CHECK(old.read().vision.image_size == 70);
}

TEST_CASE("other families are named with the supported ones", "[model][spec]") {
  CHECK(supported_families() == std::vector<std::string>{"llava", "paligemma", "qwen2_vl"});
  for (const char* family : {"llava_next", "qwen2_5_vl", "bert"}) {
    const Changed changed("config.json", [&](Json& json) { json["model_type"] = family; });
    expect_error([&] { changed.read(); },
                 {"config.json", family, "not supported", "supported: llava, paligemma, qwen2_vl"});
  }
}

TEST_CASE("LLaVA-1.5-13B is LLaVA with other sizes", "[model][spec]") {
  Changed large("config.json", [](Json& json) {
    json["text_config"] = {{"hidden_size", 5120},       {"intermediate_size", 13824},
                           {"num_attention_heads", 40}, {"num_hidden_layers", 40},
                           {"num_key_value_heads", 40}, {"max_position_embeddings", 4096},
                           {"rms_norm_eps", 1e-5},      {"vocab_size", 32064},
                           {"model_type", "llama"},     {"torch_dtype", "float16"}};
    json["image_token_index"] = 32000;
  });
  const auto spec = large.read();
  CHECK(spec.text.hidden == 5120);
  CHECK(spec.text.layers == 40);
  CHECK(spec.text.head_dim == 128);
  CHECK(spec.text.kv_heads == 40);
  CHECK(spec.text.rms_eps == 1e-5f);
  CHECK(spec.text.max_positions == 4096);
  CHECK(spec.image_token == 32000);
}

TEST_CASE("a wrong value is refused with file, field and what was expected", "[model][spec]") {
  const char* config = "config.json";
  refused(config, "/text_config/hidden_size", "wide", {"\"wide\"", "integer"});
  refused(config, "/text_config/hidden_size", 0, {"1.."});
  refused(config, "/text_config/hidden_size", 48.5);
  refused(config, "/text_config/hidden_size", std::uint64_t{1} << 63);
  refused(config, "/text_config", {1, 2}, {"object"});
  refused(config, "/text_config/num_attention_heads", 5, {"divisor"});
  refused(config, "/text_config/num_key_value_heads", 4, {"divisor"});
  refused(config, "/text_config/head_dim", 7, {"even"});
  refused(config, "/text_config/rms_norm_eps", -1.0);
  refused(config, "/text_config/rope_theta", "far");
  refused(config, "/text_config/hidden_act", "relu", {"silu"});
  refused(config, "/text_config/attention_bias", true);
  refused(config, "/text_config/model_type", "mistral", {"llama"});
  refused(config, "/text_config/rope_scaling", {1}, {"object"});
  refused(config, "/text_config/max_position_embeddings", 0);
  refused(config, "/vision_config/num_attention_heads", 5, {"divisor"});
  refused(config, "/vision_config/model_type", "siglip_vision_model", {"clip_vision_model"});
  refused(config, "/vision_config/patch_size", 71);
  refused(config, "/vision_config/patch_size", 0);
  refused(config, "/vision_config/num_channels", 1);
  refused(config, "/vision_config/hidden_act", "relu", {"quick_gelu"});
  refused(config, "/quantization_config", {{"quant_method", "awq"}}, {"awq", "quantised"});
  refused(config, "/vision_feature_layer", -9);
  refused(config, "/vision_feature_layer", {-2, -3}, {"one layer"});
  refused(config, "/vision_feature_select_strategy", "full", {"default"});
  refused(config, "/image_token_index", 1 << 20);
  refused(config, "/torch_dtype", "int8", {"float32"});
  refused(config, "/projector_hidden_act", "relu");
  refused(config, "/multimodal_projector_bias", false);
  refused(config, "/tie_word_embeddings", "no", {"true or false"});
  const char* generation = "generation_config.json";
  refused(generation, "/eos_token_id", {2, "x"}, {"list of integers"});
  refused(generation, "/eos_token_id", -1);
  refused(generation, "/repetition_penalty", 0);
  refused(generation, "/top_k", 1.5);
  const char* image = "preprocessor_config.json";
  refused(image, "/size", "big");
  refused(image, "/size/longest_edge", 90);
  refused(image, "/crop_size", 48, {"image_size 70"});
  refused(image, "/crop_size/height", 0);
  refused(image, "/resample", 2, {"bicubic"});
  refused(image, "/image_mean", {0.5, 0.5}, {"three"});
  refused(image, "/image_std", {0.0, 1.0, 1.0});
  refused(image, "/do_center_crop", false);
  refused(image, "/do_resize", 1);
  refused(image, "/do_pad", true);
  refused(image, "/image_processor_type", "SiglipImageProcessor", {"CLIPImageProcessor"});
  const char* processor = "processor_config.json";
  refused(processor, "/num_additional_image_tokens", 0, {"25 features", "24"});
  refused(processor, "/patch_size", 7);
  refused(processor, "/vision_feature_select_strategy", "full");
}

TEST_CASE("rope scalings other than the default are refused", "[model][spec]") {
  const Changed changed("config.json", [](Json& json) {
    json["text_config"]["rope_scaling"] = {{"type", "linear"}, {"factor", 2.0}};
  });
  expect_error([&] { changed.read(); },
               {"config.json", "'text_config.rope_scaling.type'", "linear", "default"});
}

TEST_CASE("defaults are checked like what a file says", "[model][spec]") {
  // CLIP's default patch is 32 pixels, more than this picture has.
  const Changed patch("config.json", [](Json& json) {
    json["vision_config"] = {{"image_size", 10}};
  });
  expect_error([&] { patch.read(); },
               {"config.json", "'vision_config.patch_size'", "left out", "image_size = 10"});
  const Changed heads("config.json", [](Json& json) {
    json["text_config"]["hidden_size"] = 18;
    json["text_config"].erase("head_dim");
  });
  expect_error([&] { heads.read(); }, {"'text_config.num_attention_heads'", "6", "even"});
  Changed image("config.json", [](Json& json) {
    json["text_config"]["vocab_size"] = 100;
    json.erase("image_token_index");
  });
  expect_error([&] { image.read(); }, {"'image_token_id'", "left out", "0..99"});
  image.change("config.json", [](Json& json) {
    json["text_config"]["vocab_size"] = 2;
    json["image_token_index"] = 1;
  });
  image.change("generation_config.json", [](Json& json) { json.erase("eos_token_id"); });
  expect_error([&] { image.read(); }, {"'text_config.eos_token_id'", "left out", "0..1"});
}

TEST_CASE("both names of the weights' type are read, the newer first", "[model][spec]") {
  const Changed both("config.json", [](Json& json) {
    json["dtype"] = "float16";
    json["torch_dtype"] = "float32";
  });
  CHECK(both.read().dtype == "float16");
}

TEST_CASE("an empty rope_scaling is none", "[model][spec]") {
  const Changed empty("config.json", [](Json& json) {
    json["text_config"]["rope_scaling"] = Json::object();
    json["text_config"]["rope_parameters"] = {{"rope_theta", 4321.0}};
  });
  CHECK(empty.read().text.rope_theta == 4321.0);
}

TEST_CASE("pixel bounds are for families whose pictures differ in size", "[model][spec]") {
  auto spec = Changed().read();
  set_pixel_bounds(spec, 0, 0);
  expect_error([&] { set_pixel_bounds(spec, 0, 5000); }, {"max_pixels", "llava", "one size"},
               ExitCode::usage);
  expect_error([&] { set_pixel_bounds(spec, 5000, 0); }, {"min_pixels", "llava"}, ExitCode::usage);
}

TEST_CASE("size needs its shortest edge", "[model][spec]") {
  const Changed changed("preprocessor_config.json", [](Json& json) {
    json["size"] = {{"height", 70}, {"width", 70}};
  });
  expect_error([&] { changed.read(); },
               {"preprocessor_config.json", "'size.shortest_edge'", "missing"});
}

TEST_CASE("missing and malformed files are named", "[model][spec]") {
  const TemporaryFolder empty;
  expect_error([&] { read_model_spec(empty.path()); }, {"config.json"});
  expect_error([&] { read_model_spec(empty.path() / "nowhere"); }, {"nowhere", "folder"});
  const Changed list("config.json", [](Json& json) { json = {1, 2}; });
  expect_error([&] { list.read(); }, {"config.json", "array", "object"});
  const Changed nameless("config.json", [](Json& json) { json.erase("model_type"); });
  expect_error([&] { nameless.read(); }, {"config.json", "'model_type'", "missing"});
  const Changed broken;
  write_file(broken.path() / "generation_config.json", "{\"eos_token_id\": 2,\n  oops}");
  expect_error([&] { broken.read(); }, {"generation_config.json", "line 2"});
  const Changed without;
  std::filesystem::remove(without.path() / "preprocessor_config.json");
  expect_error([&] { without.read(); }, {"preprocessor_config.json"});
}
