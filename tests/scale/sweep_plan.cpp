#include "tests/scale/sweep_plan.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp::scale {
namespace {

ItemTable table(const std::string& name, int n) {
  ItemTable out;
  out.benchmark = name;
  out.kind = "yes_no";
  out.scorers = {"yes_no@1"};
  const auto rows = static_cast<std::size_t>(n);
  for (auto* column : {&out.key, &out.id, &out.group, &out.image, &out.image_hash, &out.question,
                       &out.answer, &out.hint, &out.type, &out.metadata}) {
    column->resize(rows);
  }
  out.answers.resize(rows);
  out.choices.resize(rows);
  out.regions.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) out.key[i] = out.id[i] = std::to_string(i);
  return out;
}

StageDefinition stage(const std::string& name, std::vector<std::string> upstream, double cost,
                      bool needs_model) {
  StageDefinition out;
  out.name = name;
  out.upstream = std::move(upstream);
  out.cost_per_item = cost * 16;  // a unit of one item stands for one of sixteen
  out.needs_model = needs_model;
  return out;
}

StageDefinition whole(const std::string& name, std::vector<std::string> upstream, double cost) {
  StageDefinition out = stage(name, std::move(upstream), cost, false);
  out.whole_cell = true;
  return out;
}

std::vector<StageDefinition> stages(const SweepShape& shape) {
  std::vector<StageDefinition> out{stage("capture", {}, 3, true)};
  if (!shape.stages) return out;
  out.push_back(stage("metrics", {"capture"}, 0.01, false));
  out.push_back(stage("consistency", {}, 4, true));
  StageDefinition fits = whole("probe_fits", {"capture"}, 0.5);
  fits.parts = [parts = shape.probe_parts](const Cell&, std::int64_t) {
    std::vector<std::string> names;
    for (int part = 0; part < parts; ++part) names.push_back(std::to_string(part));
    return names;
  };
  out.push_back(fits);
  out.push_back(whole("probes", {"probe_fits", "capture", "metrics", "consistency"}, 0.1));
  out.back().pooled = true;
  out.push_back(stage("interventions", {"capture", "probes"}, 10, true));
  out.push_back(
      whole("reduce", {"capture", "metrics", "consistency", "probes", "interventions"}, 0.02));
  out.back().pooled = true;
  return out;
}

}  // namespace

SweepShape shape_for(std::int64_t units, SweepShape shape) {
  const std::int64_t cells = std::int64_t{shape.models} * shape.benchmarks;
  const std::int64_t whole = shape.stages ? shape.probe_parts + 2 : 0;
  const std::int64_t per_item = shape.stages ? 4 : 1;
  shape.items = static_cast<int>(
      std::max<std::int64_t>(1, (units / cells - whole + per_item / 2) / per_item));
  return shape;
}

Plan sweep_plan(const SweepShape& shape) {
  Sweep sweep;
  sweep.params.name = "scale";
  sweep.run.unit_items = 1;
  PlanInputs inputs;
  inputs.stages = stages(shape);
  sweep.params.stages.clear();
  for (const auto& each : inputs.stages) sweep.params.stages.push_back(each.name);
  for (int m = 0; m < shape.models; ++m) {
    sweep.models.push_back({concat("model-", m), {}});
    inputs.model_hashes[sweep.models.back().name] = "hash";
  }
  for (int b = 0; b < shape.benchmarks; ++b) {
    sweep.benchmarks.push_back({concat("benchmark-", b), {}});
    inputs.tables.push_back(table(sweep.benchmarks.back().name, shape.items));
  }
  return make_plan(sweep, std::move(inputs));
}

}  // namespace vrp::scale
