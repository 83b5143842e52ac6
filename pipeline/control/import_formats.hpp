#pragma once
// The formats of `vrp import`: one entry each with its help, its own options and its importer.
#include <boost/program_options.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/control/import_options.hpp"

namespace vrp {

using OptionList = boost::program_options::options_description;

struct ImportFormat {
  const char* name;
  const char* usage;        ///< its lines of `vrp import --help`, after "vrp import NAME "
  const char* description;  ///< shown by `vrp import NAME --help` above the options
  bool needs_images;        ///< --images must be given
  /// Adds the format's own options, or null.
  void (*add_options)(OptionList& options, ImportCommand& command);
  /// Reads the benchmark's files.
  Imported (*run)(const ImportCommand& command);
};

/// All formats, in the order of the help text.
const std::vector<ImportFormat>& import_formats();
/// Error (usage) on an unknown name, naming the nearest.
const ImportFormat& find_import_format(const std::string& name);

/// An option that names one file or folder, or several.
void add_path(OptionList& options, const char* name, const char* value_name,
              std::filesystem::path& target, const char* help);
void add_paths(OptionList& options, const char* name, const char* value_name,
               std::vector<std::filesystem::path>& target, const char* help);

/// The options of sets drawn from COCO instances.
void add_counting_options(OptionList& options, ImportCommand& command);
void add_spatial_options(OptionList& options, ImportCommand& command);

}  // namespace vrp
