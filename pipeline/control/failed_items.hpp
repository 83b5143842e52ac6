#pragma once
// The failed items of a run, read from those unit files alone that the journal says have some.
#include <functional>
#include <string>
#include <vector>

#include "pipeline/driver/journal.hpp"
#include "pipeline/driver/manifest.hpp"

namespace vrp {

struct FailedItem {
  std::string model, benchmark, stage, file, host, key, reason;
};

/// Calls `take` for every failed item, in the order of the work, until it returns false. A file
/// that is damaged is told to `damaged` and left out. Files that the journal does not know are
/// opened too. Returns how many files were opened.
std::size_t each_failed_item(const std::filesystem::path& root, const std::vector<WorkEntry>& work,
                             const Journal& journal,
                             const std::function<bool(const FailedItem&)>& take,
                             const std::function<void(const std::string&)>& damaged);

}  // namespace vrp
