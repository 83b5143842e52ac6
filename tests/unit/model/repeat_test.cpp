// Same arguments, same bits: whatever ran before, whoever watches, however paths are run.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "pipeline/model/model.hpp"
#include "tests/unit/model/answers.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"
#include "tests/unit/model/ways.hpp"

using namespace vrp;
using vrp::test::check_equal;
using vrp::test::noise_image;
using vrp::test::Recorder;
using vrp::test::TinyCheckpoint;
using vrp::test::tokens;

namespace {

/// Asks for everything, reads everything and scribbles over what it may not change.
class Scribbler : public Observer {
 public:
  explicit Scribbler(Rows rows) : rows_(rows) {}
  std::vector<SiteRequest> requests() const override {
    std::vector<SiteRequest> all;
    for (const Site site :
         {Site::embedding, Site::attention_row, Site::attention_out, Site::mlp_act, Site::mlp_out,
          Site::residual, Site::image_features, Site::head_out, Site::image_update}) {
      all.push_back({site, SiteRequest::kAllLayers, rows_, false});
    }
    return all;
  }
  void at(const SiteView& view) override {
    ++views;
    for (float& value : view.data) value = 1e6f;
  }
  int views = 0;

 private:
  Rows rows_;
};

/// May edit everything that can be edited, and changes nothing.
class IdleEditor : public Observer {
 public:
  std::vector<SiteRequest> requests() const override {
    std::vector<SiteRequest> all;
    for (const Site site : {Site::mlp_act, Site::mlp_out, Site::residual, Site::image_features}) {
      all.push_back({site, SiteRequest::kAllLayers, Rows::all, true});
    }
    return all;
  }
  void at(const SiteView&) override {}
};

/// Heads of 16, as the twins of kernels/ take them.
test::TinySpec wide() {
  test::TinySpec spec;
  spec.hidden = 64;
  return spec;
}

}  // namespace

TEST_CASE("greedy answers do not depend on an observer", "[model][repeat]") {
  const TinyCheckpoint checkpoint(wide());
  for (const ModelOptions& way : test::ways()) {
    INFO(way.device << ", kernels " << way.kernels);
    const Model model = Model::load(checkpoint.path(), way);
    const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
    const Answer plain = model.greedy(item, tokens(12));
    REQUIRE(plain.steps.size() > 2);
    for (const Rows rows : {Rows::last, Rows::image, Rows::all}) {
      Scribbler scribbler(rows);
      check_equal(model.greedy(item, tokens(12), &scribbler), plain);
      CHECK(scribbler.views > 0);
    }
    IdleEditor editor;
    check_equal(model.greedy(item, tokens(12), &editor), plain);
    GenerationParams with_final_state = tokens(12);
    with_final_state.final_state = true;
    check_equal(model.greedy(item, with_final_state), plain);
    check_equal(model.greedy(item, tokens(12)), plain);
  }
}

TEST_CASE("paths are the same shared, one by one, and from a model loaded anew",
          "[model][repeat]") {
  std::vector<std::pair<int, ModelOptions>> cases;
  for (const ModelOptions& way : test::ways()) {
    for (const int kv_heads : {4, 2}) cases.emplace_back(kv_heads, way);
  }
  if (test::device_or_cpu() == "cpu") cases.push_back({4, {"cpu", "fp32", 2, "auto"}});
  for (const auto& [kv_heads, options] : cases) {
    INFO(kv_heads << " key heads, kernels " << options.kernels << ", threads " << options.threads);
    test::TinySpec spec = wide();
    spec.kv_heads = kv_heads;
    const TinyCheckpoint checkpoint(spec);
    const Model model = Model::load(checkpoint.path(), options);
    const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
    const Rng rng(1, "sampling test");
    SamplingParams sampling;
    sampling.temperature = 1.5;  // flat: paths part early and end at different steps
    const auto shared = model.sample(item, tokens(20), sampling, rng);
    REQUIRE(shared.size() == 10);
    CHECK(shared[0].tokens != shared[1].tokens);
    sampling.share_prefix = false;
    check_equal(model.sample(item, tokens(20), sampling, rng), shared);
    sampling.share_prefix = true;
    check_equal(model.sample(item, tokens(20), sampling, rng), shared);
    const Model again = Model::load(checkpoint.path(), options);
    check_equal(again.sample(item, tokens(20), sampling, rng), shared);
    CHECK(model.sample(item, tokens(20), sampling, Rng(2, "sampling test"))[0].tokens !=
          shared[0].tokens);
  }
}

