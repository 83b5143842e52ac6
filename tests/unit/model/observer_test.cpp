// What observers see, and what their edits do.
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

struct Seen {
  std::int64_t first = 0, rows = 0, cols = 0;
  int step = 0;
  std::vector<float> values;
};

class Recorder : public Observer {
 public:
  explicit Recorder(std::vector<SiteRequest> wanted) : wanted_(std::move(wanted)) {}
  std::vector<SiteRequest> requests() const override { return wanted_; }
  void at(const SiteView& view) override {
    REQUIRE(std::ssize(view.data) == view.rows * view.cols);
    seen[{view.site, view.layer}].push_back({view.first_position,
                                             view.rows,
                                             view.cols,
                                             view.step,
                                             {view.data.begin(), view.data.end()}});
  }
  std::map<std::pair<Site, int>, std::vector<Seen>> seen;

 private:
  std::vector<SiteRequest> wanted_;
};

struct Fixture {
  TinyCheckpoint checkpoint;
  Model model = Model::load(checkpoint.path(), {});
  PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
  std::int64_t prompt = std::ssize(item.ids);
  std::int64_t image_end = item.image_positions.back() + 1;
  GenerationParams params{5, {271}, false};  // an end token that does not come up
};

}  // namespace

TEST_CASE("every step shows its own rows, numbered on", "[model][observer]") {
  Fixture f;
  Recorder recorder({{Site::residual, 1, Rows::last}, {Site::attention_row, 2}});
  const Answer answer = f.model.greedy(f.item, f.params, &recorder);
  REQUIRE(answer.tokens.size() == 5);
  REQUIRE(recorder.seen.size() == 2);
  const auto& states = recorder.seen.at({Site::residual, 1});
  REQUIRE(states.size() == 5);  // the queries that yield y_0 .. y_4
  for (int t = 0; t < 5; ++t) {
    const Seen& s = states[static_cast<std::size_t>(t)];
    CHECK(s.step == t);
    CHECK(s.first == f.prompt - 1 + t);
    CHECK(s.rows == 1);
    CHECK(s.cols == 32);
  }
  for (const Seen& s : recorder.seen.at({Site::attention_row, 2})) {
    CHECK(s.rows == 4);
    CHECK(s.cols == 16);
    CHECK(s.first == f.prompt - 1 + s.step);
    for (int h = 0; h < 4; ++h) {
      double mass = 0;
      for (int i = 0; i < 16; ++i) mass += s.values[static_cast<std::size_t>(16 * h + i)];
      CHECK(mass > 0);
      CHECK(mass < 1);  // softmax over all keys: the text has its share
    }
  }
}

TEST_CASE("final_state runs the last answer token too", "[model][observer]") {
  Fixture f;
  Recorder recorder({{Site::residual, SiteRequest::kAllLayers, Rows::last}});
  f.params.final_state = true;
  const Answer answer = f.model.greedy(f.item, f.params, &recorder);
  const auto& states = recorder.seen.at({Site::residual, 2});
  REQUIRE(states.size() == 6);
  CHECK(states.back().step == 5);
  CHECK(states.back().first == f.prompt + 4);
  // The same state by one pass over prompt and answer.
  Recorder whole({{Site::residual, 2, Rows::last}});
  f.model.logits(f.item, answer.tokens, 1, &whole);
  const auto& expected = whole.seen.at({Site::residual, 2}).front().values;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(std::abs(states.back().values[i] - expected[i]) <= 1e-4f);
  }
  // When the end token was produced, its query already was the last answer token.
  GenerationParams ends{5, {answer.tokens[2]}, true};
  Recorder ended({{Site::residual, 2, Rows::last}});
  const Answer shorter = f.model.greedy(f.item, ends, &ended);
  CHECK(shorter.ended);
  CHECK(shorter.tokens.size() == 2);
  CHECK(shorter.steps.size() == 3);
  CHECK(ended.seen.at({Site::residual, 2}).size() == 3);
}

TEST_CASE("a prompt comes in two pieces, image rows in one view, its last row alone",
          "[model][observer]") {
  Fixture f;
  Recorder all({{Site::residual, 0, Rows::all}, {Site::embedding, -1, Rows::all}});
  Recorder image({{Site::residual, 0, Rows::image}});
  Recorder last({{Site::residual, 0, Rows::last}});
  f.model.logits(f.item, {}, 1, &all);
  f.model.logits(f.item, {}, 1, &image);
  f.model.logits(f.item, {}, 1, &last);
  const auto& pieces = all.seen.at({Site::residual, 0});
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].first == 0);
  CHECK(pieces[0].rows == f.image_end);
  CHECK(pieces[1].first == f.image_end);
  CHECK(pieces[1].rows == f.prompt - f.image_end);
  CHECK(all.seen.at({Site::embedding, -1}).size() == 2);
  const auto& rows = image.seen.at({Site::residual, 0});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].rows == 16);
  CHECK(rows[0].first == f.item.image_positions.front());
  for (std::size_t i = 0; i < 16; ++i) {
    const auto position = static_cast<std::size_t>(f.item.image_positions[i]);
    for (std::size_t c = 0; c < 32; ++c) {
      CHECK(rows[0].values[32 * i + c] == pieces[0].values[32 * position + c]);
    }
  }
  const auto& one = last.seen.at({Site::residual, 0});
  REQUIRE(one.size() == 1);
  CHECK(one[0].first == f.prompt - 1);
  CHECK(std::equal(one[0].values.begin(), one[0].values.end(), pieces[1].values.end() - 32));
}

