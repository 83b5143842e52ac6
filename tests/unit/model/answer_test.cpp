// Several questions at once: each gets what it gets alone, whatever stands beside it.
#include <catch2/catch.hpp>
#include <filesystem>
#include <limits>

#include "pipeline/base/error.hpp"
#include "tests/unit/model/answers.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"
#include "tests/unit/model/ways.hpp"

using namespace vrp;
namespace fs = std::filesystem;
using Catch::Contains;
using vrp::test::check_equal;
using vrp::test::noise_image;
using vrp::test::Recorder;
using vrp::test::TinyCheckpoint;
using vrp::test::tokens;

namespace {

/// Heads of 16, as the twins of kernels/ take them.
test::TinySpec wide(int kv_heads) {
  test::TinySpec spec;
  spec.hidden = 64;
  spec.kv_heads = kv_heads;
  return spec;
}

/// Questions of several lengths, with what each needs to be asked.
struct Asking {
  explicit Asking(const Model& asked) : model(asked) {
    const char* words[] = {"what is it?", "how many are there, and of which colour is each?",
                           "is it a cat?", "why?", "where is the dog?"};
    for (std::size_t i = 0; i < std::size(words); ++i) {
      const auto seed = static_cast<std::uint32_t>(i == 3 ? 0 : i);  // one picture twice
      items.push_back(model.prepare(noise_image(40, 30, seed), words[i], {}));
      rngs.emplace_back(7 + i, "answer");
    }
    greedy.eos = {271};  // does not come up
    greedy.max_new_tokens = 9;
    greedy.final_state = true;
    paths = tokens(6);
    sampling.samples = 17;  // two waves
    sampling.temperature = 1.5;
  }

  /// The replies to all questions of one call. `views`: one for each, or none.
  std::vector<ModelReply> ask(bool with_greedy, bool with_paths, std::vector<Recorder>* views) {
    std::vector<ModelQuestion> questions;
    for (std::size_t i = 0; i < items.size(); ++i) {
      questions.push_back({&items[i], with_greedy, views != nullptr ? &(*views)[i] : nullptr,
                           with_paths ? &rngs[i] : nullptr});
    }
    return model.answer(questions, greedy, paths, sampling);
  }

  const Model& model;
  std::vector<PreparedItem> items;
  std::vector<Rng> rngs;
  GenerationParams greedy, paths;
  SamplingParams sampling;
};

Model load(const fs::path& checkpoint, ModelOptions way, int batch) {
  way.batch = batch;
  return Model::load(checkpoint, way);
}

/// The same tokens, and numbers as close as sums in another order are.
void check_close(const Answer& a, const Answer& b) {
  CHECK(a.tokens == b.tokens);
  REQUIRE(a.steps.size() == b.steps.size());
  for (std::size_t t = 0; t < a.steps.size(); ++t) {
    CHECK(a.steps[t].logprob == Approx(b.steps[t].logprob).margin(1e-4));
    CHECK(a.steps[t].entropy == Approx(b.steps[t].entropy).margin(1e-4));
    CHECK(a.steps[t].top1 == Approx(b.steps[t].top1).margin(1e-4));
    CHECK(a.steps[t].top2 == Approx(b.steps[t].top2).margin(1e-4));
  }
}

}  // namespace

namespace {

/// A picture that is asked about twice in a batch is run once, except where a prompt sees itself
/// whole.
void check_picture_shared(const Model& model, const std::vector<ModelReply>& wanted) {
  const ModelCounters before = model.counters();
  Asking asking(model);
  const auto found = asking.ask(true, true, nullptr);
  for (std::size_t i = 0; i < found.size(); ++i) {
    check_close(found[i].answers.greedy, wanted[i].answers.greedy);
  }
  const std::int64_t shared = model.spec().text.prefix_lm ? 0 : 1;
  CHECK(model.counters().prefixes_reused - before.prefixes_reused == shared);
  CHECK(model.counters().images_encoded - before.images_encoded == 5 - shared);
}

/// A batch's replies and views beside those of questions asked one by one on the CPU's own kernels.
void compare_with_alone(const fs::path& checkpoint) {
  const Model own = load(checkpoint, {}, 1);
  Asking alone(own);
  std::vector<Recorder> views_alone(alone.items.size());
  const auto wanted = alone.ask(true, true, &views_alone);
  for (const ModelOptions& way : test::ways()) {
    if (way.device == "cpu" && way.kernels == "auto") continue;
    for (const int batch : {1, 3, 5}) {
      CAPTURE(checkpoint, way.kernels, batch);
      const Model model = load(checkpoint, way, batch);
      Asking asking(model);
      std::vector<Recorder> views(asking.items.size());
      const auto found = asking.ask(true, true, &views);
      REQUIRE(found.size() == wanted.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        CHECK(found[i].problem.empty());
        check_close(found[i].answers.greedy, wanted[i].answers.greedy);
        REQUIRE(found[i].answers.paths.size() == 17);
        for (std::size_t k = 0; k < 17; ++k) {
          check_close(found[i].answers.paths[k], wanted[i].answers.paths[k]);
        }
        CHECK(views[i].places == views_alone[i].places);
        REQUIRE(views[i].values.size() == views_alone[i].values.size());
        double worst = 0;
        for (std::size_t v = 0; v < views[i].values.size(); ++v) {
          const double value = views_alone[i].values[v];
          worst = std::max(worst, std::abs(views[i].values[v] - value) / (1 + std::abs(value)));
        }
        CHECK(worst < 1e-3);
      }
      if (batch == 5) check_picture_shared(model, wanted);
    }
  }
}

}  // namespace