TEST_CASE("earlier items leave no trace, not even one with the same image", "[model][repeat]") {
  const TinyCheckpoint checkpoint(wide());
  for (const ModelOptions& way : test::ways()) {
    INFO(way.device << ", kernels " << way.kernels);
    const Model model = Model::load(checkpoint.path(), way);
    const RgbImage image = noise_image(40, 30, 1), other = noise_image(30, 40, 2);
    const PreparedItem a = model.prepare(image, "what is it?", {});
    const PreparedItem b = model.prepare(image, "and the colour of the large one behind?", {});
    const PreparedItem c = model.prepare(other, "what is it?", {});
    std::vector<Answer> fresh;
    std::vector<std::vector<float>> logits;
    for (const PreparedItem* item : {&a, &b, &c}) {
      const Model own = Model::load(checkpoint.path(), way);
      fresh.push_back(own.greedy(*item, tokens(8)));
      logits.push_back(own.logits(*item, {}, 3));
    }
    CHECK(logits[0] != logits[1]);
    CHECK(logits[0] != logits[2]);
    for (int round = 0; round < 2; ++round) {
      check_equal(model.greedy(a, tokens(8)), fresh[0]);
      check_equal(model.greedy(b, tokens(8)), fresh[1]);  // reuses the image of a
      check_equal(model.greedy(c, tokens(8)), fresh[2]);
      CHECK(model.logits(b, {}, 3) == logits[1]);
      CHECK(model.logits(a, {}, 3) == logits[0]);
      CHECK(model.logits(c, {}, 3) == logits[2]);
    }
  }
}

TEST_CASE("an edited run does not leak into the next one about the same image", "[model][repeat]") {
  class Blind : public Observer {
   public:
    std::vector<SiteRequest> requests() const override {
      return {{Site::image_features, -1, Rows::all, true}};
    }
    void at(const SiteView& view) override { std::fill(view.data.begin(), view.data.end(), 0.0f); }
  };
  const TinyCheckpoint checkpoint(wide());
  for (const ModelOptions& way : test::ways()) {
    INFO(way.device << ", kernels " << way.kernels);
    const Model model = Model::load(checkpoint.path(), way);
    const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
    const auto before = model.logits(item, {}, 1);
    Blind blind;
    CHECK(model.logits(item, {}, 1, &blind) != before);
    CHECK(model.logits(item, {}, 1) == before);
  }
}

TEST_CASE("two threads may ask one model at once", "[model][repeat]") {
  const TinyCheckpoint checkpoint(wide());
  for (const ModelOptions& way : test::ways()) {
    INFO(way.device << ", kernels " << way.kernels);
    const Model model = Model::load(checkpoint.path(), way);
    const PreparedItem a = model.prepare(noise_image(40, 30, 1), "what is it?", {});
    const PreparedItem b = model.prepare(noise_image(30, 40, 2), "how many are there?", {});
    const Answer wanted_a = model.greedy(a, tokens(8)), wanted_b = model.greedy(b, tokens(8));
    std::vector<Answer> found_a(5), found_b(5);
    std::thread first([&] {
      for (Answer& x : found_a) x = model.greedy(a, tokens(8));
    });
    std::thread second([&] {
      for (Answer& x : found_b) x = model.greedy(b, tokens(8));
    });
    first.join();
    second.join();
    for (const Answer& x : found_a) check_equal(x, wanted_a);
    for (const Answer& x : found_b) check_equal(x, wanted_b);
  }
}

