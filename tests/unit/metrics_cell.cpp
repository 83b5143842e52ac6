#include "metrics_cell.hpp"

#include "kernels/philox.hpp"

namespace vrp::test {
namespace {

double uniform(std::size_t stream, std::size_t index) {
  const PhiloxCounter w = philox4x32_10({static_cast<std::uint32_t>(index), 0, 0, 0},
                                        {static_cast<std::uint32_t>(stream), 5});
  return uniform53(w.c0, w.c1);
}

std::vector<float> joined(const std::vector<Item>& items, std::size_t first, std::size_t last,
                          int layers, bool first_query) {
  std::vector<float> out;
  for (int l = 0; l < layers; ++l) {
    for (std::size_t i = first; i < last; ++i) {
      const Item& item = items[i];
      const auto& maps = first_query && !item.maps_first.empty() ? item.maps_first : item.maps;
      if (maps.empty()) continue;
      const auto& map = maps[static_cast<std::size_t>(l)];
      out.insert(out.end(), map.begin(), map.end());
    }
  }
  return out;
}

}  // namespace

ItemTable Cell::table() const {
  ItemTable t;
  t.benchmark = "made";
  t.kind = kind;
  for (const Item& item : items) {
    t.key.push_back(item.key);
    t.id.push_back(item.key);
    t.group.push_back(item.group.empty() ? "image of " + item.key : item.group);
    t.image.push_back(t.group.back() + ".jpg");
    t.image_hash.emplace_back();
    t.question.push_back("Is there a thing?");
    t.answer.push_back(item.answer);
    t.answers.emplace_back();
    t.choices.emplace_back();
    t.hint.emplace_back();
    t.type.emplace_back("all");
    t.regions.push_back(item.regions);
    t.metadata.push_back(item.metadata);
  }
  return t;
}

Record Cell::capture(std::size_t first, std::size_t last) const {
  const auto n = static_cast<std::int64_t>(last - first);
  std::vector<std::string> key, reason;
  std::vector<std::int32_t> status, length, grid;
  std::vector<std::int64_t> offset{0};
  std::vector<double> geometry;
  for (std::size_t i = first; i < last; ++i) {
    const Item& item = items[i];
    key.push_back(item.key);
    reason.push_back(item.reason);
    status.push_back(item.status);
    length.push_back(item.answer_length);
    grid.insert(grid.end(), {item.rows, item.cols});
    geometry.insert(geometry.end(), item.geometry.begin(), item.geometry.end());
    offset.push_back(offset.back() +
                     static_cast<std::int64_t>(item.maps.empty() ? 0 : item.maps[0].size()));
  }
  Record record;
  record.origin = "capture.h5";
  record.add("item/key", {"item"}, {n}, key, "", "");
  record.add("item/status", {"item"}, {n}, status, "", "");
  record.add("item/reason", {"item"}, {n}, reason, "", "");
  const std::int64_t tokens = offset.back();
  record.add("item/patch_offset", {"item_plus_one"}, {n + 1}, offset, "", "");
  record.add("item/grid", {"item", "axis"}, {n, 2}, grid, "", "");
  record.add("item/geometry", {"item", "geometry"}, {n, 8}, geometry, "", "");
  record.add("answer/length", {"item"}, {n}, length, "", "");
  for (const bool first_query : {false, true})
    record.add(first_query ? "attention/map_first" : "attention/map", {"layer", "image_token"},
               {layers, tokens}, joined(items, first, last, layers, first_query), "", "");
  return record;
}

Record Cell::metrics(const MetricsParams& params, std::uint64_t seed) const {
  return compute_metrics(table(), 0, items.size(), capture(0, items.size()), params, seed, "model");
}

Region box(double x, double y, double width, double height) {
  return {"thing", 1, {x, y, width, height}, {}};
}

std::vector<std::vector<float>> flat(double value, std::size_t cells) {
  return {2, std::vector<float>(cells, static_cast<float>(value))};
}

std::vector<std::vector<float>> peak(std::size_t cell, double high, double rest) {
  auto maps = flat(rest);
  for (auto& map : maps) map[cell] = static_cast<float>(high);
  return maps;
}

Cell random_cell(std::size_t n) {
  Cell cell;
  for (std::size_t i = 0; i < n; ++i) {
    Item item;
    item.key = "made/" + std::to_string(i);
    item.group = "image " + std::to_string(i / 2);
    const bool upright = (i / 2) % 3 == 1;
    if (upright) {
      item.metadata = R"({"width": 480, "height": 640, "other": "x"})";
      item.geometry = {480, 640, 0.7, 0.7, 0, 56, 336, 336};
    }
    const double width = upright ? 480 : 640, height = upright ? 640 : 480;
    const double w = width * (0.1 + 0.4 * uniform(i, 1)), h = height * (0.1 + 0.4 * uniform(i, 2));
    if (i % 5 != 4)
      item.regions = {box((width - w) * uniform(i, 3), (height - h) * uniform(i, 4), w, h)};
    if (i % 7 == 6) item.answer_length = 0;
    if (i % 11 == 3) {
      item.status = 1;
      item.reason = "image is truncated";
      item.geometry.assign(8, std::nan(""));
      item.rows = item.cols = 0;
    } else {
      if (i % 11 == 5) item.status = 2;
      item.maps = flat(0);
      for (std::size_t l = 0; l < 2; ++l) {
        for (std::size_t s = 0; s < 36; ++s)
          item.maps[l][s] = static_cast<float>(0.02 * std::pow(uniform(100 + i, 40 * l + s), 3));
      }
      item.maps_first = item.maps;
      item.maps_first[0][0] = 0.5f;
    }
    cell.items.push_back(item);
  }
  return cell;
}

double value(const Record& record, const std::string& name, std::size_t i) {
  return record.as_double(name).at(i);
}

std::string text(const Record& record, const std::string& name, std::size_t i) {
  return record.values<std::string>(name).at(i);
}

}  // namespace vrp::test
