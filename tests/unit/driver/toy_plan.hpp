#pragma once
// A plan without models or files: one model, two sets of 10 and 7 items (or `items`), units of 4.
#include <string>

#include "pipeline/driver/plan.hpp"

namespace vrp::toy {

inline ItemTable table(const std::string& name, int n) {
  ItemTable out;
  out.benchmark = name;
  out.kind = "yes_no";
  out.scorers = {"yes_no@1"};
  for (int i = 0; i < n; ++i) {
    const std::string id = std::to_string(i);
    out.key.push_back(name + "/val/" + id);
    out.id.push_back(id);
    out.group.push_back("image" + std::to_string(i / 2));
    out.image.push_back(id + ".jpg");
    out.image_hash.push_back("");
    out.question.push_back("Is there a cup?");
    out.answer.push_back(i % 2 == 0 ? "yes" : "no");
    out.answers.emplace_back();
    out.choices.emplace_back();
    out.hint.emplace_back();
    out.type.push_back("cup");
    out.regions.emplace_back();
    out.metadata.push_back("{}");
  }
  return out;
}

struct Options {
  std::string capture_parameters = "hidden=1\n", metrics_parameters = "top_mass=0.3\n";
  std::string model_hash = "h1";
  std::int64_t limit = 0;
  int unit_items = 4;
  std::vector<std::string> stages{"capture", "metrics", "reduce"};
  std::string question = "Is there a cup?";
  std::vector<std::string> scorers = {"yes_no@1", "exact@1"};
  double soft_threshold = 0.5;
  std::map<std::string, std::string> review_hashes;
  BenchmarkConfig asked;           ///< of set a
  std::string suffix_short = "";   ///< the model's
  std::vector<std::string> parts;  ///< of stage "fits", which is there when this is not empty
  std::pair<int, int> items{10, 7};
  bool paths = false;  ///< stage "paths", capture's companion
};

inline Plan plan(const Options& options = {}) {
  Sweep sweep;
  sweep.params.name = "toy";
  sweep.params.stages = options.stages;
  sweep.run.unit_items = options.unit_items;
  sweep.models.push_back({"m", {.checkpoint = "nowhere", .suffix_short = options.suffix_short}});
  sweep.benchmarks.push_back({"a", options.asked});
  sweep.benchmarks.push_back({"b", {.table = "b.h5"}});
  PlanInputs inputs;
  StageDefinition capture;
  capture.name = "capture";
  capture.needs_model = true;
  capture.parameters = options.capture_parameters;
  capture.cost_per_item = 3;
  StageDefinition metrics;
  metrics.name = "metrics";
  metrics.upstream = {"capture"};
  metrics.parameters = options.metrics_parameters;
  metrics.cost_per_item = 0.1;
  StageDefinition reduce;
  reduce.name = "reduce";
  reduce.upstream = {"capture", "metrics"};
  reduce.whole_cell = true;
  reduce.pooled = true;
  reduce.cost_per_item = 0.01;
  reduce.labels = ReadsLabels::all;
  StageDefinition paths;
  paths.name = "paths";
  paths.needs_model = true;
  paths.cost_per_item = 1;
  if (options.paths) capture.companion = "paths";
  inputs.stages = {capture, metrics};
  if (options.paths) inputs.stages = {capture, paths, metrics};
  if (!options.parts.empty()) {
    StageDefinition fits;
    fits.name = "fits";
    fits.upstream = {"capture"};
    fits.whole_cell = true;
    fits.labels = ReadsLabels::primary;
    fits.parts = [parts = options.parts](const Cell&, std::int64_t) { return parts; };
    StageDefinition join;
    join.name = "join";
    join.upstream = {"fits"};
    join.whole_cell = true;
    join.pooled = true;
    inputs.stages.push_back(fits);
    inputs.stages.push_back(join);
    reduce.upstream.push_back("join");
  }
  inputs.stages.push_back(reduce);
  inputs.tables = {table("a", options.items.first), table("b", options.items.second)};
  inputs.tables[0].question[0] = options.question;
  inputs.tables[0].scorers = options.scorers;
  inputs.tables[0].rules.soft_threshold = options.soft_threshold;
  inputs.review_hashes = options.review_hashes;
  inputs.model_hashes = {{"m", options.model_hash}};
  inputs.limit = options.limit;
  return make_plan(sweep, std::move(inputs));
}

inline std::vector<std::size_t> units_of(const Plan& plan, const std::string& stage,
                                         const std::string& benchmark) {
  std::vector<std::size_t> out;
  for (const auto& unit : plan.units) {
    if (plan.stages[unit.stage].name == stage && plan.cells[unit.cell].benchmark == benchmark) {
      out.push_back(unit.id);
    }
  }
  return out;
}

}  // namespace vrp::toy
