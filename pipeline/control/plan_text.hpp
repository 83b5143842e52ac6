#pragma once
// A plan for people: what a sweep would compute, cell by cell and stage by stage.
#include <map>
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"
#include "pipeline/driver/plan.hpp"

namespace vrp {

/// `sizes`: what stage capture writes, by cell (capture_sizes.hpp).
std::string plan_text(const Sweep& sweep, const Plan& plan, const std::vector<bool>& done,
                      const std::map<std::size_t, std::string>& sizes = {});

/// Columns of words, padded; the first row is a heading.
std::string columns_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace vrp