TEST_CASE(
    "with the project's own kernels of the CPU a path depends neither on how many others there are "
    "nor on the number of threads",
    "[model][repeat]") {
  if (test::device_or_cpu() != "cpu") return;
  for (const int kv_heads : {4, 1}) {  // one: threads share its paths
    test::TinySpec spec;
    spec.hidden = 96;  // large enough that products are split over threads
    spec.intermediate = 1500;
    spec.kv_heads = kv_heads;
    spec.max_positions = 2048;
    const TinyCheckpoint checkpoint(spec);
    const Model model = Model::load(checkpoint.path(), {});
    const Model threads = Model::load(checkpoint.path(), {"cpu", "fp32", 2, "auto"});
    // Long enough that attention is split over threads.
    const PreparedItem item =
        model.prepare(noise_image(40, 30, 1), std::string(1500, 'a') + " what is it?", {});
    REQUIRE(item.ids.size() > 1400);
    SamplingParams sampling;
    sampling.temperature = 1.5;
    const Rng rng(1, "sampling test");
    const auto ten = model.sample(item, tokens(12), sampling, rng);
    check_equal(threads.sample(item, tokens(12), sampling, rng), ten);
    check_equal(threads.greedy(item, tokens(12)), model.greedy(item, tokens(12)));
    CHECK(threads.logits(item, {}, 5) == model.logits(item, {}, 5));
    sampling.samples = 3;
    const auto three = model.sample(item, tokens(12), sampling, rng);
    for (std::size_t k = 0; k < 3; ++k) check_equal(three[k], ten[k]);
  }
}

TEST_CASE("the greedy answer and the paths of one pass are those of two, views included",
          "[model][repeat]") {
  for (const int kv_heads : {4, 2}) {
    for (const ModelOptions& way : test::ways()) {
      test::TinySpec spec = wide();
      spec.kv_heads = kv_heads;
      const TinyCheckpoint checkpoint(spec);
      const Model model = Model::load(checkpoint.path(), way);
      const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
      const Rng rng(1, "sampling test");
      GenerationParams unbounded = tokens(12);
      unbounded.eos = {271};  // does not come up
      const std::vector<std::int32_t> words = model.greedy(item, unbounded).tokens;
      REQUIRE(words.size() == 12);
      const auto new_word = std::ranges::find_if(
          words, [&](const std::int32_t token) { return token != words.front(); });
      REQUIRE(new_word != words.end());
      bool outlived = false, outlasted = false;
      for (const int samples : {1, 10, 13}) {
        for (const int greedy_tokens : {1, 5, 12}) {
          for (const bool final_state : {false, true}) {
            for (const bool ends : {false, true}) {
              CAPTURE(kv_heads, way.kernels, samples, greedy_tokens, final_state, ends);
              GenerationParams params = unbounded, path_params = tokens(8);
              params.max_new_tokens = greedy_tokens;
              params.final_state = final_state;
              if (ends) params.eos = {*new_word};
              SamplingParams sampling;
              sampling.samples = samples;
              sampling.temperature = 1.5;
              Recorder alone, together;
              const Answer answer = model.greedy(item, params, &alone);
              const auto paths = model.sample(item, path_params, sampling, rng);
              const GreedyAndPaths both =
                  model.greedy_and_paths(item, params, path_params, sampling, rng, &together);
              check_equal(both.greedy, answer);
              check_equal(both.paths, paths);
              CHECK(together.places == alone.places);
              CHECK(together.values == alone.values);
              std::size_t longest = 0;
              for (const Answer& path : paths) longest = std::max(longest, path.steps.size());
              outlived = outlived || longest > answer.steps.size();
              outlasted = outlasted || longest < answer.steps.size();
            }
          }
        }
      }
      CHECK(outlived);  // paths that go on without the greedy answer, and the other way round
      CHECK(outlasted);
    }
  }
}
