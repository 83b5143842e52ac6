#include "pipeline/control/stage_sizes.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "pipeline/model/memory.hpp"
#include "stages/capture/bytes.hpp"
#include "stages/interventions/plan.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kWide = 8, kSingle = 4;

/// HDF5's headers, dimension scales, descriptions and heaps of variable-length text of one file, as
/// measured in finished runs; small units are mostly that.
const std::map<std::string, std::int64_t> kHeaders{
    {"capture", 60'000}, {"metrics", 35'000},       {"consistency", 42'000}, {"probe_fits", 25'000},
    {"probes", 120'000}, {"interventions", 80'000}, {"replicates", 60'000},  {"reduce", 1'400'000}};

/// Everything about a cell that sizes depend on.
struct CellShape {
  const ModelSpec* spec = nullptr;
  const ItemTable* items = nullptr;
  std::int64_t count = 0;       ///< items of the cell
  std::int64_t text = 0;        ///< bytes of their keys, ids, groups, types and reference answers
  std::int64_t keys = 0;        ///< of their keys alone
  std::int64_t choices = 0;     ///< options over all items
  std::int64_t longest = 16;    ///< tokens of an answer at most
  std::int64_t tokens = 2;      ///< of an answer as a rule
  std::int64_t characters = 5;  ///< of an answer as a rule
};

CellShape shape_of(const Sweep& sweep, const Plan& plan, const Cell& cell, const ModelSpec& spec) {
  CellShape shape;
  shape.spec = &spec;
  if (cell.pooled()) return shape;
  shape.items = &plan.tables[cell.table];
  const auto rows = static_cast<std::int64_t>(shape.items->size());
  shape.count = plan.limit > 0 ? std::min(rows, plan.limit) : rows;
  for (std::size_t row = 0; row < static_cast<std::size_t>(shape.count); ++row) {
    const ItemTable& t = *shape.items;
    shape.keys += std::ssize(t.key[row]);
    shape.text += std::ssize(t.key[row]) + std::ssize(t.id[row]) + std::ssize(t.group[row]) +
                  std::ssize(t.type[row]) + std::ssize(t.answer[row]);
    shape.choices += std::ssize(t.choices[row]);
  }
  const BenchmarkConfig& benchmark = sweep.benchmarks[cell.table].config;
  shape.longest = benchmark.max_new_tokens;
  if (benchmark.form == "open") {
    shape.tokens = shape.longest;
    shape.characters = 4 * shape.longest;
  }
  return shape;
}

std::int64_t metrics_bytes(const CellShape& s, const MetricsParams& params) {
  // Signals, their controls, flags and status; three arrays by layer; the null of the mean lift.
  const std::int64_t item =
      44 * kWide + 3 * s.spec->text.layers * kWide + params.permutations * kSingle;
  return s.count * item + 3 * s.keys / 2;
}

std::int64_t consistency_bytes(const CellShape& s, const ConsistencyParams& params) {
  const std::int64_t path = 3 * kWide + kSingle + 1 + s.tokens * kSingle + 2 * s.characters;
  return s.count * (params.samples * path + 5 * kWide + 5 + s.characters) + s.keys;
}

std::int64_t conditions_of(const StageParams& params, const std::string& model,
                           const ModelSpec& spec) {
  return std::ssize(plan_conditions(params.interventions_of.at(model),
                                    {spec.text.layers, spec.text.hidden, spec.text.intermediate}));
}

std::int64_t interventions_bytes(const CellShape& s, const InterventionsParams& params,
                                 std::int64_t units) {
  const auto conditions = plan_conditions(
      params, {s.spec->text.layers, s.spec->text.hidden, s.spec->text.intermediate});
  std::int64_t list = 0;  // edit/*, the same in every unit
  for (const auto& c : conditions)
    list += std::ssize(c.name) + std::ssize(c.family) + std::ssize(c.target) +
            std::ssize(c.operation) + std::ssize(c.scope) + 4 * kSingle;
  const std::int64_t item =
      std::ssize(conditions) * (3 * kSingle + 1 + s.characters / 4) + 6 * kWide;
  return s.count * item + s.keys + units * list;
}

/// Scores of candidates and probes by item, and frames whose length follows the layers.
std::int64_t fits_bytes(const CellShape& s) {
  const std::int64_t states = s.spec->text.layers + 1;
  return s.count * (76 * states + 80) + 5'000 * states;
}
std::int64_t probes_bytes(const CellShape& s) {
  return s.count * 20 * kWide + s.keys + 4'500 * (s.spec->text.layers + 1);
}

/// The replicates of every quantity that is resampled, as counted in a run of all stages: signals
/// against labels, their differences and means, paths; what there is of each block and condition.
std::int64_t replicates_bytes(const CellShape& s, const ReduceParams& params, bool pooled,
                              std::int64_t conditions) {
  const std::int64_t quantities =
      pooled ? 600 : 580 + 10 * std::int64_t{s.spec->text.layers} + 6 * conditions;
  return quantities * params.replicates * kWide;
}

/// Frames of statistics, tests, curves: hardly dependent on the items.
std::int64_t reduce_bytes(const CellShape& s, bool pooled) {
  return pooled ? 600'000 : 700'000 + 500 * s.count;
}

std::int64_t capture_stage_bytes(const CellShape& s, const CaptureParams& params) {
  CaptureExtent extent;
  extent.items = s.count;
  extent.image_tokens = extent.items * most_image_tokens(*s.spec);
  extent.answer_tokens = extent.items * s.longest;
  extent.choices = s.choices;
  extent.text_bytes = s.text;
  return capture_bytes(*s.spec, params, extent);
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

std::string size_text(const StageSize& size) {
  switch (size.kind) {
    case StageSize::Kind::counted:
      return bytes_text(size.arrays);
    case StageSize::Kind::at_most:
      return "at most " + bytes_text(size.arrays);
    case StageSize::Kind::about:
      return "about " + bytes_text(size.arrays);
    case StageSize::Kind::unknown:
      return "-";
  }
  return "-";
}

ModelSpec model_spec(const NamedModel& model) {
  ModelSpec spec = read_model_spec(model.config.checkpoint);
  if (model.config.min_pixels != 0 || model.config.max_pixels != 0) {
    set_pixel_bounds(spec, model.config.min_pixels, model.config.max_pixels);
  }
  return spec;
}

std::vector<StageSize> stage_sizes(const Sweep& sweep, const Plan& plan,
                                   const StageParams& params) {
  std::map<std::string, ModelSpec> specs;
  for (const NamedModel& model : sweep.models) specs.emplace(model.name, model_spec(model));
  std::map<std::size_t, CellShape> shapes;
  std::vector<StageSize> out;
  const bool edited = std::ranges::any_of(
      plan.stages, [](const StageDefinition& stage) { return stage.name == "interventions"; });
  for (const StageCell& stage_cell : plan.stage_cells) {
    const Cell& cell = plan.cells[stage_cell.cell];
    const auto [at, fresh] = shapes.try_emplace(stage_cell.cell);
    if (fresh) at->second = shape_of(sweep, plan, cell, specs.at(cell.model));
    const CellShape& shape = at->second;
    const std::string& stage = plan.stages[stage_cell.stage].name;
    const auto units = std::ssize(stage_cell.units);
    StageSize size;
    size.kind = StageSize::Kind::about;
    if (stage == "capture") {
      size.kind = shape.spec->image.method == ImageResize::smart ? StageSize::Kind::at_most
                                                                 : StageSize::Kind::counted;
      size.arrays = capture_stage_bytes(shape, params.capture);
    } else if (stage == "metrics") {
      size.arrays = metrics_bytes(shape, params.metrics);
    } else if (stage == "consistency") {
      size.arrays = consistency_bytes(shape, params.consistency);
    } else if (stage == "probe_fits") {
      size.arrays = fits_bytes(shape);
    } else if (stage == "probes") {
      size.arrays = cell.pooled() ? 2'000 : probes_bytes(shape);
    } else if (stage == "interventions") {
      size.arrays = interventions_bytes(shape, params.interventions_of.at(cell.model), units);
    } else if (stage == "reduce") {
      size.arrays = reduce_bytes(shape, cell.pooled());
    } else if (stage == "replicates" && units > 0) {
      size.arrays = replicates_bytes(shape, params.reduce, cell.pooled(),
                                     edited ? conditions_of(params, cell.model, *shape.spec) : 0);
    } else {
      size.kind = StageSize::Kind::unknown;
    }
    const auto header = kHeaders.find(stage);
    size.files = size.arrays + units * (header != kHeaders.end() ? header->second : 0);
    out.push_back(size);
  }
  return out;
}

}  // namespace vrp
