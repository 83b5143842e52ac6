#include "stages/catalog.hpp"

namespace vrp {

StageParams bind_stage_params(Sweep& sweep) {
  StageParams params;
  sweep.settings.bind("capture", params.capture);
  sweep.settings.bind("metrics", params.metrics);
  sweep.settings.bind("consistency", params.consistency);
  sweep.settings.bind("reduce", params.reduce);
  sweep.settings.require_all_known();
  check(params.capture);
  check(params.metrics);
  check(params.consistency);
  check(params.reduce);
  if (!params.capture.attention) {
    fail_usage(
        "[capture] attention = 0, but stage metrics reads the maps; leave it out of "
        "[sweep] stages and capture attention another way");
  }
  return params;
}

std::vector<StageDefinition> stage_catalog(const Sweep& sweep, const StageParams& params) {
  StageDefinition capture;
  capture.name = "capture";
  capture.needs_model = true;
  capture.parameters = canonical_text(params.capture);
  capture.cost_per_item = 3;

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

  StageDefinition reduce;
  reduce.name = "reduce";
  reduce.upstream = {"capture", "metrics", "consistency"};
  reduce.whole_cell = true;
  reduce.pooled = true;
  reduce.parameters = canonical_text(params.reduce) + "profile=" + sweep.params.profile + "\n";
  reduce.cost_per_item = 0.02;
  return {capture, metrics, consistency, reduce};
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
  section("reduce", ReduceParams{});
  out += "\nconf/models/NAME.ini\n";
  section("model", ModelConfig{});
  out += "\nconf/benchmarks/NAME.ini\n";
  section("benchmark", BenchmarkConfig{});
  return out;
}

}  // namespace vrp
