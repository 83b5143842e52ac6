// The front end against the reference: decoded pictures, resized pixels, normalised values, token
// ids and decoded texts, for every family folder of the golden data.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/model/image.hpp"
#include "pipeline/model/prompt.hpp"
#include "pipeline/model/spec.hpp"
#include "pipeline/model/tokenizer.hpp"
#include "tests/golden/golden_file.hpp"

namespace fs = std::filesystem;
using vrp::golden::Family;
using vrp::golden::GoldenFile;

namespace {

constexpr double kPixelTolerance = 2e-6;  // reference README: pixel_values, max abs

struct Tally {
  int passed = 0, failed = 0;
  std::vector<std::string> not_supported;
  void count(bool good) { ++(good ? passed : failed); }
};
Tally& tally() {
  static Tally t;
  return t;
}

bool supported(const Family& family) {
  const auto type = vrp::json_text(vrp::read_json(family.checkpoint / "config.json"), "model_type",
                                   family.checkpoint.string());
  const auto& known = vrp::supported_families();
  return std::find(known.begin(), known.end(), type) != known.end();
}

std::vector<Family> supported_families_found() {
  std::vector<Family> out;
  for (const auto& family : vrp::golden::families()) {
    if (supported(family)) out.push_back(family);
  }
  return out;
}

/// Counts a case; says where the first differing byte is.
void same_bytes(const std::string& what, const vrp::RgbImage& image,
                const vrp::golden::Array<std::uint8_t>& expected) {
  const std::vector<std::int64_t> shape{image.height, image.width, 3};
  bool good = image.rgb == expected.data && shape == expected.shape;
  if (!good) {
    const auto n = std::min(image.rgb.size(), expected.data.size());
    const auto at = std::mismatch(image.rgb.begin(), image.rgb.begin() + static_cast<long>(n),
                                  expected.data.begin());
    FAIL_CHECK(what << ": " << image.height << " x " << image.width << ", differs at byte "
                    << at.first - image.rgb.begin() << " of " << expected.data.size());
  }
  tally().count(good);
}

template <class T>
void same(const std::string& what, const T& found, const T& expected) {
  INFO(what);
  CHECK(found == expected);
  tally().count(found == expected);
}

std::vector<std::int32_t> ids_of(const GoldenFile& file, const std::string& dataset) {
  const auto array = file.read<std::int64_t>(dataset);
  return {array.data.begin(), array.data.end()};
}

/// Qwen2-VL's grid is counted in patches, ours in image tokens.
void check_grid(const std::string& what, const vrp::ModelSpec& spec, const vrp::Geometry& geometry,
                const GoldenFile& file, const std::string& group) {
  if (!file.has(group + "/image_grid_thw")) return;
  const int merge = spec.vision.merge;
  same(what + " image_grid_thw",
       std::vector<std::int64_t>{1, geometry.rows * merge, geometry.cols * merge},
       file.read<std::int64_t>(group + "/image_grid_thw").data);
}

void check_preprocessing(const Family& family, const vrp::ModelSpec& spec, const GoldenFile& file) {
  const auto images = vrp::golden::golden_folder() / "images";
  for (const auto& name : file.list("preproc")) {
    const std::string what = family.name + " preproc " + name, group = "preproc/" + name;
    const auto source = vrp::read_image(images / name);
    if (file.has_attribute(group, "error")) {
      CHECK_THROWS_AS(vrp::prepare_image(source, spec), vrp::Error);
      continue;
    }
    const auto prepared = vrp::prepare_image(source, spec);
    same_bytes(what, prepared.resized, file.read<std::uint8_t>(group + "/resized_uint8"));
    check_grid(what, spec, prepared.geometry, file, group);
  }
}

/// Largest absolute difference; NaN when a value is not finite.
double worst_difference(const std::vector<float>& found, const std::vector<float>& expected) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(double{found[i]} - double{expected[i]});
    if (!(difference <= worst)) worst = difference;  // a NaN stays
  }
  return worst;
}

/// Picture and question to what the model takes: pixels, ids, positions, image columns.
void check_inputs(const std::string& what, const vrp::ModelSpec& spec,
                  const vrp::PreparedItem& item, const GoldenFile& file,
                  const std::string& inputs) {
  const auto pixels = file.read<float>(inputs + "/pixel_values");
  REQUIRE(item.image.pixels.size() == pixels.data.size());
  const double worst = worst_difference(item.image.pixels, pixels.data);
  INFO(what << ": pixel_values differ by " << worst);
  CHECK(worst <= kPixelTolerance);
  tally().count(worst <= kPixelTolerance);
  check_grid(what, spec, item.image.geometry, file, inputs);
  same(what + " input_ids", item.ids, ids_of(file, inputs + "/input_ids"));
  same(what + " image_token_positions", item.image_positions,
       file.read<std::int64_t>(inputs + "/image_token_positions").data);

  const auto positions = file.read<std::int64_t>(inputs + "/position_ids");
  const auto tokens = static_cast<std::int64_t>(item.ids.size());
  const int axes = spec.text.position_axes();
  const auto wanted = static_cast<std::ptrdiff_t>(axes * tokens);
  REQUIRE(std::ssize(positions.data) >= wanted);  // [4, 1, T] holds the text's positions first
  same(what + " position_ids",
       std::vector<std::int64_t>(item.positions.begin(), item.positions.end()),
       std::vector<std::int64_t>(positions.data.end() - wanted, positions.data.end()));
}

