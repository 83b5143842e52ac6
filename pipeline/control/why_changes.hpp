#pragma once
// Which fields of the fingerprints changed between what a folder holds and what is wanted now, each
// traced through upstream stages to the field that was changed.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/driver/manifest.hpp"

namespace vrp {

using Fields = std::map<std::string, std::string>;

/// One field that differs; "" with `had` or `has` false where one side has no such field.
struct FieldChange {
  std::string stage;      ///< whose field it is: the stage itself, or one upstream of it
  std::string benchmark;  ///< the cell of that stage
  std::string field, before, now;
  bool had = true, has = true;
  bool operator<(const FieldChange& o) const;
  bool operator==(const FieldChange&) const = default;
};

/// A stage in a cell whose wanted results are not all there.
struct Change {
  const WorkEntry* work = nullptr;
  std::size_t done = 0;          ///< units of the wanted fingerprint that are there
  std::string before;            ///< folder of the newest results of another fingerprint; "" = none
  std::size_t before_units = 0;  ///< files in it
  std::vector<FieldChange> roots;     ///< sorted, each once
  std::vector<std::string> untraced;  ///< fields or folders that nothing is kept of
};

/// Every entry of `work` (what is wanted now) that is not complete in `root`, in order.
std::vector<Change> find_changes(const std::filesystem::path& root,
                                 const std::vector<WorkEntry>& work);

/// The fields behind a folder of units: its fingerprint.json, else `kept` (folder -> fields, of
/// manifests); empty when neither tells.
Fields fields_of_folder(const std::filesystem::path& root, const std::string& folder,
                        const std::map<std::string, Fields>& kept);

/// Splits the field "upstream STAGE of BENCHMARK"; false for any other.
bool upstream_field(const std::string& field, std::string& stage, std::string& benchmark);

/// Folder -> fields of the manifest in `root`; empty when there is none or it is damaged.
std::map<std::string, Fields> fields_of_manifest(const std::filesystem::path& root);

}  // namespace vrp
