#include "pipeline/control/capture_sizes.hpp"

#include <algorithm>
#include <cstdio>

#include "pipeline/model/memory.hpp"
#include "stages/capture/bytes.hpp"

namespace vrp {
namespace {

ModelSpec model_spec(const Sweep& sweep, const std::string& name) {
  const auto model = std::find_if(sweep.models.begin(), sweep.models.end(),
                                  [&](const NamedModel& m) { return m.name == name; });
  ModelSpec spec = read_model_spec(model->config.checkpoint);
  if (model->config.min_pixels != 0 || model->config.max_pixels != 0) {
    set_pixel_bounds(spec, model->config.min_pixels, model->config.max_pixels);
  }
  return spec;
}

std::int64_t text_bytes(const ItemTable& items, std::int64_t count) {
  std::size_t bytes = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
    bytes += items.key[row].size() + items.id[row].size() + items.group[row].size() +
             items.type[row].size() + items.answer[row].size();
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

std::string bytes_text(std::int64_t bytes) {
  constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit < 4; ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 99.5 ? "%.0f %s" : "%.1f %s", value,
                units[unit]);
  return text;
}

std::map<std::size_t, std::string> capture_sizes(const Sweep& sweep, const Plan& plan,
                                                 const StageParams& params) {
  std::map<std::size_t, std::string> sizes;
  for (const StageCell& stage_cell : plan.stage_cells) {
    if (plan.stages[stage_cell.stage].name != "capture") continue;
    const Cell& cell = plan.cells[stage_cell.cell];
    const ModelSpec spec = model_spec(sweep, cell.model);
    const ItemTable& items = plan.tables[cell.table];
    CaptureExtent extent;
    for (const std::size_t id : stage_cell.units) {
      extent.items += plan.units[id].last - plan.units[id].first;
    }
    extent.image_tokens = extent.items * most_image_tokens(spec);
    extent.answer_tokens = extent.items * sweep.benchmarks[cell.table].config.max_new_tokens;
    for (std::size_t row = 0; row < static_cast<std::size_t>(extent.items); ++row) {
      extent.choices += std::ssize(items.choices[row]);
    }
    extent.text_bytes = text_bytes(items, extent.items);
    sizes[stage_cell.cell] = (spec.image.method == ImageResize::smart ? "at most " : "") +
                             bytes_text(capture_bytes(spec, params.capture, extent));
  }
  return sizes;
}

}  // namespace vrp
