// How unlikely given answers are, beside one forward pass over prompt and answer together.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using Catch::Matchers::Contains;

namespace {

const std::string kGolden = VRP_SOURCE_DIR "/tests/golden/data/";
const std::vector<std::string> kChoices{"Two", "A small green lantern", "No"};

/// Mean of -ln P over the answer's tokens and the end token, from one pass, in plain loops.
double naive_loss(const Model& model, const PreparedItem& item, std::vector<std::int32_t> answer) {
  const auto logits = model.logits(item, answer, static_cast<int>(answer.size()) + 1);
  answer.push_back(model.spec().eos.front());
  const std::size_t width = logits.size() / answer.size();
  double sum = 0;
  for (std::size_t t = 0; t < answer.size(); ++t) {
    const float* row = logits.data() + t * width;
    double top = -1e300, total = 0;
    for (std::size_t v = 0; v < width; ++v) top = std::max(top, double{row[v]});
    for (std::size_t v = 0; v < width; ++v) total += std::exp(double{row[v]} - top);
    sum += top + std::log(total) - double{row[answer[t]]};
  }
  return sum / static_cast<double>(answer.size());
}

struct Asked {
  Model model;
  PreparedItem item;
  std::vector<std::vector<std::int32_t>> answers;
};

Asked ask(const std::string& family, const std::string& kernels = "auto") {
  Model model = Model::load(kGolden + family + "/checkpoint", {"cpu", "fp32", 1, kernels});
  const RgbImage image = read_image(kGolden + "images/rgb.png");
  Asked out{std::move(model), {}, {}};
  out.item = out.model.prepare(image, "How many ropes are here?", {});
  for (const auto& choice : kChoices) {
    out.answers.push_back(answer_ids(out.model.tokenizer(), out.model.spec(),
                                     "How many ropes are here?", {}, choice));
  }
  return out;
}

}  // namespace

TEST_CASE("losses are those of one pass over prompt and answer", "[model][likelihood]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl", "qwen2_vl_tied"}) {
    for (const char* kernels : {"auto", "aten"}) {
      INFO(family << ", " << kernels);
      const Asked asked = ask(family, kernels);
      const auto losses = asked.model.answer_losses(asked.item, asked.answers);
      REQUIRE(losses.size() == kChoices.size());
      for (std::size_t k = 0; k < losses.size(); ++k) {
        const double naive = naive_loss(asked.model, asked.item, asked.answers[k]);
        if (!(std::abs(losses[k] - naive) <= 1e-4)) {
          FAIL_CHECK("answer " << k << ": " << losses[k] << ", expected " << naive);
        }
      }
      CHECK(losses[0] != losses[1]);
    }
  }
}

TEST_CASE("an answer's loss has the same bits whatever stands beside it", "[model][likelihood]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    INFO(family);
    const Asked asked = ask(family);
    const auto together = asked.model.answer_losses(asked.item, asked.answers);
    for (std::size_t k = 0; k < together.size(); ++k) {
      const auto alone = asked.model.answer_losses(asked.item, {{asked.answers[k]}});
      CHECK(alone == std::vector<double>{together[k]});
    }
    CHECK(asked.model.answer_losses(asked.item, asked.answers) == together);
  }
}

TEST_CASE("one prefill serves all answers, and the image one more question",
          "[model][likelihood]") {
  const Asked asked = ask("llava");
  asked.model.answer_losses(asked.item, asked.answers);
  CHECK(asked.model.counters().images_encoded == 1);
  CHECK(asked.model.counters().prefixes_reused == 0);
  asked.model.greedy(asked.item, {.max_new_tokens = 1});
  CHECK(asked.model.counters().images_encoded == 1);
  CHECK(asked.model.counters().prefixes_reused == 1);
}

