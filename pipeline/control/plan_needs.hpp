#pragma once
// What a plan needs of disk, memory and time, in lines of text with what they assume.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/control/plan_time.hpp"
#include "pipeline/control/stage_sizes.hpp"

namespace vrp {

/// Files still to be written against what is free where `root` is or will be.
std::string disk_text(const Plan& plan, const std::vector<bool>& done,
                      const std::vector<StageSize>& sizes, const std::filesystem::path& root);

/// Memory of a rank for each model, as `vrp check-model` computes it.
std::string memory_text(const Sweep& sweep, const StageParams& params);

/// Hours of what is missing. `ranks` 0: for several numbers of ranks. Figures come from
/// RUN/calibration.json, else from the journal of RUN, else there are none.
std::string time_text(const Plan& plan, const StageParams& params, const std::vector<bool>& done,
                      const std::vector<WorkEntry>& work, const std::filesystem::path& root,
                      std::int64_t ranks);

}  // namespace vrp
