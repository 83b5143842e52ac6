#pragma once
// Names of unfinished files, and what becomes of those that a killed process left behind.
#include <cstddef>
#include <filesystem>

namespace vrp {

/// FINAL.part-HOST-PID: where this process writes before it renames to `final_name`.
std::filesystem::path part_name(const std::filesystem::path& final_name);

/// Removes FINAL.part-HOST-PID (and what an atomic write of it left) of this host's processes that
/// no longer live; those of other hosts and of living processes stay. Returns how many were
/// removed; a file that cannot be removed is no error, since no reader takes it for a table.
std::size_t remove_stale_parts(const std::filesystem::path& final_name);

}  // namespace vrp
