#include "stages/capture/observer.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

template <class... Parts>
[[noreturn]] void fault(const Parts&... parts) {
  throw Error(ExitCode::internal, concat("capture: ", parts...));
}

/// Sites of which the prompt's pass alone has a view.
bool once(Site site) { return site == Site::head_out || site == Site::image_update; }

}  // namespace

CaptureObserver::CaptureObserver(const ModelSpec& spec, const CaptureParams& params)
    : layers_(spec.text.layers),
      heads_(spec.text.heads),
      hidden_(spec.text.hidden),
      params_(params) {
  const auto blocks = static_cast<std::size_t>(layers_), width = static_cast<std::size_t>(hidden_);
  if (params_.hidden || params_.lens) {
    first_.resize((blocks + 1) * width);
    mlp_.resize(blocks * width);
  }
  if (params_.hidden) last_.resize((blocks + 1) * width);
  if (params_.lens) {
    attention_.resize(blocks * width);
    image_update_.resize(blocks * 2);
  }
  if (params_.lens && params_.head_gain) {
    head_out_.resize(blocks * static_cast<std::size_t>(heads_) * width);
  }
}

bool CaptureObserver::restart() {
  // What was kept of one view is written over by the next try's; what grows has to go, and the last
  // step's states, where the next answer may be shorter.
  cells_ = 0;
  steps_.clear();
  head_map_.clear();
  views_.clear();
  std::ranges::fill(last_, 0.0f);
  return true;
}

std::vector<SiteRequest> CaptureObserver::requests() const {
  constexpr int all = SiteRequest::kAllLayers;
  std::vector<SiteRequest> out;
  if (params_.attention) out.push_back({Site::attention_row, all, Rows::last, false});
  if (params_.hidden || params_.lens) {
    out.push_back({Site::embedding, -1, Rows::last, false});
    out.push_back({Site::residual, all, Rows::last, false});
    out.push_back({Site::mlp_out, all, Rows::last, false});
  }
  if (params_.lens) {
    out.push_back({Site::attention_out, all, Rows::last, false});
    out.push_back({Site::image_update, all, Rows::last, false});
    if (params_.head_gain) out.push_back({Site::head_out, all, Rows::last, false});
  }
  return out;
}

void CaptureObserver::count(const SiteView& view) {
  ++views_[{view.site, view.layer}];
  std::int64_t rows = 1, cols = hidden_;
  if (view.site == Site::attention_row) {
    rows = heads_;
    cols = cells_ == 0 ? view.cols : cells_;
  } else if (view.site == Site::head_out) {
    rows = heads_;
  } else if (view.site == Site::image_update) {
    cols = 2;
  }
  if (view.rows != rows || view.cols != cols) {
    fault("a view of site ", static_cast<int>(view.site), ", block ", view.layer, ", is ",
          view.rows, " x ", view.cols, ", expected ", rows, " x ", cols);
  }
}

void CaptureObserver::check_views(int passes) const {
  for (const SiteRequest& request : requests()) {
    const bool outside = request.site == Site::embedding;
    for (int layer = outside ? -1 : 0; layer < (outside ? 0 : layers_); ++layer) {
      const auto found = views_.find({request.site, layer});
      const int views = found == views_.end() ? 0 : found->second;
      const int expected = once(request.site) ? 1 : passes;
      if (views != expected) {
        fault("site ", static_cast<int>(request.site), " of block ", layer, " was shown ", views,
              " times, expected ", expected);
      }
    }
  }
}

void CaptureObserver::copy(const SiteView& view, std::vector<float>& to, int row) const {
  const auto at = static_cast<std::ptrdiff_t>(view.data.size()) * row;
  std::copy(view.data.begin(), view.data.end(), to.begin() + at);
}

void CaptureObserver::add_attention(const SiteView& view) {
  const auto layer = static_cast<std::size_t>(view.layer);
  const auto step = static_cast<std::size_t>(view.step);
  cells_ = view.cols;
  const auto cells = static_cast<std::size_t>(cells_);
  if (steps_.size() <= step) {
    steps_.resize(step + 1, std::vector<double>(static_cast<std::size_t>(layers_) * cells));
  }
  double* mean = steps_[step].data() + layer * cells;
  for (std::int64_t head = 0; head < view.rows; ++head) {
    const float* row = view.data.data() + head * view.cols;
    for (std::size_t s = 0; s < cells; ++s) mean[s] += static_cast<double>(row[s]);
  }
  for (std::size_t s = 0; s < cells; ++s) mean[s] /= static_cast<double>(view.rows);
  if (params_.head_map && step == 0) {
    head_map_.insert(head_map_.end(), view.data.begin(), view.data.end());
  }
}

void CaptureObserver::at(const SiteView& view) {
  count(view);
  const bool first = view.step == 0;
  switch (view.site) {
    case Site::attention_row:
      add_attention(view);
      break;
    case Site::embedding:
    case Site::residual:
      if (first) copy(view, first_, view.layer + 1);
      if (!first && params_.hidden) copy(view, last_, view.layer + 1);
      break;
    case Site::mlp_out:
      if (first) copy(view, mlp_, view.layer);
      break;
    case Site::attention_out:
      if (first) copy(view, attention_, view.layer);
      break;
    case Site::head_out:
      copy(view, head_out_, view.layer);
      break;
    case Site::image_update:
      copy(view, image_update_, view.layer);
      break;
    default:
      fault("a site that was not asked for");
  }
}

CaptureObserver::Maps CaptureObserver::maps(int answer_tokens) const {
  const std::size_t queries = static_cast<std::size_t>(std::max(1, answer_tokens));
  if (steps_.size() < queries) {
    fault("attention of ", steps_.size(), " answer queries, expected ", queries);
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

StateObserver::StateObserver(const ModelSpec& spec)
    : hidden_(static_cast<std::size_t>(spec.text.hidden)) {
  shown_.resize(static_cast<std::size_t>(spec.text.layers) + 1);
  states_.resize(shown_.size() * hidden_);
}

std::vector<SiteRequest> StateObserver::requests() const {
  return {{Site::embedding, -1, Rows::last, false},
          {Site::residual, SiteRequest::kAllLayers, Rows::last, false}};
}

void StateObserver::at(const SiteView& view) {
  const auto row = static_cast<std::size_t>(view.layer + 1);
  if (view.data.size() != hidden_) {
    fault("a state of block ", view.layer, " has ", view.data.size(), " numbers, expected ",
          hidden_);
  }
  ++shown_[row];
  std::copy(view.data.begin(), view.data.end(),
            states_.begin() + static_cast<std::ptrdiff_t>(row * hidden_));
}

bool StateObserver::restart() {
  std::ranges::fill(shown_, 0);
  return true;
}

const std::vector<float>& StateObserver::states() const {
  for (std::size_t row = 0; row < shown_.size(); ++row) {
    if (shown_[row] == 1) continue;
    fault("the state after block ", static_cast<int>(row) - 1, " was shown ", shown_[row],
          " times, expected once");
  }
  return states_;
}

}  // namespace vrp
