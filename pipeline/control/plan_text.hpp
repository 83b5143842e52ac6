#pragma once
// A plan for people: what a sweep would compute, cell by cell and stage by stage.
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"
#include "pipeline/control/stage_sizes.hpp"
#include "pipeline/driver/plan.hpp"

namespace vrp {

/// `sizes`: what the stages write (stage_sizes.hpp), by stage_cell of the plan.
std::string plan_text(const Sweep& sweep, const Plan& plan, const std::vector<bool>& done,
                      const std::vector<StageSize>& sizes);

/// Columns of words, padded; the first row is a heading.
std::string columns_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace vrp
