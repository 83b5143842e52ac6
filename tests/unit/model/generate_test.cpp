// Prompts, limits and stop rules.
#include <catch2/catch.hpp>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using Catch::Matchers::Contains;
using vrp::test::noise_image;
using vrp::test::TinyCheckpoint;

namespace {

struct Fixture {
  TinyCheckpoint checkpoint;
  Model model = Model::load(checkpoint.path(), {});
  RgbImage image = noise_image(40, 30, 1);
  PreparedItem prepare(const std::string& question, PromptStyle style = {}) const {
    return model.prepare(image, question, style);
  }
  std::string text(const PreparedItem& item) const {
    return model.tokenizer().decode(item.ids, true);
  }
};

}  // namespace

TEST_CASE("the prompt is the template with the question in it, one image token per cell",
          "[model][generate]") {
  const Fixture f;
  const PreparedItem item = f.prepare("Is it {s} or {q}?");
  CHECK(f.text(item) == "USER: \nIs it {s} or {q}?\nASSISTANT:");
  REQUIRE(item.image_positions.size() == 16);
  CHECK(item.image_positions.front() == 7);  // <s> and the bytes of "USER: "
  CHECK(item.ids.front() == 1);
  for (const std::int64_t at : item.image_positions) {
    CHECK(item.ids[static_cast<std::size_t>(at)] == 259);
  }
  PromptStyle chat;
  chat.template_name = "chat";
  chat.suffix = "\nShort.";
  CHECK(f.text(f.prepare("Is it?", chat)) == "USER: \nIs it?\nShort. ASSISTANT:");
  PromptStyle own;
  own.text = "<image>Q:{q}|{s}";
  own.suffix = "S";
  CHECK(f.text(f.prepare("Is it?", own)) == "Q:Is it?|S");
}

TEST_CASE("prompts that cannot be run are refused", "[model][generate]") {
  const Fixture f;
  CHECK_THROWS_WITH(f.prepare("what is <image>?"), Contains("2 image tokens, expected exactly 1"));
  CHECK_THROWS_WITH(f.prepare("x", {"plain", "", "no picture {q}"}), Contains("0 image tokens"));
  CHECK_THROWS_WITH(f.prepare("x", {"plain", "", "<image>"}), Contains("{q} exactly once"));
  CHECK_THROWS_WITH(f.prepare("x", {"plain", "", "<image>{q}{q}"}), Contains("{q} exactly once"));
  CHECK_THROWS_WITH(f.prepare("x", {"fancy", "", ""}), Contains("'fancy'"));
  CHECK_THROWS_WITH(f.prepare(std::string(200, 'x')), Contains("expected at most 128"));
  const PreparedItem item = f.prepare(std::string(80, 'x'));  // 116 tokens
  CHECK_NOTHROW(f.model.greedy(item, {128 - static_cast<int>(item.ids.size()), {}, false}));
  CHECK_THROWS_WITH(f.model.greedy(item, {}), Contains("128 positions together"));
  CHECK_THROWS_WITH(f.model.sample(item, {}, {}, Rng(1, "x")), Contains("128 positions together"));
  CHECK_THROWS_WITH(f.model.logits(item, std::vector<std::int32_t>(20, 5), 1),
                    Contains("expected at most 128"));
}

TEST_CASE("an item whose image tokens and features differ is refused", "[model][generate]") {
  const Fixture f;
  PreparedItem fewer = f.prepare("what?");
  fewer.ids.erase(fewer.ids.begin() + fewer.image_positions.front());
  CHECK_THROWS_WITH(f.model.greedy(fewer, {}), Contains("15 image tokens"));
  fewer.image_positions.pop_back();
  CHECK_THROWS_WITH(f.model.greedy(fewer, {}), Contains("rotary positions, expected"));
  fewer.positions.pop_back();
  CHECK_THROWS_WITH(f.model.greedy(fewer, {}),
                    Contains("15 image tokens, but the image gives 16 features"));
  PreparedItem none = f.prepare("what?");
  std::erase(none.ids, 259);
  CHECK_THROWS_WITH(f.model.greedy(none, {}), Contains("no image token"));
  PreparedItem small = f.prepare("what?");
  small.image.pixels.resize(30);
  CHECK_THROWS_WITH(f.model.greedy(small, {}), Contains("30 values, expected 2352"));
}

