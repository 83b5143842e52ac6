#include "pipeline/model/taps.hpp"

#include <algorithm>
#include <array>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

constexpr int kSites = 9;

const char* name_of(Site site) {
  constexpr std::array<const char*, kSites> names = {
      "embedding", "attention_row",  "attention_out", "mlp_act",     "mlp_out",
      "residual",  "image_features", "head_out",      "image_update"};
  return names.at(static_cast<std::size_t>(site));
}

bool editable(Site site) {
  return site == Site::mlp_act || site == Site::mlp_out || site == Site::residual ||
         site == Site::image_features;
}

/// Sites outside of the blocks have layer -1 only.
bool before_blocks(Site site) { return site == Site::embedding || site == Site::image_features; }

/// Sites that are one query's, or one number's, whatever rows are asked for.
bool one_view(Site site) {
  return site == Site::attention_row || site == Site::head_out || site == Site::image_update;
}

}  // namespace

Taps::Taps(Observer* observer, const ModelSpec& spec, std::span<const std::int64_t> image_positions,
           std::int64_t first_query, std::int64_t last)
    : observer_(observer),
      layers_(spec.text.layers),
      image_positions_(image_positions.begin(), image_positions.end()),
      first_query_(first_query),
      last_(last) {
  if (!observer_) return;
  table_.resize(static_cast<std::size_t>(kSites * (layers_ + 1)));
  for (const SiteRequest& request : observer_->requests()) {
    if (request.edit && !editable(request.site)) {
      fail_usage("observer: site ", name_of(request.site), " cannot be edited; mlp_act, mlp_out, ",
                 "residual and image_features can");
    }
    const bool outside = before_blocks(request.site);
    const int low = outside ? -1 : 0, high = outside ? -1 : layers_ - 1;
    if (request.layer != SiteRequest::kAllLayers && (request.layer < low || request.layer > high)) {
      fail_usage("observer: layer ", request.layer, " of site ", name_of(request.site),
                 ", expected ", low, " to ", high, " for this model");
    }
    for (int layer = low; layer <= high; ++layer) {
      if (request.layer != SiteRequest::kAllLayers && request.layer != layer) continue;
      const auto row =
          static_cast<std::size_t>(static_cast<int>(request.site) * (layers_ + 1) + layer + 1);
      table_[row].push_back(request);
    }
    if (!one_view(request.site) &&
        (request.rows != Rows::last || request.site == Site::image_features)) {
      whole_prompt_ = true;
    }
  }
}

const std::vector<SiteRequest>& Taps::requests(Site site, int layer) const {
  static const std::vector<SiteRequest> none;
  if (table_.empty()) return none;
  return table_[static_cast<std::size_t>(static_cast<int>(site) * (layers_ + 1) + layer + 1)];
}

bool Taps::wants(Site site, int layer) const { return !requests(site, layer).empty(); }

bool Taps::wants_any(Site site) const {
  for (int layer = -1; layer < layers_; ++layer) {
    if (wants(site, layer)) return true;
  }
  return false;
}

bool Taps::edits() const {
  return std::ranges::any_of(table_, [](const std::vector<SiteRequest>& requests) {
    return std::ranges::any_of(requests, [](const SiteRequest& request) { return request.edit; });
  });
}

void Taps::see(const SiteRequest& request, int layer, at::Tensor& part, std::int64_t position,
               int step) const {
  at::Tensor copy = part.to(at::kFloat).contiguous();
  if (copy.is_alias_of(part)) copy = copy.clone();
  const HeldViews::View view{request.site, layer, copy.size(0), copy.size(1), position, step};
  if (!request.edit && (held_ || !part.is_cpu())) {
    waiting_.push_back({view, std::move(copy)});
    return;
  }
  copy = copy.to(at::kCPU);
  call(view, copy.data_ptr<float>());
  if (request.edit) part.copy_(copy);
}