TEST_CASE("questions of a batch get the answers and views that they get alone", "[model][answer]") {
  for (const int kv_heads : {4, 1}) {
    const TinyCheckpoint checkpoint(wide(kv_heads));
    compare_with_alone(checkpoint.path());
  }
}

TEST_CASE("so do those of the other families", "[model][answer]") {
  for (const char* name : {"demo-paligemma", "demo-qwen2-vl"}) {
    compare_with_alone(fs::path(VRP_SOURCE_DIR) / "tests/data" / name);
  }
}

TEST_CASE("what is asked beside a question, and whether both answers are, changes no bit",
          "[model][answer]") {
  const TinyCheckpoint checkpoint(wide(2));
  for (const ModelOptions& way : test::ways()) {
    CAPTURE(way.kernels);
    const Model model = load(checkpoint.path(), way, 5);
    CHECK(model.batch() == (way.device == "cpu" && way.kernels == "auto" ? 1 : 5));
    Asking asking(model);
    std::vector<Recorder> both_views(5), greedy_views(5);
    const auto both = asking.ask(true, true, &both_views);
    const auto greedy = asking.ask(true, false, &greedy_views);
    const auto paths = asking.ask(false, true, nullptr);
    for (std::size_t i = 0; i < 5; ++i) {
      CAPTURE(i);
      check_equal(greedy[i].answers.greedy, both[i].answers.greedy);
      CHECK(greedy[i].answers.paths.empty());
      check_equal(paths[i].answers.paths, both[i].answers.paths);
      CHECK(greedy_views[i].places == both_views[i].places);
      CHECK(greedy_views[i].values == both_views[i].values);
    }
  }
}

TEST_CASE("a question that fails leaves the others of its batch alone", "[model][answer]") {
  const TinyCheckpoint checkpoint(wide(4));
  for (const ModelOptions& way : test::ways()) {
    CAPTURE(way.kernels);
    const Model model = load(checkpoint.path(), way, 5);
    Asking asking(model);
    asking.items[1].image.pixels.pop_back();
    asking.items[3].image.pixels[5] = std::numeric_limits<float>::quiet_NaN();
    const auto found = asking.ask(true, true, nullptr);
    Asking whole(model);
    const auto wanted = whole.ask(true, true, nullptr);
    for (const std::size_t i : {0u, 2u, 4u}) {
      CAPTURE(i);
      CHECK(found[i].problem.empty());
      check_close(found[i].answers.greedy, wanted[i].answers.greedy);
    }
    CHECK_THAT(found[1].problem, Contains("prepared image has"));
    CHECK_THAT(found[3].problem, Contains("non-finite logits at step 0: entry 0 is"));
    asking.sampling.top_p = 2;
    for (const ModelReply& reply : asking.ask(true, true, nullptr)) {
      CHECK_THAT(reply.problem, Contains("top_p is 2"));
    }
  }
}

TEST_CASE("an observer that fails is its own question's problem", "[model][answer]") {
  struct Failing : Recorder {
    void at(const SiteView& view) override {
      if (view.step == 3) fail("seen enough");
    }
  };
  const TinyCheckpoint checkpoint(wide(4));
  for (const ModelOptions& way : test::ways()) {
    CAPTURE(way.kernels);
    const Model model = load(checkpoint.path(), way, 5);
    Asking asking(model);
    Failing failing;
    Recorder recorder;
    const std::vector<ModelQuestion> questions = {{&asking.items[0], true, &recorder, nullptr},
                                                  {&asking.items[1], true, &failing, nullptr}};
    const auto found = model.answer(questions, asking.greedy, asking.paths, asking.sampling);
    CHECK(found[0].problem.empty());
    CHECK(found[0].answers.greedy.tokens.size() == 9);
    CHECK(recorder.places.back().back() == 9);  // the last token's pass
    CHECK(found[1].problem == "seen enough");
  }
}
