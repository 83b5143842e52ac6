#pragma once
// A condition made by an observer of a whole greedy run: edits the other way, to compare with.
#include <algorithm>
#include <utility>

#include "pipeline/model/model.hpp"

namespace vrp::test {

class EditObserver : public Observer {
 public:
  /// Every edit but hidden attention. `last_prompt`: position of the prompt's last token; `blocks`:
  /// of the model.
  EditObserver(EditCondition condition, std::int64_t last_prompt, int blocks)
      : condition_(std::move(condition)), last_prompt_(last_prompt), blocks_(blocks) {}

  std::vector<SiteRequest> requests() const override {
    std::vector<SiteRequest> all;
    for (const Edit& edit : condition_.edits) {
      // One request for each place: a view is shown once for every request.
      const SiteRequest request{site_of(edit.site), edit.layer, Rows::all, true};
      const bool known = std::ranges::any_of(all, [&](const SiteRequest& other) {
        return other.site == request.site && other.layer == request.layer;
      });
      if (!known) all.push_back(request);
    }
    all.push_back({Site::residual, blocks_ - 1, Rows::last, false});
    return all;
  }

  void at(const SiteView& view) override {
    for (const Edit& edit : condition_.edits) {
      if (site_of(edit.site) == view.site && edit.layer == view.layer) apply(edit, view);
    }
    // The last request: of a prompt its last row alone, after the edits.
    if (view.site == Site::residual && view.layer == blocks_ - 1 && view.step == 0) {
      state.assign(view.data.end() - view.cols, view.data.end());
    }
  }

  std::vector<float> state;  ///< h(L-1) at the prompt's last position

 private:
  static Site site_of(EditSite site) {
    switch (site) {
      case EditSite::mlp_act:
        return Site::mlp_act;
      case EditSite::mlp_out:
        return Site::mlp_out;
      case EditSite::residual:
        return Site::residual;
      default:
        return Site::image_features;
    }
  }

  void apply(const Edit& edit, const SiteView& view) const {
    if (edit.site == EditSite::image_features) return features(edit, view);
    for (std::int64_t r = 0; r < view.rows; ++r) {
      const std::int64_t position = view.first_position + r;
      if (edit.scope != EditScope::all && position < last_prompt_) continue;
      if (edit.scope == EditScope::last_prompt && position > last_prompt_) continue;
      float* row = view.data.data() + r * view.cols;
      if (edit.operation == EditOperation::bypass) std::fill_n(row, view.cols, 0.0f);
      for (std::size_t i = 0; i < edit.indices.size(); ++i) {
        row[edit.indices[i]] =
            edit.operation == EditOperation::replace ? edit.values[i] : edit.value;
      }
    }
  }

  static void features(const Edit& edit, const SiteView& view) {
    std::vector<float> to(static_cast<std::size_t>(view.cols), edit.value);
    if (edit.operation == EditOperation::mean) {
      for (std::int64_t c = 0; c < view.cols; ++c) {
        double sum = 0;
        for (std::int64_t r = 0; r < view.rows; ++r) {
          sum += view.data[static_cast<std::size_t>(r * view.cols + c)];
        }
        to[static_cast<std::size_t>(c)] = static_cast<float>(sum / static_cast<double>(view.rows));
      }
    }
    for (const std::int64_t cell : edit.indices) {
      std::ranges::copy(to, view.data.begin() + cell * view.cols);
    }
  }

  EditCondition condition_;
  std::int64_t last_prompt_;
  int blocks_;
};

}  // namespace vrp::test
