// Losses of options in capture records, on a small checkpoint of each family.
#include "stages/capture/choices.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/capture/capture.hpp"

using namespace vrp;

namespace {

const std::string kGolden = VRP_SOURCE_DIR "/tests/golden/data/";
using Choices = std::vector<std::vector<std::string>>;

ItemTable table(const Choices& choices) {
  ItemTable out;
  out.benchmark = "toy";
  out.kind = "choice";
  out.scorers = {"exact@1"};
  for (std::size_t i = 0; i < choices.size(); ++i) {
    out.key.push_back("toy/val/" + std::to_string(i));
    out.id.push_back(std::to_string(i));
    out.group.emplace_back("image");
    out.image.emplace_back("rgb.png");
    out.image_hash.emplace_back();
    out.question.push_back(i % 2 == 0 ? "How many ropes are here?" : "What is this?");
    out.answer.emplace_back(choices[i].empty() ? "" : "B");
    out.answers.emplace_back();
    out.choices.push_back(choices[i]);
    out.hint.emplace_back();
    out.type.emplace_back("one");
    out.regions.emplace_back();
    out.metadata.emplace_back("{}");
  }
  return out;
}

const Choices kFour{{"One", "Two", "Three", "Fourteen small lanterns"},
                    {"A rope", "A lantern"},
                    {},
                    {"Nothing at all"}};

Picture picture() { return {read_image(kGolden + "images/rgb.png"), ""}; }

Model load(const std::string& family) { return Model::load(kGolden + family + "/checkpoint", {}); }

PromptStyle letter() {
  PromptStyle style;
  style.options = "{q}\n{options}";
  style.suffix = "\nThe letter.";
  return style;
}

Record run(const Model& model, const ItemTable& items, std::size_t first,
           const std::vector<Picture>& pictures, const CaptureParams& params = {},
           const PromptStyle& style = letter()) {
  return capture(items, first, pictures, model, style, {.max_new_tokens = 3}, params, [] {});
}

}  // namespace

TEST_CASE("an absent option has no loss and is no rival of the others", "[capture][choices]") {
  const Model model = load("llava");
  const Record gaps =
      run(model, table({{"", "A rope", "", "A lantern"}, {"", "A rope"}}), 0, {2, picture()});
  const Record whole = run(model, table({{"A rope", "A lantern"}}), 0, {1, picture()});
  const auto& loss = gaps.values<double>("choice/loss");
  const auto& expected = whole.values<double>("choice/loss");
  REQUIRE(loss.size() == 6);
  CHECK(std::isnan(loss[0]));
  CHECK(loss[1] == expected[0]);
  CHECK(std::isnan(loss[2]));
  CHECK(loss[3] == expected[1]);
  CHECK(gaps.values<std::int32_t>("choice/tokens")[2] == 0);
  CHECK(gaps.values<double>("output/choice_margin")[0] == std::abs(expected[0] - expected[1]));
  CHECK(std::isnan(gaps.values<double>("output/choice_margin")[1]));
}

TEST_CASE("a record holds each option's loss behind the question alone", "[capture][choices]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    INFO(family);
    const Model model = load(family);
    const ItemTable items = table(kFour);
    const Record record = run(model, items, 0, {4, picture()});
    CHECK(record.values<std::int64_t>("choice/offset") == std::vector<std::int64_t>{0, 4, 6, 6, 7});
    CHECK(record.at("choice/offset").attributes.at("ragged_dim") == "choice");
    const auto& loss = record.values<double>("choice/loss");
    const auto& tokens = record.values<std::int32_t>("choice/tokens");
    REQUIRE(loss.size() == 7);
    REQUIRE(tokens.size() == 7);
    std::size_t at = 0;
    for (std::size_t row = 0; row < items.size(); ++row) {
      const PreparedItem bare = model.prepare(picture().image, items.question[row], {});
      std::vector<std::vector<std::int32_t>> answers;
      for (const auto& choice : items.choices[row]) {
        answers.push_back(
            answer_ids(model.tokenizer(), model.spec(), items.question[row], {}, choice));
      }
      const auto expected = model.answer_losses(bare, answers);
      for (std::size_t k = 0; k < expected.size(); ++k, ++at) {
        CHECK(loss[at] == expected[k]);
        CHECK(tokens[at] == std::ssize(answers[k]));
      }
    }
    const auto& margin = record.values<double>("output/choice_margin");
    CHECK(record.at("output/choice_margin").attributes.at("role") == "signal");
    CHECK(margin[0] >= 0);
    CHECK(margin[1] == std::abs(loss[4] - loss[5]));
    CHECK(std::isnan(margin[2]));
    CHECK(std::isnan(margin[3]));
    // The asked question shows the options: its prompt is longer than the bare one.
    CHECK(record.values<std::int32_t>("item/prompt_tokens")[0] >
          std::ssize(model.prepare(picture().image, items.question[0], {}).ids));
  }
}

