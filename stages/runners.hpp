#pragma once
// What the stages do, for programs that run them: ties pure stage functions to the driver.
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"
#include "stages/catalog.hpp"
#include "stages/model_holder.hpp"

namespace vrp {

/// Adds `prepare` and `run` to the definitions of stage_catalog. The model of a cell is loaded by
/// the first unit that needs it; `holder` keeps one at a time. `sweep` and `params` must outlive
/// them.
void attach_runners(std::vector<StageDefinition>& stages, const Sweep& sweep,
                    const StageParams& params, const std::string& device,
                    const std::shared_ptr<ModelHolder>& holder);

}  // namespace vrp
