// Hidden image tokens against a decoder in plain loops that skips them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/model/model.hpp"
#include "tests/unit/model/naive_decoder.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

class Embeddings : public Observer {
 public:
  std::vector<SiteRequest> requests() const override {
    return {{Site::embedding, -1, Rows::all, false}};
  }
  void at(const SiteView& view) override {
    for (std::int64_t r = 0; r < view.rows; ++r) {
      const auto row = view.data.subspan(static_cast<std::size_t>(r * view.cols),
                                         static_cast<std::size_t>(view.cols));
      rows.emplace_back(row.begin(), row.end());
    }
  }
  std::vector<std::vector<double>> rows;
};

}  // namespace

TEST_CASE("hidden image tokens are seen by no query of any block, prompt or answer",
          "[model][edit]") {
  for (const int kv_heads : {4, 2}) {
    TinySpec spec;
    spec.kv_heads = kv_heads;
    TinyTensors tensors;
    const TinyCheckpoint checkpoint(spec, [&](TinyTensors& all) { tensors = all; });
    const NaiveDecoder decoder(spec, tensors);
    for (const char* kernels : {"auto", "aten"}) {
      const Model model = Model::load(checkpoint.path(), {"cpu", "fp32", 1, kernels});
      const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
      const GenerationParams params{4, {271}, false};
      for (const std::vector<std::int64_t>& cells :
           {std::vector<std::int64_t>{},
            {0},
            {3, 7, 8, 15},
            {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}) {
        const std::vector<EditCondition> conditions{
            {"hide", {{EditSite::attention, -1, EditOperation::set, cells, 0, {}, {}}}}};
        const EditedAnswer found = model.edited(item, params, conditions).front();
        std::set<std::int64_t> hidden;
        for (const std::int64_t cell : cells) {
          hidden.insert(item.image_positions[static_cast<std::size_t>(cell)]);
        }
        // The prompt and the answer so far, run again at every step.
        for (std::size_t t = 0; t < found.answer.steps.size(); ++t) {
          Embeddings seen;
          model.logits(item, std::span(found.answer.tokens).first(t), 1, &seen);
          const auto states = decoder.run(seen.rows, hidden);
          const auto logits = decoder.logits(states.back());
          const TokenStep& step = found.answer.steps[t];
          INFO("kernels " << kernels << ", " << cells.size() << " hidden, step " << t);
          CHECK(std::ranges::max_element(logits) - logits.begin() == step.token);
          CHECK(std::abs(*std::ranges::max_element(logits) - double{step.top1}) < 1e-4);
          if (t > 0) continue;
          for (std::size_t i = 0; i < found.state.size(); ++i) {
            if (!(std::abs(found.state[i] - states.back()[i]) <= 1e-4)) {
              FAIL("state " << i << " is " << found.state[i] << ", expected " << states.back()[i]);
            }
          }
        }
      }
    }
  }
}
