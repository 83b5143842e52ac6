#pragma once
// The command line of `vrp import`.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/control/commands.hpp"
#include "pipeline/items/coco_sets.hpp"
#include "pipeline/items/importers.hpp"

namespace vrp {

/// A file whose images a drawn set must not use.
struct ExcludedFile {
  std::filesystem::path path;
  std::int64_t first = 0;  ///< only its first rows count; 0 = all
};

/// Everything that `vrp import FORMAT ...` was told.
struct ImportCommand {
  std::string format;  ///< a name of import_formats()
  ImportOptions common;
  std::filesystem::path out, instances, set_json, veto;
  bool force = false, allow_short = false;
  std::vector<std::filesystem::path> labels;
  std::filesystem::path answers;              ///< VQAv2 annotations
  std::filesystem::path references, context;  ///< LLaVA-Bench
  std::filesystem::path ocr;                  ///< TextVQA's OCR file
  std::vector<ExcludedFile> exclude;
  std::int64_t n = 0;  ///< size of a built set; 0 = per-stratum options decide
  double check_share = 0.05;
  std::string kind = "auto";
  std::vector<std::string> categories, types;  ///< MME's, SEED-Bench's; empty = all
  bool reference_reader = false;               ///< read a table as the reference does
  CountingParams counting;
  SpatialParams spatial;
};

/// False when a help text was asked for (and printed). Error (usage) on an unknown format or
/// option (naming the nearest), a missing or ill-typed value.
bool read_import_command(const Arguments& arguments, ImportCommand& command);

}  // namespace vrp
