#include "stages/catalog.hpp"

#include <algorithm>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/model/spec.hpp"
#include "stages/interventions/plan.hpp"
#include "stages/probes/probes.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/replicate_parts.hpp"

namespace vrp {
namespace {

/// Whether the sweep asks for a stage by name.
bool asks_for(const Sweep& sweep, const std::string& stage) {
  const auto& stages = sweep.params.stages;
  return std::find(stages.begin(), stages.end(), stage) != stages.end();
}

/// Parts of a cell's probes: they depend on the model's depth.
std::function<std::vector<std::string>(const Cell&, std::int64_t)> parts_by_model(
    const Sweep& sweep, const ProbesParams& params) {
  std::map<std::string, std::filesystem::path> checkpoints;
  for (const NamedModel& model : sweep.models) checkpoints[model.name] = model.config.checkpoint;
  return [checkpoints, params](const Cell& cell, std::int64_t) {
    return fit_parts(params, read_model_spec(checkpoints.at(cell.model)).text.layers);
  };
}

/// Error (usage) unless the probes name as many neurons as the interventions edit.
void check_targets(const StageParams& params, const InterventionsParams& edits) {
  const int needed = targets_needed(edits);
  if (needed == 0 || !edits.ids.empty()) return;
  if (!fits_probe(params.probes, "sparse")) {
    fail_usage("[interventions] edits ", needed, " neurons of the sparse probe, but [probes] fits ",
               "has no sparse; add it, give ids, or set singles = 0 and tops to nothing");
  }
  if (params.probes.neurons_kept < needed) {
    fail_usage("[probes] neurons_kept is ", params.probes.neurons_kept, ", expected at least ",
               needed, ", the neurons that [interventions] edits");
  }
}

/// Error (usage) for a block or neuron that a model does not have, before anything runs.
void check_conditions(const Sweep& sweep, const StageParams& params) {
  for (const NamedModel& model : sweep.models) {
    const TextSpec text = read_model_spec(model.config.checkpoint).text;
    const InterventionsParams& edits = params.interventions_of.at(model.name);
    const auto own = sweep.settings.sections().find("interventions:" + model.name);
    try {
      check_targets(params, edits);
      plan_conditions(edits, {text.layers, text.hidden, text.intermediate});
    } catch (const Error& error) {
      std::vector<std::string> keys;  // where a value may come from, when not from [interventions]
      if (own != sweep.settings.sections().end())
        for (const auto& [key, setting] : own->second)
          keys.push_back(concat(key, " of ", setting.origin));
      throw Error(error.code(), concat(model.name, ": ", error.what(), keys.empty() ? "" : "; has ",
                                       join(keys, ", ")));
    }
  }
}

/// What the interventions of a model depend on besides the model.
std::string parameters_of(InterventionsParams edits, const MetricsParams& metrics) {
  edits.memory_mb = InterventionsParams{}.memory_mb;
  return canonical_text(edits) + canonical_text(metrics);
}

}  // namespace

StageParams bind_stage_params(Sweep& sweep) {
  StageParams params;
  sweep.settings.bind("capture", params.capture);
  sweep.settings.bind("metrics", params.metrics);
  sweep.settings.bind("consistency", params.consistency);
  sweep.settings.bind("probes", params.probes);
  sweep.settings.bind("interventions", params.interventions);
  InterventionsParams every = params.interventions;
  sweep.settings.bind("interventions:*", every);
  for (const std::string& name : sweep.models_left_out) {
    InterventionsParams unused;
    sweep.settings.bind("interventions:" + name, unused);
  }
  for (const NamedModel& model : sweep.models) {
    InterventionsParams& own = params.interventions_of[model.name] = params.interventions;
    sweep.settings.bind("interventions:" + model.name, own);
  }
  sweep.settings.bind("reduce", params.reduce);
  sweep.settings.require_all_known();
  check(params.capture);
  check(params.metrics);
  check(params.consistency);
  check(params.probes);
  check(params.interventions);
  for (const auto& [model, edits] : params.interventions_of) {
    try {
      check(edits);
    } catch (const Error& error) {
      throw Error(error.code(), concat(model, ": ", error.what()));
    }
  }
  check(params.reduce);
  if (!params.capture.attention) {
    fail_usage(
        "[capture] attention = 0, but stage metrics reads the maps; leave it out of "
        "[sweep] stages and capture attention another way");
  }
  return params;
}

std::vector<StageDefinition> stage_catalog(const Sweep& sweep, const StageParams& params) {
  if (asks_for(sweep, "interventions")) check_conditions(sweep, params);
  StageDefinition capture;
  capture.name = "capture";
  capture.needs_model = true;
  capture.parameters = canonical_text(params.capture);
  capture.cost_per_item = 3;
  // Paths that each run their own prefill have nothing to share.
  if (sweep.run.share_pass && params.consistency.share_prefix) capture.companion = "consistency";

  StageDefinition metrics;
  metrics.name = "metrics";
  metrics.upstream = {"capture"};
  metrics.parameters = canonical_text(params.metrics);
  metrics.cost_per_item = 0.01;

  StageDefinition consistency;
  consistency.name = "consistency";
  consistency.needs_model = true;
  ConsistencyParams hashed = params.consistency;
  hashed.share_prefix = true;  // how paths are computed, not what they are
  consistency.parameters = canonical_text(hashed);
  consistency.cost_per_item = 4;

  StageDefinition fits;
  fits.name = "probe_fits";
  fits.upstream = {"capture"};
  fits.whole_cell = true;
  fits.parts = parts_by_model(sweep, params.probes);
  ProbesParams fitted = params.probes;
  fitted.memory_mb = ProbesParams{}.memory_mb;  // where features lie, not what they are
  fits.parameters = canonical_text(fitted);
  fits.cost_per_item = 0.5;
  fits.labels = params.probes.label == "primary" || params.probes.label == "margin_median"
                    ? ReadsLabels::primary
                    : ReadsLabels::all;

  StageDefinition probes;
  probes.name = "probes";
  probes.version = 2;
  probes.upstream = {"probe_fits", "capture", "metrics", "consistency"};
  probes.whole_cell = true;
  probes.pooled = true;
  probes.parameters = fits.parameters;
  probes.cost_per_item = 0.1;
  probes.labels = fits.labels;

  StageDefinition interventions;
  interventions.name = "interventions";
  interventions.upstream = {"capture", "probes"};
  interventions.needs_model = true;
  interventions.parameters_of = [params](const Cell& cell) {
    return parameters_of(params.interventions_of.at(cell.model), params.metrics);
  };
  interventions.cost_per_item = 10;

  StageDefinition reduce;
  reduce.name = "reduce";
  reduce.version = kReduceVersion;
  reduce.upstream = {"capture", "metrics", "consistency"};
  for (const char* name : {"probes", "interventions"}) {
    if (asks_for(sweep, name)) reduce.upstream.push_back(name);
  }
  reduce.whole_cell = true;
  reduce.pooled = true;
  ReduceParams reduced = params.reduce;
  reduced.block_draws =
      ReduceParams{}.block_draws;  // where replicates are drawn, not what they are
  reduce.parameters = canonical_text(reduced) + "profile=" + sweep.params.profile + "\n";
  reduce.cost_per_item = 0.02;
  reduce.labels = ReadsLabels::all;

  // The same statistics, of which only a block of the bootstrap replicates is kept.
  StageDefinition replicates = reduce;
  replicates.name = "replicates";
  replicates.parts = [params = params.reduce](const Cell&, std::int64_t items) {
    return replicate_parts(items, params);
  };
  reduce.upstream.push_back("replicates");
  return {capture, metrics, consistency, fits, probes, interventions, replicates, reduce};
}

CheckpointShapes checkpoint_shapes(const Sweep& sweep) {
  CheckpointShapes out;
  for (const NamedModel& model : sweep.models) {
    const ModelSpec spec = read_model_spec(model.config.checkpoint);
    out[model.name] = {spec.family,           spec.text.layers, spec.text.heads,
                       spec.text.kv_heads,    spec.text.hidden, spec.text.intermediate,
                       spec.vision.image_size};
  }
  return out;
}

std::string settings_help() {
  std::string out;
  const auto section = [&](const char* name, const auto& params) {
    out += std::string("[") + name + "]\n" + fields_help(params);
  };
  section("sweep", SweepParams{});
  section("run", RunParams{});
  section("capture", CaptureParams{});
  section("metrics", MetricsParams{});
  section("consistency", ConsistencyParams{});
  section("probes", ProbesParams{});
  section("interventions", InterventionsParams{});
  section("reduce", ReduceParams{});
  out += "\nconf/models/NAME.ini\n";
  section("model", ModelConfig{});
  out += "[interventions]\n  keys as above, for this model in place of the sweep's\n";
  out += "\nconf/benchmarks/NAME.ini\n";
  section("benchmark", BenchmarkConfig{});
  return out;
}

}  // namespace vrp
