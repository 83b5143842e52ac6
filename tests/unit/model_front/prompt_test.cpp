// From question and picture to token ids and rotary positions, for the three families.
#include "pipeline/model/prompt.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/model_front/configuration.hpp"

using namespace vrp;
using namespace vrp::test;
using Ids = std::vector<std::int32_t>;

namespace {

constexpr std::int32_t kBos = 1, kImage = 200;

/// One token a character (bytes below 128), the added tokens `added` from 200 on, and a beginning
/// token that the post-processor puts first.
Tokenizer letters(const std::vector<std::string>& added) {
  Json vocab = {{"<unk>", 0}, {"<s>", kBos}};
  for (int c = 9; c < 127; ++c) vocab[std::string(1, static_cast<char>(c))] = c;
  Json tokens = Json::array();
  for (std::size_t i = 0; i < added.size(); ++i) {
    tokens.push_back({{"id", kImage + static_cast<std::int32_t>(i)},
                      {"content", added[i]},
                      {"special", true},
                      {"normalized", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"single_word", false}});
  }
  const Json first = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
  const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const Json json = {
      {"added_tokens", tokens},
      {"normalizer", nullptr},
      {"pre_tokenizer", nullptr},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", {first, text}},
        {"pair", Json::array()},
        {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {kBos}}, {"tokens", {"<s>"}}}}}}}},
      {"decoder", {{"type", "Fuse"}}},
      {"model",
       {{"type", "BPE"},
        {"unk_token", "<unk>"},
        {"fuse_unk", false},
        {"byte_fallback", false},
        {"vocab", vocab},
        {"merges", Json::array()}}}};
  const TemporaryFolder folder;
  write_json(folder.path() / "tokenizer.json", json);
  return Tokenizer::load(folder.path());
}

/// The family's files with an image token of 200, whatever else they say, and small pictures.
struct Family {
  ModelSpec spec;
  Tokenizer tokenizer;
  explicit Family(const std::string& name, std::vector<std::string> added)
      : spec(Configuration(name).read()), tokenizer(letters(added)) {
    spec.image_token = kImage;
    if (spec.image.method == ImageResize::fixed) {
      spec.vision.image_size = spec.image.height = spec.image.width = 28;
    }
  }
  PreparedItem prepare(const std::string& question, const PromptStyle& style = {}, int width = 84,
                       int height = 56) const {
    RgbImage image;
    image.width = width;
    image.height = height;
    image.rgb.assign(static_cast<std::size_t>(width * height * 3), 128);
    return prepare_item(tokenizer, spec, image, question, style);
  }
  /// The prompt's text with one image token.
  std::string text(const PreparedItem& item) const {
    Ids ids;
    for (const auto id : item.ids) {
      if (id != kImage || ids.empty() || ids.back() != kImage) ids.push_back(id);
    }
    return tokenizer.decode(ids, false);
  }
};

Family llava() { return Family("llava", {"<image>"}); }
Family paligemma() { return Family("paligemma", {"<image>", "<bos>"}); }
Family qwen2_vl() {
  return Family("qwen2_vl", {"<|image_pad|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>",
                             "<|vision_end|>"});
}

}  // namespace

TEST_CASE("the families' prompts", "[model][prompt]") {
  PromptStyle chat{"chat", " Answer now.", ""};
  const auto a = llava();
  CHECK(a.text(a.prepare("Is it?")) == "<s>USER: <image>\nIs it?\nASSISTANT:");
  CHECK(a.text(a.prepare("Is it?", chat)) == "<s>USER: <image>\nIs it? Answer now. ASSISTANT:");
  const auto b = paligemma();
  CHECK(b.text(b.prepare("Is it?")) == "<image><bos>Is it?\n");
  CHECK(b.text(b.prepare("Is it?", chat)) == "<image><bos>Is it? Answer now.\n");
  auto c = qwen2_vl();
  c.spec.prompt.special_tokens = false;  // its own tokenizer's post-processor adds nothing
  CHECK(c.text(c.prepare("Is it?", chat)) ==
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
        "<|vision_start|><|image_pad|><|vision_end|>Is it? Answer now.<|im_end|>\n"
        "<|im_start|>assistant\n");
}

TEST_CASE("a template of the user's own stands in for the family's", "[model][prompt]") {
  const auto family = llava();
  const PromptStyle own{"none of ours", "!", "{q}{s}<image>"};
  CHECK(family.text(family.prepare("Is {q} {s}?", own)) == "<s>Is {q} {s}?!<image>");
  const auto usage = [&](const PromptStyle& style, const std::vector<std::string>& parts) {
    expect_error([&] { family.prepare("Is it?", style); }, parts, ExitCode::usage);
  };
  usage({"fancy", "", ""}, {"'fancy'", "plain or chat"});
  usage({"plain", "", "<image>"}, {"{q}", "once"});
  usage({"plain", "", "{q}<image>{q}"}, {"{q}", "once"});
  usage({"plain", "{q}", ""}, {"{q}", "once"});
}