TEST_CASE("losses of options have the same bits with any cut into units", "[capture][choices]") {
  const Model model = load("qwen2_vl");
  const ItemTable items = table(kFour);
  const Record whole = run(model, items, 0, {4, picture()});
  std::vector<double> loss, margin;
  for (const auto& [first, count] : {std::pair<std::size_t, std::size_t>{2, 2}, {0, 1}, {1, 1}}) {
    const Record part = run(load("qwen2_vl"), items, first, {count, picture()});
    const auto& values = part.values<double>("choice/loss");
    if (first == 2) {  // run out of order
      CHECK(values == std::vector<double>{whole.values<double>("choice/loss").back()});
      continue;
    }
    loss.insert(loss.end(), values.begin(), values.end());
    margin.push_back(part.values<double>("output/choice_margin").front());
  }
  loss.push_back(whole.values<double>("choice/loss").back());
  CHECK(loss == whole.values<double>("choice/loss"));
  CHECK(margin[0] == whole.values<double>("output/choice_margin")[0]);
  CHECK(margin[1] == whole.values<double>("output/choice_margin")[1]);
}

TEST_CASE("answers do not depend on whether options are scored, and nothing is written without any",
          "[capture][choices]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    const Model model = load(family);
    CaptureParams off;
    off.choices = false;
    const Record with = run(model, table(kFour), 0, {4, picture()});
    const Record without = run(model, table(kFour), 0, {4, picture()}, off);
    for (const char* name : {"answer/tokens", "answer/logprob", "hidden/first", "attention/map",
                             "lens/margin", "lens/margin_blank"}) {
      Record one, two;
      one.add(with.at(name));
      two.add(without.at(name));
      CHECK(one.digest() == two.digest());
    }
    const Record none = run(model, table(Choices(2)), 0, {2, picture()});
    for (const char* name :
         {"choice/offset", "choice/loss", "choice/tokens", "output/choice_margin"}) {
      CHECK(with.find(name) != nullptr);
      CHECK(without.find(name) == nullptr);
      CHECK(none.find(name) == nullptr);
    }
    // A unit whose own items have no options has the arrays of its table's other units.
    const Record bare = run(model, table(kFour), 2, {1, picture()});
    CHECK(bare.values<std::int64_t>("choice/offset") == std::vector<std::int64_t>{0, 0});
    CHECK(bare.values<double>("choice/loss").empty());
  }
}

TEST_CASE("the image is encoded once for the answer and its options", "[capture][choices]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    const Model model = load(family);
    run(model, table(kFour), 0, {4, picture()});
    CHECK(model.counters().images_encoded == 2);  // the item's and the grey one
  }
}

TEST_CASE("an item that fails has no losses", "[capture][choices]") {
  const Model model = load("llava");
  const Choices bad{{"One", "Two"}, {"One", "a <image>"}, {"One", "Two"}};
  const Record record = run(model, table(bad), 0, {picture(), picture(), {{}, "no picture"}});
  CHECK(record.values<std::int32_t>("item/status") == std::vector<std::int32_t>{0, 1, 1});
  CHECK(record.values<std::int64_t>("choice/offset") == std::vector<std::int64_t>{0, 2, 2, 2});
  CHECK_THAT(record.values<std::string>("item/reason")[1], Catch::Contains("image token"));
  CHECK(std::isnan(record.values<double>("output/choice_margin")[1]));
}

TEST_CASE("the margin is between the two least losses", "[capture][choices]") {
  CHECK(choice_margin({3.0, 1.0, 1.5}) == 0.5);
  CHECK(choice_margin({2.0, 2.0}) == 0.0);
  CHECK(std::isnan(choice_margin({2.0})));
  CHECK(std::isnan(choice_margin({})));
}
