#pragma once
// How the files of a stage in a cell are named; the manifest holds the rule in place of the names.
#include <cstdint>
#include <string>

namespace vrp {

/// "unit-000042.h5" for a unit of `full` items; one that --limit or the end of the table cuts short
/// is named by its length, "unit-000042.n7.h5", so that a later run over more items does not take
/// it for the whole one.
std::string unit_name(std::int64_t index, std::int64_t items, std::int64_t full);

}  // namespace vrp