TEST_CASE("the image token is expanded to one a cell", "[model][prompt]") {
  const auto a = llava();  // 70 pixels in patches of 14
  const auto item = a.prepare("Is it?");
  CHECK(item.image.geometry.rows == 5);
  CHECK(item.image_positions.size() == 25);
  CHECK(std::count(item.ids.begin(), item.ids.end(), kImage) == 25);
  CHECK(item.image_positions.front() == 7);  // "<s>USER: " comes first
  CHECK(item.image_positions.back() == 31);
  const auto c = qwen2_vl();
  const auto wide = c.prepare("Is it?", {}, 140, 56), small = c.prepare("Is it?", {}, 56, 56);
  CHECK(wide.image_positions.size() == 10);
  CHECK(small.image_positions.size() == 4);
  for (const auto at : wide.image_positions) {
    CHECK(wide.ids[static_cast<std::size_t>(at)] == kImage);
  }
}

TEST_CASE("a question may not bring an image token", "[model][prompt]") {
  const auto family = llava();
  expect_error([&] { family.prepare("What is <image>?"); }, {"2 image tokens", "exactly 1"});
  expect_error([&] { family.prepare("What?", {"plain", "", "{q}"}); }, {"0 image tokens"});
}

TEST_CASE("a prompt longer than the model's positions is refused", "[model][prompt]") {
  auto family = llava();
  const auto length = static_cast<int>(family.prepare("Is it?").ids.size());
  family.spec.text.max_positions = length;
  CHECK(static_cast<int>(family.prepare("Is it?").ids.size()) == length);
  family.spec.text.max_positions = length - 1;
  expect_error([&] { family.prepare("Is it?"); },
               {std::to_string(length) + " tokens", "at most " + std::to_string(length - 1)});
}

TEST_CASE("positions count from the family's first one", "[model][prompt]") {
  const auto a = llava().prepare("Is it?");
  const auto b = paligemma().prepare("Is it?");
  for (std::size_t i = 0; i < a.ids.size(); ++i) CHECK(a.positions[i] == static_cast<int>(i));
  for (std::size_t i = 0; i < b.ids.size(); ++i) CHECK(b.positions[i] == static_cast<int>(i) + 1);
  CHECK(a.positions.size() == a.ids.size());
  CHECK(a.next_position == static_cast<int>(a.ids.size()));
  CHECK(b.positions.size() == b.ids.size());
  CHECK(b.next_position == static_cast<int>(b.ids.size()) + 1);
}

TEST_CASE("Qwen2-VL's positions follow the picture's rows and columns", "[model][prompt]") {
  ModelSpec spec;
  spec.image_token = kImage;
  spec.text.mrope_section = {2, 3, 3};
  PreparedItem item;
  item.ids = {5, 6, kImage, kImage, kImage, kImage, kImage, kImage, 7, 8};
  item.image.geometry.rows = 2;
  item.image.geometry.cols = 3;
  fill_positions(spec, item);
  const Ids time{0, 1, 2, 2, 2, 2, 2, 2, 5, 6}, row{0, 1, 2, 2, 2, 3, 3, 3, 5, 6},
      column{0, 1, 2, 3, 4, 2, 3, 4, 5, 6};
  Ids expected = time;
  expected.insert(expected.end(), row.begin(), row.end());
  expected.insert(expected.end(), column.begin(), column.end());
  CHECK(item.positions == expected);
  CHECK(item.next_position == 7);

  // a tall picture: the text goes on after its rows
  item.image.geometry.rows = 6;
  item.image.geometry.cols = 1;
  fill_positions(spec, item);
  CHECK(item.positions[8] == 8);
  CHECK(item.positions[10 + 7] == 7);  // last row
  CHECK(item.positions[20 + 7] == 2);  // its column
  CHECK(item.next_position == 10);

  item.image.geometry.cols = 2;
  expect_error([&] { fill_positions(spec, item); }, {"6 image tokens", "6 x 2"});
  item.ids.resize(6);  // four image tokens at the end
  expect_error([&] { fill_positions(spec, item); }, {"4 image tokens", "6 x 2"});
}

TEST_CASE("a picture that cannot be prepared is refused", "[model][prompt]") {
  const auto family = qwen2_vl();
  expect_error([&] { family.prepare("Is it?", {}, 300, 1); }, {"300 x 1", "too thin"});
}

TEST_CASE("the prompts' special texts are tokens of the tokenizer", "[model][prompt]") {
  const auto a = llava();
  check_prompt_tokens(a.tokenizer, a.spec);
  const auto c = qwen2_vl();
  check_prompt_tokens(c.tokenizer, c.spec);
  expect_error([&] { check_prompt_tokens(c.tokenizer, a.spec); }, {"<image>", "no token", "llava"});
  expect_error([&] { check_prompt_tokens(a.tokenizer, c.spec); }, {"<|im_start|>", "qwen2_vl"});
  auto other = a.spec;
  other.image_token = 77;
  expect_error([&] { check_prompt_tokens(a.tokenizer, other); },
               {"<image>", "200", "77", "config.json"});
  // in the vocabulary, but no text is turned into it
  other = a.spec;
  other.prompt.tokens = {"<s>"};
  expect_error([&] { check_prompt_tokens(a.tokenizer, other); }, {"splits", "<s>"});
}
