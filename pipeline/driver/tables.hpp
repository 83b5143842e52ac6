#pragma once
// The item tables of a sweep: read, checked against the scorers, reduced to the chosen rows, and
// frozen in RUN/items.
#include <filesystem>
#include <vector>

#include "pipeline/config/sweep.hpp"
#include "pipeline/items/item_table.hpp"

namespace vrp {

/// One table per benchmark of the sweep, after choice. Error names the benchmark's file.
std::vector<ItemTable> read_tables(const Sweep& sweep);

/// Writes RUN/items/BENCHMARK.h5 where missing or different (a table that was chosen anew).
void freeze_tables(const std::filesystem::path& run, const Sweep& sweep,
                   const std::vector<ItemTable>& tables);

}  // namespace vrp
