#include "stages/capture/observer.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {

CaptureObserver::CaptureObserver(const ModelSpec& spec, const CaptureParams& params)
    : layers_(spec.text.layers), hidden_(spec.text.hidden), params_(params) {
  if (params_.hidden) {
    const auto states = static_cast<std::size_t>(layers_ + 1) * static_cast<std::size_t>(hidden_);
    first_.resize(states);
    last_.resize(states);
    mlp_.resize(states - static_cast<std::size_t>(hidden_));
  }
}

std::vector<SiteRequest> CaptureObserver::requests() const {
  std::vector<SiteRequest> out;
  if (params_.attention) {
    out.push_back({Site::attention_row, SiteRequest::kAllLayers, Rows::last, false});
  }
  if (params_.hidden) {
    out.push_back({Site::embedding, -1, Rows::last, false});
    out.push_back({Site::residual, SiteRequest::kAllLayers, Rows::last, false});
    out.push_back({Site::mlp_out, SiteRequest::kAllLayers, Rows::last, false});
  }
  return out;
}

void CaptureObserver::at(const SiteView& view) {
  const auto layer = static_cast<std::size_t>(view.layer + 1);  // 0 = h(-1)
  const auto width = static_cast<std::size_t>(hidden_);
  switch (view.site) {
    case Site::attention_row: {
      const auto step = static_cast<std::size_t>(view.step);
      cells_ = view.cols;
      const auto cells = static_cast<std::size_t>(cells_);
      if (steps_.size() <= step) {
        steps_.resize(step + 1, std::vector<double>(static_cast<std::size_t>(layers_) * cells));
      }
      double* mean = steps_[step].data() + (layer - 1) * cells;
      for (std::int64_t head = 0; head < view.rows; ++head) {
        const float* row = view.data.data() + head * view.cols;
        for (std::size_t s = 0; s < cells; ++s) mean[s] += static_cast<double>(row[s]);
      }
      for (std::size_t s = 0; s < cells; ++s) mean[s] /= static_cast<double>(view.rows);
      if (params_.head_map && step == 0) {
        head_map_.insert(head_map_.end(), view.data.begin(), view.data.end());
      }
      break;
    }
    case Site::embedding:
    case Site::residual: {
      const auto to = static_cast<std::ptrdiff_t>(layer * width);
      if (view.step == 0) std::copy_n(view.data.begin(), width, first_.begin() + to);
      if (view.step > 0) std::copy_n(view.data.begin(), width, last_.begin() + to);
      break;
    }
    case Site::mlp_out:
      if (view.step == 0) {
        std::copy_n(view.data.begin(), width,
                    mlp_.begin() + static_cast<std::ptrdiff_t>((layer - 1) * width));
      }
      break;
    default:
      throw Error(ExitCode::internal, "capture: a site that was not asked for");
  }
}

CaptureObserver::Maps CaptureObserver::maps(int answer_tokens) const {
  const std::size_t queries = static_cast<std::size_t>(std::max(1, answer_tokens));
  if (steps_.size() < queries) {
    throw Error(ExitCode::internal, concat("capture: attention of ", steps_.size(),
                                           " answer queries, expected ", queries));
  }
  const std::size_t size = steps_[0].size();
  Maps out;
  out.mean.resize(size);
  out.first.resize(size);
  out.last.resize(size);
  out.share.assign(static_cast<std::size_t>(layers_), 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    double sum = 0;
    for (std::size_t t = 0; t < queries; ++t) sum += steps_[t][i];
    out.mean[i] = static_cast<float>(sum / static_cast<double>(queries));
    out.first[i] = static_cast<float>(steps_[0][i]);
    out.last[i] = static_cast<float>(steps_[queries - 1][i]);
    out.share[i / static_cast<std::size_t>(cells_)] += static_cast<double>(out.mean[i]);
  }
  return out;
}

}  // namespace vrp
