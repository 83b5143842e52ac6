#pragma once
// Steps of `vrp import` after the rows are read.
#include <filesystem>
#include <iosfwd>

#include "pipeline/control/import_options.hpp"

namespace vrp {

/// Error (foreign_folder) when `out` exists, holds other items, and `force` is off. Called before
/// anything is written.
void require_own_table(const std::filesystem::path& out, const ItemTable& table, bool force);

/// Writes the table, whole or not at all, and prints n, images, answers, regions, warnings.
void write_and_summarise(const ImportCommand& command, const Imported& imported,
                         std::ostream& print);

/// Draws a counting or spatial set from COCO instances; writes the set as JSON, the check sheet
/// (JSON and HTML), the balance report, and the item table last.
void import_drawn_set(const ImportCommand& command, std::ostream& print);

}  // namespace vrp