void Taps::call(const HeldViews::View& what, float* numbers) const {
  SiteView view;
  view.site = what.site;
  view.layer = what.layer;
  view.first_position = what.position;
  view.rows = what.rows;
  view.cols = what.cols;
  view.data = {numbers, static_cast<std::size_t>(what.rows * what.cols)};
  view.step = what.step;
  observer_->at(view);
}

const at::Tensor& Taps::image_columns(at::Device device) const {
  if (!columns_.defined()) columns_ = at::tensor(image_positions_, at::kLong).to(device);
  return columns_;
}

void Taps::flush() const {
  if (held_ || waiting_.empty()) return;
  const HeldViews views = take();
  const at::Tensor numbers = views.numbers.to(at::kCPU);
  show(views, numbers.const_data_ptr<float>(), 0);
}

HeldViews Taps::take() const {
  HeldViews out;
  std::vector<at::Tensor> parts;
  for (const Waiting& what : waiting_) {
    out.views.push_back(what.view);
    parts.push_back(what.copy.flatten());
  }
  if (!parts.empty()) out.numbers = parts.size() == 1 ? parts.front() : at::cat(parts);
  waiting_.clear();
  return out;
}

void Taps::show(const HeldViews& views, const float* numbers, int later) const {
  std::vector<float> own;  // the observer may write to what it sees
  for (HeldViews::View view : views.views) {
    own.assign(numbers, numbers + view.rows * view.cols);
    numbers += view.rows * view.cols;
    view.position += later;
    view.step += later;
    call(view, own.data());
  }
}

void Taps::see_prompt(Site site, int layer, at::Tensor& x, std::int64_t first) const {
  const std::int64_t end = first + x.size(0);
  for (const SiteRequest& request : requests(site, layer)) {
    if (request.rows == Rows::all) {
      see(request, layer, x, first, 0);
    } else if (request.rows == Rows::last) {
      if (last_ < first || last_ >= end) continue;
      at::Tensor row = x.narrow(0, last_ - first, 1);
      see(request, layer, row, last_, 0);
    } else {
      std::vector<std::int64_t> here;
      for (const std::int64_t position : image_positions_) {
        if (position >= first && position < end) here.push_back(position - first);
      }
      if (here.empty()) continue;
      const at::Tensor index = at::tensor(here, at::kLong).to(x.device());
      at::Tensor rows = x.index_select(0, index);
      see(request, layer, rows, first + here.front(), 0);
      if (request.edit) x.index_copy_(0, index, rows);
    }
  }
}

void Taps::see_answer(Site site, int layer, at::Tensor& x, std::int64_t number,
                      std::int64_t position, int step) const {
  for (const SiteRequest& request : requests(site, layer)) {
    if (request.rows == Rows::image) continue;
    at::Tensor row = x.narrow(0, number, 1);
    see(request, layer, row, position, step);
  }
}

void Taps::see_image_features(at::Tensor& x) const {
  const std::int64_t position = image_positions_.empty() ? 0 : image_positions_.front();
  for (const SiteRequest& request : requests(Site::image_features, -1)) {
    see(request, -1, x, position, 0);
  }
}

void Taps::see_attention(int layer, const at::Tensor& rows, std::int64_t position, int step) const {
  at::Tensor part = rows;
  for (const SiteRequest& request : requests(Site::attention_row, layer)) {
    see(request, layer, part, position, step);
  }
}

void Taps::see_heads(int layer, const at::Tensor& rows) const {
  at::Tensor part = rows;
  for (const SiteRequest& request : requests(Site::head_out, layer)) {
    see(request, layer, part, first_query_, 0);
  }
}

void Taps::see_image_update(const at::Tensor& numbers) const {
  const std::int64_t position = image_positions_.empty() ? 0 : image_positions_.front();
  for (int layer = 0; layer < layers_; ++layer) {
    for (const SiteRequest& request : requests(Site::image_update, layer)) {
      at::Tensor row = numbers.narrow(0, layer, 1);
      see(request, layer, row, position, 0);
    }
  }
}

}  // namespace vrp
