#pragma once
// Answers and views, compared to the last bit.
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "pipeline/model/model.hpp"

namespace vrp::test {

/// Equal to the last bit: tokens, text and every statistic.
inline void check_equal(const Answer& a, const Answer& b) {
  CHECK(a.tokens == b.tokens);
  CHECK(a.text == b.text);
  CHECK(a.ended == b.ended);
  REQUIRE(a.steps.size() == b.steps.size());
  for (std::size_t t = 0; t < a.steps.size(); ++t) {
    INFO("step " << t);
    CHECK(a.steps[t].token == b.steps[t].token);
    CHECK(a.steps[t].logprob == b.steps[t].logprob);
    CHECK(a.steps[t].entropy == b.steps[t].entropy);
    CHECK(a.steps[t].max_probability == b.steps[t].max_probability);
    CHECK(a.steps[t].top1 == b.steps[t].top1);
    CHECK(a.steps[t].top2 == b.steps[t].top2);
  }
}

inline void check_equal(const std::vector<Answer>& a, const std::vector<Answer>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    INFO("path " << k);
    check_equal(a[k], b[k]);
  }
}

/// Everything it is shown, in order.
class Recorder : public Observer {
 public:
  std::vector<SiteRequest> requests() const override {
    std::vector<SiteRequest> all;
    for (const Site site :
         {Site::embedding, Site::attention_row, Site::attention_out, Site::mlp_act, Site::mlp_out,
          Site::residual, Site::image_features, Site::head_out, Site::image_update}) {
      all.push_back({site, SiteRequest::kAllLayers, Rows::last, false});
    }
    return all;
  }
  void at(const SiteView& view) override {
    places.push_back({static_cast<std::int64_t>(view.site), view.layer, view.first_position,
                      view.rows, view.cols, view.step});
    values.insert(values.end(), view.data.begin(), view.data.end());
  }
  std::vector<std::vector<std::int64_t>> places;
  std::vector<float> values;
};

inline GenerationParams tokens(int count) {
  GenerationParams params;
  params.max_new_tokens = count;
  return params;
}

}  // namespace vrp::test