TEST_CASE("an end token stops the answer and is counted but not kept", "[model][generate]") {
  const Fixture f;
  const PreparedItem item = f.prepare("what is it?");
  const Answer full = f.model.greedy(item, {6, {271}, false});
  REQUIRE(full.tokens.size() == 6);
  CHECK(full.steps.size() == 6);
  CHECK_FALSE(full.ended);
  const Answer none = f.model.greedy(item, {6, {full.tokens[0]}, false});
  CHECK(none.ended);
  CHECK(none.tokens.empty());
  CHECK(none.text.empty());
  REQUIRE(none.steps.size() == 1);
  CHECK(none.steps[0].token == full.tokens[0]);
  CHECK(none.steps[0].logprob == full.steps[0].logprob);
  const Answer one = f.model.greedy(item, {1, {271}, false});
  CHECK(one.tokens == std::vector<std::int32_t>{full.tokens[0]});
}

TEST_CASE("a prompt that ends with its image runs as well", "[model][generate]") {
  const Fixture f;
  const PreparedItem item = f.prepare("what?", {"plain", "", "{q}<image>"});
  REQUIRE(item.image_positions.back() + 1 == std::ssize(item.ids));
  const Answer answer = f.model.greedy(item, {4, {271}, false});
  CHECK(answer.tokens.size() == 4);
  const auto all = f.model.logits(item, answer.tokens, 5);
  const auto at_end = f.model.logits(item, {}, 1);
  for (std::size_t v = 0; v < at_end.size(); ++v) {
    CHECK(std::abs(all[v] - at_end[v]) <= 1e-4f);
  }
}

TEST_CASE("logits of all positions agree with those of the last few", "[model][generate]") {
  const Fixture f;
  const PreparedItem item = f.prepare("what is it?");
  const int total = static_cast<int>(item.ids.size());
  const auto all = f.model.logits(item, {}, total), few = f.model.logits(item, {}, 2);
  REQUIRE(all.size() == static_cast<std::size_t>(total) * 272);
  for (std::size_t i = 0; i < few.size(); ++i) {
    CHECK(std::abs(all[all.size() - few.size() + i] - few[i]) <= 1e-4f);
  }
  CHECK_THROWS_WITH(f.model.logits(item, {}, 0), Contains("last 0 positions"));
  CHECK_THROWS_WITH(f.model.logits(item, {}, total + 1), Contains("expected 1 to"));
}

TEST_CASE("sampling parameters out of range are usage errors", "[model][generate]") {
  const Fixture f;
  const PreparedItem item = f.prepare("what is it?");
  const auto refused = [&](SamplingParams sampling) {
    try {
      f.model.sample(item, {}, sampling, Rng(1, "x"));
    } catch (const Error& error) {
      return error.code() == ExitCode::usage;
    }
    return false;
  };
  CHECK(refused({0, 0.7, 0.9, true}));
  CHECK(refused({10, 0.0, 0.9, true}));
  CHECK(refused({10, std::numeric_limits<double>::quiet_NaN(), 0.9, true}));
  CHECK(refused({10, 0.7, 0.0, true}));
  CHECK(refused({10, 0.7, 1.5, true}));
  CHECK_THROWS_WITH(f.model.greedy(item, {0, {}, false}), Contains("max_new_tokens is 0"));
}

TEST_CASE("a vanishing top_p leaves the greedy answer", "[model][generate]") {
  const Fixture f;
  const PreparedItem item = f.prepare("what is it?");
  const Answer greedy = f.model.greedy(item, {});
  const auto paths = f.model.sample(item, {}, {3, 0.7, 1e-9, true}, Rng(1, "x"));
  for (const Answer& path : paths) CHECK(path.tokens == greedy.tokens);
}
