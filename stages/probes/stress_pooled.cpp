#include "pipeline/base/error.hpp"
#include "pipeline/items/image_groups.hpp"
#include "stages/probes/stress.hpp"

namespace vrp {
namespace {

/// Items of several cells one after the other; an image that two sets share stays one group.
struct PooledItems {
  CellItems items;
  StressItems features;
  std::vector<std::string> group, image_hash;

  void add(const ProbeInput& cell, const ProbesParams& params) {
    const std::size_t before = items.size();
    const CellItems more = read_items(cell, params, [&](const Record& capture, std::size_t first) {
      features.add(capture, before + first);
    });
    items.seed = more.seed;
    items.y.insert(items.y.end(), more.y.begin(), more.y.end());
    for (const std::int32_t type : more.type) items.type.push_back(items.types + type);
    items.types += more.types;
    items.prompt_tokens.insert(items.prompt_tokens.end(), more.prompt_tokens.begin(),
                               more.prompt_tokens.end());
    features.rows.resize(items.size());
    features.usable.resize(items.size());
    group.insert(group.end(), cell.items->group.begin(), cell.items->group.end());
    image_hash.insert(image_hash.end(), cell.items->image_hash.begin(),
                      cell.items->image_hash.end());
  }
};

}  // namespace

std::vector<ProbeControlRow> pooled_stress(const std::vector<ProbeInput>& cells,
                                           const ProbesParams& params) {
  if (cells.empty()) return {};
  PooledItems pool;
  pool.items.benchmark = "pooled";
  for (const ProbeInput& cell : cells) pool.add(cell, params);
  pool.items.group = image_groups(pool.group, pool.image_hash);
  const ProbeOutcome fit =
      stress_probes(pool.items, pool.features, pool.items.y, cells.front().model, params);
  std::vector<ProbeControlRow> out;
  for (const ProbeLayerRow& row : fit.layers) {
    const auto add = [&](const char* control, double value) {
      ProbeControlRow one;
      one.probe = row.probe;
      one.control = control;
      one.n = row.n;
      one.value = value;
      one.note = row.note;
      out.push_back(std::move(one));
    };
    add("accuracy", row.accuracy);
    add("balanced_accuracy", row.balanced_accuracy);
    add("auroc", row.auroc);
  }
  out.insert(out.end(), fit.controls.begin(), fit.controls.end());
  return out;
}

}  // namespace vrp
