#include "stages/metrics/captured.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

std::string where(const Record& record) {
  return record.origin.empty() ? "capture record" : record.origin;
}

void require_shape(const Record& record, const char* name, std::vector<std::int64_t> expected) {
  const Array& array = record.at(name);
  if (array.shape == expected) return;
  const auto text = [](const std::vector<std::int64_t>& shape) {
    std::string out = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
      out += (i > 0 ? ", " : "") + std::to_string(shape[i]);
    return out + "]";
  };
  fail(where(record), ": dataset '", name, "' is ", text(array.shape), ", expected ",
       text(expected));
}

void require_items(const ItemTable& items, std::size_t first, const Record& record) {
  const auto& key = record.values<std::string>("item/key");
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != items.key[first + i])
      fail(where(record), ": item ", i, " is '", key[i], "', expected '", items.key[first + i],
           "', row ", first + i, " of ", items.benchmark);
  }
}

void require_offsets(const Record& record, const std::vector<std::int64_t>& offset) {
  bool ascending = offset.front() == 0;
  for (std::size_t i = 0; i + 1 < offset.size(); ++i)
    ascending = ascending && offset[i] <= offset[i + 1];
  if (!ascending)
    fail(where(record), ": dataset 'item/patch_offset' does not ascend from 0, expected offsets");
}

}  // namespace

std::string Placement::fault() const {
  if (grid.rows < 1 || grid.cols < 1) return "no grid";
  for (const double extent : {source_width, source_height, scale_x, scale_y, width, height}) {
    if (!(extent > 0 && std::isfinite(extent))) return "no geometry";
  }
  return std::isfinite(offset_x) && std::isfinite(offset_y) ? "" : "no geometry";
}

Captured::Captured(const ItemTable& items, std::size_t first, std::size_t last,
                   const Record& record, const MetricsParams& params)
    : n_(last - first) {
  const auto n = static_cast<std::int64_t>(n_);
  require_shape(record, "item/key", {n});
  require_items(items, first, record);
  for (const char* name : {"item/status", "item/reason", "answer/length"})
    require_shape(record, name, {n});
  require_shape(record, "item/patch_offset", {n + 1});
  require_shape(record, "item/grid", {n, 2});
  require_shape(record, "item/geometry", {n, 8});
  status_ = &record.values<std::int32_t>("item/status");
  reason_ = &record.values<std::string>("item/reason");
  offset_ = &record.values<std::int64_t>("item/patch_offset");
  grid_ = &record.values<std::int32_t>("item/grid");
  geometry_ = &record.values<double>("item/geometry");
  length_ = &record.values<std::int32_t>("answer/length");
  require_offsets(record, *offset_);

  const std::string map =
      params.query == "mean" ? "attention/map" : "attention/map_" + params.query;
  if (!record.find(map))
    fail(where(record), ": dataset '", map,
         "' is missing, expected for [metrics] query = ", params.query,
         params.query == "last" ? "; capture keeps it with [capture] last_map = 1" : "");
  const Array& array = record.at(map);
  layers_ = array.shape.empty() ? 0 : array.shape[0];
  tokens_ = offset_->back();
  if (layers_ < 1) fail(where(record), ": dataset '", map, "' has no layers, expected at least 1");
  require_shape(record, map.c_str(), {layers_, tokens_});
  require_shape(record, "attention/map_first", {layers_, tokens_});
  range_ = layer_range(params.layers, static_cast<int>(layers_));
  map_ = &record.values<float>(map);
  map_first_ = &record.values<float>("attention/map_first");
}

Placement Captured::placement(std::size_t i) const {
  const double* g = geometry_->data() + 8 * i;
  return {g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], {(*grid_)[2 * i], (*grid_)[2 * i + 1]}};
}

const std::vector<float>& Captured::source(std::size_t i) const {
  return empty_answer(i) ? *map_first_ : *map_;
}

std::string Captured::map_fault(std::size_t i) const {
  const Grid grid{(*grid_)[2 * i], (*grid_)[2 * i + 1]};
  if (cells(i) < 1 || grid.rows < 1 || grid.cols < 1 || grid.cells() != cells(i))
    return concat("attention map has ", cells(i), " image tokens, expected a grid of ", grid.rows,
                  " x ", grid.cols);
  for (std::int64_t l = 0; l < layers_; ++l) {
    const float* row = source(i).data() + l * tokens_ + begin(i);
    for (std::int64_t s = 0; s < cells(i); ++s) {
      if (!(row[s] >= 0) || !std::isfinite(row[s]))
        return concat("attention map of layer ", l, ", cell ", s, " is ", row[s],
                      ", expected a finite number >= 0");
    }
  }
  return "";
}

ItemMaps Captured::maps(std::size_t i) const {
  ItemMaps maps;
  maps.layers = layers_;
  maps.cells = cells(i);
  for (std::int64_t l = 0; l < layers_; ++l) {
    const float* row = source(i).data() + l * tokens_ + begin(i);
    maps.by_layer.insert(maps.by_layer.end(), row, row + maps.cells);
  }
  maps.mean.assign(static_cast<std::size_t>(maps.cells), 0.0);
  for (int l = range_.first; l <= range_.last; ++l) {
    for (std::int64_t s = 0; s < maps.cells; ++s)
      maps.mean[static_cast<std::size_t>(s)] +=
          maps.by_layer[static_cast<std::size_t>(l * maps.cells + s)] / range_.count();
  }
  for (const double value : maps.mean) maps.img_share += value;
  const double mass = map_mass(maps.mean.data(), maps.cells);
  if (std::isnan(mass)) {
    maps.mean.clear();
  } else {
    for (double& value : maps.mean) value /= mass;
  }
  return maps;
}

}  // namespace vrp
