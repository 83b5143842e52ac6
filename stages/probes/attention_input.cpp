#include "stages/probes/attention_input.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/capture/record.hpp"

namespace vrp {
namespace {

std::string where(const Record& record) {
  return record.origin.empty() ? "capture record" : record.origin;
}

void require_shape(const Record& record, const char* name,
                   const std::vector<std::int64_t>& expected) {
  const std::vector<std::int64_t>& shape = record.at(name).shape;
  if (shape == expected) return;
  const auto text = [](const std::vector<std::int64_t>& sizes) {
    std::string out = "[";
    for (std::size_t i = 0; i < sizes.size(); ++i)
      out += (i > 0 ? ", " : "") + std::to_string(sizes[i]);
    return out + "]";
  };
  fail(where(record), ": array '", name, "' is ", text(shape), ", expected ", text(expected));
}

/// Where output cell `k` of `to` lies on an axis of `from` cells: lower neighbour, upper neighbour
/// and the weight of the upper one.
struct Tap {
  int low, high;
  double weight;
};
Tap tap(int k, int to, int from) {
  const double position = (k + 0.5) * from / to - 0.5;
  const double inside = std::clamp(position, 0.0, static_cast<double>(from - 1));
  const int low = static_cast<int>(inside);
  return {low, std::min(low + 1, from - 1), inside - low};
}

}  // namespace

AttentionView::AttentionView(const Record& capture) {
  const auto n = static_cast<std::int64_t>(capture.values<std::int32_t>("item/status").size());
  require_shape(capture, "item/reason", {n});
  require_shape(capture, "item/grid", {n, 2});
  require_shape(capture, "item/patch_offset", {n + 1});
  const Array* map = capture.find("attention/map");
  if (map == nullptr)
    fail(where(capture),
         ": array 'attention/map' is missing, expected [layer, image_token]; "
         "capture keeps it with [capture] attention = 1");
  if (map->shape.size() != 2 || map->shape[0] < 1)
    fail(where(capture), ": array 'attention/map' has ", map->shape.size(),
         " dimensions, expected [layer, image_token]");
  layers_ = map->shape[0];
  status_ = &capture.values<std::int32_t>("item/status");
  reason_ = &capture.values<std::string>("item/reason");
  offset_ = &capture.values<std::int64_t>("item/patch_offset");
  grid_ = &capture.values<std::int32_t>("item/grid");
  if (offset_->front() != 0 || !std::is_sorted(offset_->begin(), offset_->end()))
    fail(where(capture), ": array 'item/patch_offset' does not ascend from 0, expected offsets");
  tokens_ = offset_->back();
  require_shape(capture, "attention/map", {layers_, tokens_});
  require_shape(capture, "attention/share", {n, layers_});
  map_ = &capture.values<float>("attention/map");
  share_ = &capture.values<double>("attention/share");
}

std::string AttentionView::fault(std::size_t item) const {
  const std::int32_t status = (*status_)[item];
  if (status == static_cast<int>(ItemStatus::attention_invalid))
    return "attention invalid: " + (*reason_)[item];
  if (status != static_cast<int>(ItemStatus::ok)) return "failed: " + (*reason_)[item];
  const Grid g = grid(item);
  if (g.rows < 1 || g.cols < 1 || g.cells() != cells(item))
    return concat("attention map has ", cells(item), " image tokens, expected a grid of ", g.rows,
                  " x ", g.cols);
  for (std::int64_t l = 0; l < layers_; ++l) {
    if (std::isnan(map_mass(map_->data() + l * tokens_ + begin(item), cells(item))))
      return concat("attention map of layer ", l, " has no mass or a value that is not >= 0");
  }
  return "";
}

std::vector<double> AttentionView::maps(std::size_t item, std::int64_t first) const {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>((layers_ - first) * cells(item)));
  for (std::int64_t l = first; l < layers_; ++l) {
    const float* row = map_->data() + l * tokens_ + begin(item);
    const double mass = map_mass(row, cells(item));
    for (std::int64_t s = 0; s < cells(item); ++s)
      out.push_back(static_cast<double>(row[s]) / mass);
  }
  return out;
}

std::vector<double> AttentionView::shares(std::size_t item, std::int64_t first) const {
  const auto row = share_->begin() + static_cast<std::int64_t>(item) * layers_;
  return {row + first, row + layers_};
}

void CommonGrid::add(Grid grid) {
  if (grid_.rows == 0) grid_ = grid;
  differ_ = differ_ || grid.rows != grid_.rows || grid.cols != grid_.cols;
}

std::vector<double> resample_bilinear(const double* map, Grid from, Grid to) {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(to.cells()));
  for (int r = 0; r < to.rows; ++r) {
    const Tap row = tap(r, to.rows, from.rows);
    for (int c = 0; c < to.cols; ++c) {
      const Tap col = tap(c, to.cols, from.cols);
      const auto line = [&](int k) {
        const double* cells = map + std::int64_t{k} * from.cols;
        return (1 - col.weight) * cells[col.low] + col.weight * cells[col.high];
      };
      out.push_back((1 - row.weight) * line(row.low) + row.weight * line(row.high));
    }
  }
  return out;
}

FeatureSource attention_features(const ProbeInput& input, const ProbesParams& params,
                                 CellItems& items, std::vector<std::uint8_t>& defined) {
  CommonGrid common;
  std::int64_t layers = 1;
  defined.clear();
  items = read_items(input, params, [&](const Record& record, std::size_t) {
    const AttentionView view(record);
    layers = view.layers();
    for (std::size_t i = 0; i < view.size(); ++i) {
      defined.push_back(view.fault(i).empty() ? 1 : 0);
      if (defined.back() != 0) common.add(view.grid(i));
    }
  });
  const Grid grid = common.grid();
  const std::int64_t width = std::max<std::int64_t>(1, layers * grid.cells());
  FeatureSource features(items.size(), {width}, static_cast<std::size_t>(params.memory_mb) << 20);
  std::size_t row = 0;
  input.each("capture", [&](const Record& record) {
    const AttentionView view(record);
    for (std::size_t i = 0; i < view.size(); ++i, ++row) {
      if (defined[row] == 0) continue;
      const std::vector<float> x = attention_input(view, i, grid);
      defined[row] = x.empty() ? 0 : 1;
      if (!x.empty()) features.set_row(0, row, x);
    }
  });
  return features;
}

std::vector<float> attention_input(const AttentionView& view, std::size_t item, Grid grid) {
  const std::vector<double> maps = view.maps(item);
  const Grid own = view.grid(item);
  if (own.rows == grid.rows && own.cols == grid.cols) return {maps.begin(), maps.end()};
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(view.layers() * grid.cells()));
  for (std::int64_t l = 0; l < view.layers(); ++l) {
    const std::vector<double> map = resample_bilinear(maps.data() + l * own.cells(), own, grid);
    const double mass = map_mass(map.data(), grid.cells());
    if (std::isnan(mass)) return {};
    for (const double value : map) out.push_back(static_cast<float>(value / mass));
  }
  return out;
}

}  // namespace vrp
