#pragma once
// A plan for people: what a sweep would compute, cell by cell and stage by stage.
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"
#include "pipeline/driver/plan.hpp"

namespace vrp {

std::string plan_text(const Sweep& sweep, const Plan& plan, const std::vector<bool>& done);

/// Columns of words, padded; the first row is a heading.
std::string columns_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace vrp
