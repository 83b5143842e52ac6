#pragma once
// Why one unit is not done: waiting, failed, damaged, never started; or that it is.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/driver/manifest.hpp"

namespace vrp {

struct UnitPlace {
  const WorkEntry* work = nullptr;
  std::size_t index = 0;
  const std::string& file() const { return work->files[index]; }
};

/// The unit that `name` means: its file relative to RUN, or any end of that path that fits one unit
/// alone. Error (usage) when none or several fit.
UnitPlace find_unit(const std::vector<WorkEntry>& work, const std::string& name);

/// Units whose records the unit reads.
std::vector<UnitPlace> upstream_of(const std::vector<WorkEntry>& work, const UnitPlace& unit);

/// An account of the unit in lines.
std::string why_unit(const std::filesystem::path& root, const std::vector<WorkEntry>& work,
                     const UnitPlace& unit);

}  // namespace vrp
