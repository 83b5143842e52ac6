#pragma once
// Conditions of every kind for a model and an item, and the comparison of what they leave.
#include <string>
#include <vector>

#include "pipeline/model/model.hpp"

namespace vrp::test {

/// Sets, replacements, bypasses and means at every site, in the first, a middle and the last block,
/// with every scope; some make several edits.
inline std::vector<EditCondition> every_kind(const Model& model, const PreparedItem& item) {
  const int last = model.spec().text.layers - 1;
  const auto cells = static_cast<std::int64_t>(item.image_positions.size());
  std::vector<EditCondition> all{{"nothing", {}}};
  const auto add = [&](std::vector<Edit> edits) {
    all.push_back({"condition " + std::to_string(all.size()), std::move(edits)});
  };
  for (const int layer : {0, last / 2, last}) {
    for (const EditScope scope : {EditScope::all, EditScope::last, EditScope::last_prompt}) {
      add({{EditSite::mlp_out, layer, EditOperation::set, {1, 5, 6}, 3.0f, {}, scope}});
      add({{EditSite::mlp_act, layer, EditOperation::set, {0, 7, 11}, -2.0f, {}, scope}});
      add({{EditSite::residual, layer, EditOperation::replace, {2, 3}, 0, {1.5f, -4.0f}, scope}});
      add({{EditSite::mlp_out, layer, EditOperation::bypass, {}, 0, {}, scope}});
    }
  }
  add({{EditSite::image_features, -1, EditOperation::set, {0, 1, cells - 1}, 0.5f, {}, {}}});
  add({{EditSite::image_features, -1, EditOperation::mean, {2, 3}, 0, {}, {}}});
  add({{EditSite::mlp_out, 0, EditOperation::set, {4}, 9.0f, {}, EditScope::last},
       {EditSite::mlp_act, last, EditOperation::set, {4, 8}, 9.0f, {}, EditScope::all}});
  add({{EditSite::image_features, -1, EditOperation::set, {1}, 2.0f, {}, {}},
       {EditSite::residual, last, EditOperation::set, {4}, 9.0f, {}, EditScope::all}});
  return all;
}

/// Edits that change nothing, at every site and in every block.
inline std::vector<EditCondition> edits_of_nothing(const Model& model) {
  std::vector<EditCondition> all;
  for (int layer = 0; layer < model.spec().text.layers; ++layer) {
    for (const EditSite site : {EditSite::mlp_act, EditSite::mlp_out, EditSite::residual}) {
      for (const EditScope scope : {EditScope::all, EditScope::last, EditScope::last_prompt}) {
        all.push_back({"none", {{site, layer, EditOperation::set, {}, 0, {}, scope}}});
      }
    }
  }
  for (const EditSite site : {EditSite::image_features, EditSite::attention}) {
    all.push_back({"none", {{site, -1, EditOperation::set, {}, 0, {}, EditScope::all}}});
  }
  return all;
}

inline bool same_bits(const Answer& a, const Answer& b) {
  if (a.tokens != b.tokens || a.text != b.text || a.ended != b.ended ||
      a.steps.size() != b.steps.size()) {
    return false;
  }
  for (std::size_t t = 0; t < a.steps.size(); ++t) {
    const TokenStep &x = a.steps[t], &y = b.steps[t];
    if (x.token != y.token || x.logprob != y.logprob || x.entropy != y.entropy ||
        x.max_probability != y.max_probability || x.top1 != y.top1 || x.top2 != y.top2) {
      return false;
    }
  }
  return true;
}

inline bool same_bits(const EditedAnswer& a, const EditedAnswer& b) {
  return a.state == b.state && same_bits(a.answer, b.answer);
}

}  // namespace vrp::test
