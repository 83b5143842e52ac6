// The logit lens of the model, heads' outputs, updates of image states and the two kept pictures.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using vrp::test::noise_image;
using vrp::test::TinyCheckpoint;

namespace {

class Recorder : public Observer {
 public:
  explicit Recorder(std::vector<SiteRequest> wanted) : wanted_(std::move(wanted)) {}
  std::vector<SiteRequest> requests() const override { return wanted_; }
  void at(const SiteView& view) override {
    auto& values = seen[{view.site, view.layer}];
    if (view.step > 0) ++later;
    if (view.step == 0) values.insert(values.end(), view.data.begin(), view.data.end());
    ++views;
  }
  const std::vector<float>& get(Site site, int layer) const { return seen.at({site, layer}); }
  std::map<std::pair<Site, int>, std::vector<float>> seen;
  int views = 0, later = 0;

 private:
  std::vector<SiteRequest> wanted_;
};

/// kDevice takes the way of a device, by the specifications of its kernels.
const ModelOptions kOwn{"cpu", "fp32", 1, "auto"}, kAten{"cpu", "fp32", 1, "aten"},
    kDevice{"cpu", "fp32", 1, "device"};

std::vector<float> last_states(const Model& model, const PreparedItem& item) {
  Recorder seen({{Site::embedding}, {Site::residual}});
  model.logits(item, {}, 1, &seen);
  std::vector<float> all;
  for (int l = -1; l < model.spec().text.layers; ++l) {
    const auto& state = seen.get(l < 0 ? Site::embedding : Site::residual, l);
    all.insert(all.end(), state.begin(), state.end());
  }
  return all;
}

using Ids = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("the lens of the last state reads the bits that greedy chooses from", "[model][lens]") {
  const TinyCheckpoint checkpoint;
  for (const ModelOptions& options : {kOwn, kAten, kDevice}) {
    INFO("kernels " << options.kernels);
    const Model model = Model::load(checkpoint.path(), options);
    const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
    const auto logits = model.logits(item, {}, 1);
    const auto states = last_states(model, item);
    for (const std::int32_t token : {0, 17, 271}) {
      const Ids target{token};
      const auto rows = model.unembed(states, {.target = target});
      REQUIRE(rows.size() == 4);
      LensRow expected;
      lens_statistics(logits, std::ssize(logits), {.target = target}, false, {&expected, 1});
      CHECK(rows.back().target == expected.target);
      CHECK(rows.back().rival == expected.rival);
      CHECK(rows.back().rank == expected.rank);
      CHECK(rows.back().top1 == expected.top1);
      CHECK(rows.back().top2 == expected.top2);
      CHECK(rows.front().target != rows.back().target);
    }
    const Answer answer = model.greedy(item, {.max_new_tokens = 1});
    const auto last = model.unembed(states, {}).back();
    CHECK(last.top1 == answer.steps.front().top1);
    CHECK(last.top2 == answer.steps.front().top2);
  }
}

TEST_CASE("unembed is the head's rows times the normed state", "[model][lens]") {
  const TinyCheckpoint checkpoint;
  for (const ModelOptions& options : {kOwn, kAten, kDevice}) {
    const Model model = Model::load(checkpoint.path(), options);
    const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
    const auto states = last_states(model, item);
    const FinalNorm norm = model.final_norm();
    const Ids target{5}, pair{5, 200};
    const auto head = model.head_rows(pair);
    const std::size_t width = norm.weight.size();
    REQUIRE(head.size() == 2 * width);
    const auto scale = [&](std::size_t row) {
      double squares = 0;
      for (std::size_t i = 0; i < width; ++i) squares += std::pow(states[row * width + i], 2.0);
      return std::sqrt(squares / static_cast<double>(width) + norm.eps);
    };
    const double last = scale(3);
    const auto logit = [&](std::size_t row, double rms, bool weighted) {
      double sum = 0;
      for (std::size_t i = 0; i < width; ++i) {
        sum += states[row * width + i] / rms * (weighted ? double{norm.weight[i]} : 1.0) * head[i];
      }
      return sum;
    };
    const auto own = model.unembed(states, {.target = target});
    const auto fixed = model.unembed(states, {.target = target}, {UnembedNorm::fixed, last, true});
    const auto raw = model.unembed(states, {.target = target}, {.norm = UnembedNorm::none});
    for (std::size_t row = 0; row < 4; ++row) {
      CHECK(own[row].target == Approx(logit(row, scale(row), true)).margin(1e-4));
      CHECK(fixed[row].target == Approx(logit(row, last, true)).margin(1e-4));
      CHECK(raw[row].target == Approx(logit(row, 1, false)).margin(1e-4));
      CHECK(std::isfinite(fixed[row].log_sum_exp));
      CHECK(fixed[row].log_sum_exp > double{fixed[row].top1});
    }
    CHECK(fixed[3].target == Approx(own[3].target).margin(1e-5));
    CHECK(raw[0].target != Approx(own[0].target).margin(1e-3));
  }
}

TEST_CASE("a lens that counts on the device gives the numbers of one on the host",
          "[model][lens]") {
  const TinyCheckpoint checkpoint;
  const Model device = Model::load(checkpoint.path(), kDevice);
  std::vector<float> states;  // 60 rows: groups full and broken
  for (int i = 0; i < 60 * 32; ++i) states.push_back(static_cast<float>(i * i % 97) / 10 - 4);
  const auto logits = device.unembed_logits(states);
  const Ids target{5, 40}, rivals{7, 90, 200}, ignored{0, 1, 90}, yes{11, 12}, no{40, 90};
  const std::vector<LensTokens> sets = {{},
                                        {.target = target},
                                        {.target = target, .ignored = ignored},
                                        {target, rivals, ignored, yes, no},
                                        {.first = yes, .second = no}};
  for (const LensTokens& tokens : sets) {
    for (const bool log_sum_exp : {false, true}) {
      const UnembedOptions options{UnembedNorm::own, 0, log_sum_exp};
      std::vector<LensRow> want(60);
      lens_statistics(logits, 272, tokens, log_sum_exp, want);
      const auto got = device.unembed(states, tokens, options);
      REQUIRE(got.size() == 60);
      const auto same = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
      for (std::size_t r = 0; r < got.size(); ++r) {
        CAPTURE(r);
        CHECK(same(got[r].target, want[r].target));
        CHECK(same(got[r].rival, want[r].rival));
        CHECK(same(got[r].first, want[r].first));
        CHECK(same(got[r].second, want[r].second));
        CHECK(got[r].target_token == want[r].target_token);
        CHECK(got[r].rival_token == want[r].rival_token);
        CHECK(got[r].rank == want[r].rank);
        CHECK(got[r].top1 == want[r].top1);
        CHECK(got[r].top2 == want[r].top2);
        if (log_sum_exp) {
          CHECK(got[r].log_sum_exp == Approx(want[r].log_sum_exp).epsilon(1e-12));
        } else {
          CHECK(std::isnan(got[r].log_sum_exp));
        }
      }
    }
  }
  CHECK(device.unembed({}, {}).empty());
}

TEST_CASE("a state has the same logits alone and among others", "[model][lens]") {
  const TinyCheckpoint checkpoint;
  for (const ModelOptions& options : {kOwn, kAten, kDevice}) {
    INFO("kernels " << options.kernels);
    const Model model = Model::load(checkpoint.path(), options);
    std::vector<float> states;
    for (int i = 0; i < 30 * 32; ++i) states.push_back(static_cast<float>(i * i % 89) / 10 - 4);
    const auto together = model.unembed_logits(states);
    REQUIRE(together.size() == 30 * 272);
    const Ids target{5};
    const auto rows = model.unembed(states, {.target = target});
    for (const std::size_t r : {std::size_t{0}, std::size_t{17}, std::size_t{29}}) {
      const std::vector<float> state(states.begin() + static_cast<std::ptrdiff_t>(32 * r),
                                     states.begin() + static_cast<std::ptrdiff_t>(32 * (r + 1)));
      const auto alone = model.unembed_logits(state);
      REQUIRE(alone.size() == 272);
      CHECK(std::equal(alone.begin(), alone.end(),
                       together.begin() + static_cast<std::ptrdiff_t>(272 * r)));
      CHECK(rows[r].target == alone[5]);
      CHECK(model.unembed(state, {.target = target}).front().rival == rows[r].rival);
    }
  }
}

TEST_CASE("unembed refuses what it cannot read", "[model][lens]") {
  const TinyCheckpoint checkpoint;
  for (const ModelOptions& options : {kOwn, kAten, kDevice}) {
    INFO("kernels " << options.kernels);
    const Model model = Model::load(checkpoint.path(), options);
    const Ids outside{272};
    CHECK_THROWS_AS(model.unembed(std::vector<float>(33), {}), Error);
    CHECK_THROWS_WITH(model.unembed(std::vector<float>(32), {.target = outside}),
                      Catch::Contains("a token id is 272"));
    CHECK_THROWS_AS(model.unembed(std::vector<float>(32), {}, {.norm = UnembedNorm::fixed}), Error);
    CHECK_THROWS_AS(model.head_rows(outside), Error);
    CHECK_THROWS_AS(model.head_rows(Ids{-1}), Error);
    std::vector<float> bad(64, 1.0f);
    bad[40] = NAN;
    CHECK_THROWS_WITH(model.unembed(bad, {}), Catch::Contains("expected a finite number"));
  }
}

TEST_CASE("heads' outputs add up to the attention block's", "[model][lens]") {
  for (const int kv_heads : {4, 2}) {
    test::TinySpec spec;
    spec.kv_heads = kv_heads;
    const TinyCheckpoint checkpoint(spec);
    for (const ModelOptions& options : {kOwn, kAten, kDevice}) {
      const Model model = Model::load(checkpoint.path(), options);
      const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
      Recorder seen({{Site::head_out}, {Site::attention_out}});
      model.greedy(item, {.max_new_tokens = 4, .eos = {271}}, &seen);
      CHECK(seen.views == 3 + 3 * 4);
      for (int l = 0; l < 3; ++l) {
        const auto& heads = seen.get(Site::head_out, l);
        const auto& whole = seen.get(Site::attention_out, l);
        REQUIRE(heads.size() == 4 * 32);
        for (std::size_t i = 0; i < 32; ++i) {
          double sum = 0;
          for (std::size_t h = 0; h < 4; ++h) sum += heads[32 * h + i];
          CHECK(sum == Approx(whole[i]).margin(1e-6));
        }
        CHECK(heads[0] != heads[32]);
      }
    }
  }
}

TEST_CASE("updates of the image states: from the states, and the same bits looked up",
          "[model][lens]") {
  const TinyCheckpoint checkpoint;
  for (const ModelOptions& options : {kOwn, kAten, kDevice}) {
    const Model model = Model::load(checkpoint.path(), options);
    const RgbImage image = noise_image(40, 30, 1);
    const PreparedItem a = model.prepare(image, "what is it?", {});
    const PreparedItem b = model.prepare(image, "and how many?", {});
    Recorder states({{Site::embedding, -1, Rows::image}, {Site::residual, -2, Rows::image}});
    model.logits(a, {}, 1, &states);
    const std::vector<SiteRequest> wanted{{Site::image_update}};
    model.greedy(a, {.max_new_tokens = 2});  // keeps the image without these numbers
    Recorder first(wanted), looked_up(wanted),
        beside({{Site::image_update}, {Site::mlp_out, 0, Rows::all}});
    model.greedy(a, {.max_new_tokens = 3}, &first);
    const auto reused = model.counters().prefixes_reused;
    model.greedy(b, {.max_new_tokens = 3}, &looked_up);
    CHECK(model.counters().prefixes_reused == reused + 1);
    model.logits(b, {}, 1, &beside);
    CHECK(first.views == 3);
    CHECK(first.later == 0);
    CHECK(first.seen == looked_up.seen);
    for (int l = 0; l < 3; ++l) {
      const auto& before = states.get(l == 0 ? Site::embedding : Site::residual, l - 1);
      const auto& after = states.get(Site::residual, l);
      double sum = 0, relative = 0;
      for (std::size_t s = 0; s < 16; ++s) {
        double change = 0, whole = 0;
        for (std::size_t i = 32 * s; i < 32 * (s + 1); ++i) {
          change += std::pow(double{after[i]} - double{before[i]}, 2);
          whole += std::pow(before[i], 2.0);
        }
        sum += std::sqrt(change) / 16;
        relative += std::sqrt(change / whole) / 16;
      }
      const auto& found = looked_up.get(Site::image_update, l);
      REQUIRE(found.size() == 2);
      CHECK(found[0] == Approx(sum).epsilon(1e-6));
      CHECK(found[1] == Approx(relative).epsilon(1e-6));
      CHECK(beside.get(Site::image_update, l) == found);
    }
    Recorder one({{Site::image_update, 1}});
    model.greedy(b, {.max_new_tokens = 1}, &one);
    CHECK(one.views == 1);
    CHECK(one.get(Site::image_update, 1) == first.get(Site::image_update, 1));
  }
}

TEST_CASE("two pictures are kept: a picture and its blank twin take turns", "[model][lens]") {
  const TinyCheckpoint checkpoint;
  const Model model = Model::load(checkpoint.path(), {});
  RgbImage grey = noise_image(40, 30, 1);
  grey.rgb.assign(grey.rgb.size(), 128);
  std::vector<std::vector<float>> alone;
  std::vector<PreparedItem> items;
  for (const char* question : {"what is it?", "how many?", "where?"}) {
    for (const RgbImage& image : {noise_image(40, 30, 1), grey}) {
      items.push_back(model.prepare(image, question, {}));
      alone.push_back(Model::load(checkpoint.path(), {}).logits(items.back(), {}, 1));
    }
  }
  for (std::size_t i = 0; i < items.size(); ++i) CHECK(model.logits(items[i], {}, 1) == alone[i]);
  CHECK(model.counters().images_encoded == 2);
  CHECK(model.counters().prefixes_reused == 4);
  // Another picture takes the place of the one used longest ago, the noise.
  model.logits(model.prepare(noise_image(40, 30, 2), "what?", {}), {}, 1);
  CHECK(model.logits(items[1], {}, 1) == alone[1]);
  CHECK(model.counters().images_encoded == 3);
  CHECK(model.logits(items[0], {}, 1) == alone[0]);
  CHECK(model.counters().images_encoded == 4);
  CHECK(model.logits(items[3], {}, 1) == alone[3]);
  CHECK(model.counters().images_encoded == 4);
}