void check_case(const Family& family, const vrp::ModelSpec& spec, const vrp::Tokenizer& tokenizer,
                const GoldenFile& file, const std::string& name) {
  const std::string group = "cases/" + name, what = family.name + " " + group;
  const auto image =
      vrp::read_image(vrp::golden::golden_folder() / "images" / file.text(group, "image"));
  vrp::PromptStyle style;
  style.template_name = file.text(group, "style") == "chat" ? "chat" : "plain";
  const auto item = vrp::prepare_item(tokenizer, spec, image, file.text(group, "question"), style);
  check_inputs(what, spec, item, file, group + "/inputs");
  same(what + " image tokens", static_cast<double>(item.image_positions.size()),
       file.number(group, "n_image_tokens"));
  // The reference runs prompt and answer in one pass: the answer's positions are the last ones.
  const std::string forced = group + "/greedy/teacher_forced_position_ids";
  if (file.has(forced)) {
    const auto answered = static_cast<std::int32_t>(ids_of(file, group + "/greedy/tokens").size());
    same(what + " answer positions", static_cast<std::int64_t>(item.next_position + answered - 1),
         file.read<std::int64_t>(forced).data.back());
  }

  const auto answer = ids_of(file, group + "/greedy/tokens");
  same(what + " text", tokenizer.decode(answer, true), file.text(group + "/greedy", "text"));
  same(what + " text_with_special", tokenizer.decode(answer, false),
       file.text(group + "/greedy", "text_with_special"));
  for (const auto& ablation : file.list(group + "/ablations")) {
    const std::string one = group + "/ablations/" + ablation;
    same(family.name + " " + one + " text",
         tokenizer.decode(ids_of(file, one + "/greedy_tokens"), true), file.text(one, "text"));
  }
}

void check_paths(const Family& family, const vrp::Tokenizer& tokenizer, const GoldenFile& file,
                 const std::string& name) {
  const std::string group = "cases/" + name + "/sample";
  if (!file.has(group + "/path_tokens")) return;
  const auto paths = file.read<std::int64_t>(group + "/path_tokens");
  const auto texts = vrp::parse_json(file.text(group, "path_texts"), group);
  REQUIRE(texts.size() == static_cast<std::size_t>(paths.shape.at(0)));
  for (std::size_t k = 0; k < texts.size(); ++k) {
    std::vector<std::int32_t> ids;
    for (std::int64_t t = 0; t < paths.shape.at(1); ++t) {
      const auto id =
          paths.data[k * static_cast<std::size_t>(paths.shape[1]) + static_cast<std::size_t>(t)];
      if (id >= 0) ids.push_back(static_cast<std::int32_t>(id));
    }
    same(family.name + " " + group + " path " + std::to_string(k), tokenizer.decode(ids, true),
         texts[k].get<std::string>());
  }
}

void check_tokenizer(const Family& family, const GoldenFile& file) {
  const auto spec = vrp::read_model_spec(family.checkpoint);
  const auto tokenizer = vrp::Tokenizer::load(family.checkpoint);
  for (const auto& name : file.list("tokenizer")) {
    const std::string group = "tokenizer/" + name, what = family.name + " " + group;
    const std::string text = file.unhex(group, "text");
    const auto ids = ids_of(file, group + "/ids");
    same(what + " ids", tokenizer.encode(text, false), ids);
    // The reference's processor tokenises prompts: PaliGemma's switches the beginning token off.
    same(what + " ids_with_special", tokenizer.encode(text, spec.prompt.special_tokens),
         ids_of(file, group + "/ids_with_special"));
    same(what + " decoded", tokenizer.decode(ids, false), file.unhex(group, "decoded"));
    same(what + " decoded_skip_special", tokenizer.decode(ids, true),
         file.unhex(group, "decoded_skip_special"));
  }
}

}  // namespace

TEST_CASE("every picture is decoded to the bytes that the reference decodes", "[golden]") {
  const auto folder = vrp::golden::golden_folder();
  const GoldenFile file(folder / "images.h5");
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder / "images")) {
    files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  CHECK(files == file.list("/"));
  for (const auto& name : file.list("/")) {
    same_bytes("images " + name, vrp::read_image(folder / "images" / name),
               file.read<std::uint8_t>(name + "/rgb"));
  }
}

TEST_CASE("every picture is resized to the reference's pixels", "[golden]") {
  for (const auto& family : supported_families_found()) {
    check_preprocessing(family, vrp::read_model_spec(family.checkpoint), GoldenFile(family.golden));
  }
}

TEST_CASE("pictures and questions give the reference's pixel values, ids and positions",
          "[golden]") {
  for (const auto& family : supported_families_found()) {
    const GoldenFile file(family.golden);
    const auto spec = vrp::read_model_spec(family.checkpoint);
    const auto tokenizer = vrp::Tokenizer::load(family.checkpoint);
    CHECK_NOTHROW(vrp::check_prompt_tokens(tokenizer, spec));
    for (const auto& name : file.list("cases")) {
      check_case(family, spec, tokenizer, file, name);
      check_paths(family, tokenizer, file, name);
    }
  }
}

TEST_CASE("texts are split into the reference's tokens and put together again", "[golden]") {
  for (const auto& family : supported_families_found()) {
    check_tokenizer(family, GoldenFile(family.golden));
  }
}

TEST_CASE("at least one supported family was checked", "[golden]") {
  for (const auto& family : vrp::golden::families()) {
    if (supported(family)) continue;
    const int cases = static_cast<int>(GoldenFile(family.golden).list("cases").size());
    std::cout << "not supported: " << family.name << " (" << cases << " cases)\n";
    tally().not_supported.push_back(family.name);
  }
  std::cout << "golden front end: " << tally().passed << " comparisons passed, " << tally().failed
            << " failed; families checked: " << supported_families_found().size()
            << ", not supported: " << tally().not_supported.size() << "\n";
  CHECK(!supported_families_found().empty());
}