TEST_CASE("residual = embedding + everything the blocks add", "[model][observer]") {
  Fixture f;
  Recorder r({{Site::embedding, -1, Rows::last},
              {Site::attention_out},
              {Site::mlp_out},
              {Site::residual}});
  f.model.logits(f.item, {}, 1, &r);
  std::vector<float> sum = r.seen.at({Site::embedding, -1})[0].values;
  for (int l = 0; l < 3; ++l) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += r.seen.at({Site::attention_out, l})[0].values[i];
      sum[i] += r.seen.at({Site::mlp_out, l})[0].values[i];
      CHECK(sum[i] == r.seen.at({Site::residual, l})[0].values[i]);
    }
  }
}

TEST_CASE("an edit changes what comes after it, and only that", "[model][observer]") {
  class Zero : public Observer {
   public:
    Zero(Site site, int layer, Rows rows) : request_{site, layer, rows, true} {}
    std::vector<SiteRequest> requests() const override {
      return {request_, {Site::residual, SiteRequest::kAllLayers, Rows::last}};
    }
    void at(const SiteView& view) override {
      if (view.site == request_.site && view.layer == request_.layer && !edited_) {
        std::fill(view.data.begin(), view.data.end(), 0.0f);
        edited_ = view.site == Site::residual;  // the second request of this site reads
      } else if (view.site == Site::residual) {
        states.emplace_back(view.data.begin(), view.data.end());
      }
    }
    std::vector<std::vector<float>> states;

   private:
    SiteRequest request_;
    bool edited_ = false;
  };
  Fixture f;
  const auto plain = f.model.logits(f.item, {}, 1);
  Recorder untouched({{Site::residual, SiteRequest::kAllLayers, Rows::last}});
  f.model.logits(f.item, {}, 1, &untouched);
  const auto state = [&](int l) { return untouched.seen.at({Site::residual, l})[0].values; };

  Zero mlp(Site::mlp_out, 1, Rows::last);
  CHECK(f.model.logits(f.item, {}, 1, &mlp) != plain);
  REQUIRE(mlp.states.size() == 3);
  CHECK(mlp.states[0] == state(0));
  CHECK(mlp.states[1] != state(1));

  Zero residual(Site::residual, 2, Rows::last);
  const auto logits = f.model.logits(f.item, {}, 1, &residual);
  CHECK(residual.states.back() == std::vector<float>(32, 0.0f));
  for (const float value : logits) CHECK(value == 0.0f);  // norm(0) = 0, head(0) = 0
}

TEST_CASE("edits act on every position and step where they ask for all", "[model][observer]") {
  // Silencing the last block's MLP everywhere: the answer's own rows must be edited, too.
  class Silence : public Observer {
   public:
    explicit Silence(Rows rows) : rows_(rows) {}
    std::vector<SiteRequest> requests() const override {
      return {{Site::mlp_act, 2, rows_, true}, {Site::mlp_out, 2, Rows::all}};
    }
    void at(const SiteView& view) override {
      if (view.site == Site::mlp_act) {
        std::fill(view.data.begin(), view.data.end(), 0.0f);
      } else {
        for (const float value : view.data) (value == 0.0f ? silent : loud) += 1;
      }
    }
    int silent = 0, loud = 0;

   private:
    Rows rows_;
  };
  Fixture f;
  Silence everywhere(Rows::all), image(Rows::image);
  f.model.greedy(f.item, f.params, &everywhere);
  CHECK(everywhere.loud == 0);
  CHECK(everywhere.silent == 32 * (f.prompt + 4));
  f.model.greedy(f.item, f.params, &image);
  CHECK(image.silent == 32 * 16);
}

TEST_CASE("attention rows of a continuation are those of its decoding", "[model][observer]") {
  Fixture f;
  Recorder decoding({{Site::attention_row}}), forced({{Site::attention_row}});
  const Answer answer = f.model.greedy(f.item, f.params, &decoding);
  f.model.logits(f.item, answer.tokens, 1, &forced);
  for (int l = 0; l < 3; ++l) {
    const auto& a = decoding.seen.at({Site::attention_row, l});
    const auto& b = forced.seen.at({Site::attention_row, l});
    REQUIRE(a.size() == 5);
    REQUIRE(b.size() == 6);  // the last token's own query is there as well
    for (std::size_t t = 0; t < a.size(); ++t) {
      CHECK(a[t].step == b[t].step);
      for (std::size_t i = 0; i < a[t].values.size(); ++i) {
        CHECK(std::abs(a[t].values[i] - b[t].values[i]) <= 1e-5f);
      }
    }
  }
}

TEST_CASE("requests that cannot be met are refused", "[model][observer]") {
  Fixture f;
  const auto refused = [&](SiteRequest request) {
    Recorder recorder({request});
    CHECK_THROWS_AS(f.model.greedy(f.item, f.params, &recorder), Error);
    CHECK(recorder.seen.empty());
  };
  refused({Site::residual, 3});
  refused({Site::residual, -1});
  refused({Site::embedding, 0});
  refused({Site::image_features, 0});
  refused({Site::attention_row, 0, Rows::last, true});
  refused({Site::attention_out, 0, Rows::all, true});
  refused({Site::embedding, -1, Rows::all, true});
}
