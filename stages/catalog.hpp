#pragma once
// All stages of the paper with the parameters that a sweep gives them: what vrp plans and vrp-run
// runs. Adding a stage means adding it here and in runners.cpp.
#include <map>
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"
#include "pipeline/driver/stage.hpp"
#include "stages/capture/params.hpp"
#include "stages/consistency/params.hpp"
#include "stages/interventions/params.hpp"
#include "stages/metrics/params.hpp"
#include "stages/probes/params.hpp"
#include "stages/reduce/checkpoint_shape.hpp"
#include "stages/reduce/params.hpp"

namespace vrp {

struct StageParams {
  CaptureParams capture;
  MetricsParams metrics;
  ConsistencyParams consistency;
  ProbesParams probes;
  InterventionsParams interventions;                            ///< of models without their own
  std::map<std::string, InterventionsParams> interventions_of;  ///< by model, each of the sweep's
  ReduceParams reduce;
};

/// Binds the stages' sections of the sweep, checks them and refuses unknown keys. Error (usage).
StageParams bind_stage_params(Sweep& sweep);

/// Definitions in the order of dependence, without `run`: enough to plan. Error (usage) when the
/// interventions name what one of the models does not have.
std::vector<StageDefinition> stage_catalog(const Sweep& sweep, const StageParams& params);

/// Sizes of the sweep's models, read from the checkpoints' configurations.
CheckpointShapes checkpoint_shapes(const Sweep& sweep);

/// "[section]" headings with every key, its default and its meaning.
std::string settings_help();

}  // namespace vrp