TEST_CASE("a greedy answer's loss is that of its steps and of the end behind them",
          "[model][likelihood]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    INFO(family);
    const Asked asked = ask(family);
    const Answer answer = asked.model.greedy(asked.item, {.max_new_tokens = 4, .eos = {-1}});
    REQUIRE(answer.tokens.size() == 4);
    double steps = 0;
    for (const TokenStep& step : answer.steps) steps -= step.logprob;
    const auto loss = asked.model.answer_losses(asked.item, {{answer.tokens}});
    const auto tail = asked.model.logits(asked.item, answer.tokens, 1);
    const double top = *std::ranges::max_element(tail);
    double total = 0;
    for (const float value : tail) total += std::exp(double{value} - top);
    const auto end = static_cast<std::size_t>(asked.model.spec().eos.front());
    const double behind = top + std::log(total) - double{tail[end]};
    CHECK(loss.front() == Approx((steps + behind) / 5).margin(1e-4));
  }
}

TEST_CASE("an answer is tokenised as the continuation of its prompt", "[model][likelihood]") {
  const auto text = [](const Asked& asked, std::size_t k) {
    std::vector<std::int32_t> ids = asked.item.ids;
    ids.insert(ids.end(), asked.answers[k].begin(), asked.answers[k].end());
    return asked.model.tokenizer().decode(ids, true);
  };
  // A space behind "ASSISTANT:", none behind the newline that ends the other prompts.
  for (std::size_t k = 0; k < kChoices.size(); ++k) {
    CHECK(text(ask("llava"), k).ends_with("\nASSISTANT: " + kChoices[k]));
    CHECK(text(ask("paligemma"), k).ends_with("\n" + kChoices[k]));
    CHECK(text(ask("qwen2_vl"), k).ends_with("assistant\n" + kChoices[k]));
  }
  const Asked llava = ask("llava");
  const Tokenizer& tokenizer = llava.model.tokenizer();
  const auto ids = [&](const PromptStyle& style, const std::string& answer) {
    return answer_ids(tokenizer, llava.model.spec(), "Is it?", style, answer);
  };
  // A template that already ends in white space gets no second space.
  for (const std::string end : {"", " "}) {
    const PromptStyle style{"plain", "", "<image>{q} ASSISTANT:" + end};
    auto whole = prompt_ids(tokenizer, llava.model.spec(), "Is it?", style);
    const auto answer = ids(style, "Two");
    whole.insert(whole.end(), answer.begin(), answer.end());
    CHECK(whole == tokenizer.encode("<image>Is it? ASSISTANT: Two", true));
  }
  CHECK_THROWS_WITH(ids({}, ""), Contains("is empty"));
  CHECK_THROWS_WITH(ids({}, "a <image>"), Contains("holds an image token"));
}

TEST_CASE("answers that cannot be scored are refused", "[model][likelihood]") {
  const vrp::test::TinyCheckpoint checkpoint;
  const Model model = Model::load(checkpoint.path(), {});
  const PreparedItem item = model.prepare(vrp::test::noise_image(40, 30, 1), "what?", {});
  const auto losses = [&](std::vector<std::int32_t> answer) {
    return model.answer_losses(item, {{std::move(answer)}});
  };
  CHECK(model.answer_losses(item, {}).empty());
  CHECK_THROWS_WITH(losses({}), Contains("no tokens"));
  CHECK_THROWS_WITH(losses({5, 272}), Contains("token 272, expected 0 to 271"));
  CHECK_THROWS_WITH(losses({-1}), Contains("token -1"));
  const auto room = 128 - item.ids.size();
  CHECK_NOTHROW(losses(std::vector<std::int32_t>(room, 5)));
  CHECK_THROWS_WITH(losses(std::vector<std::int32_t>(room + 1, 5)),
                    Contains("128 positions together"));
  const vrp::test::TinyCheckpoint spoilt({}, [](vrp::test::TinyTensors& tensors) {
    tensors.at("language_model.model.norm.weight").values[0] = std::nanf("");
  });
  const Model broken = Model::load(spoilt.path(), {});
  CHECK_THROWS_WITH(broken.answer_losses(item, {{{5}}}), Contains("non-finite logits"));
}
