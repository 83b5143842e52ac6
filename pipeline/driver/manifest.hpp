#pragma once
// RUN/manifest.json: who, when, with what, and what the folder holds. The fields `models`,
// `benchmarks` and `work` describe the current plan; `launches` grows by one with every start. The
// files of a work entry are a rule, {"units": {"count", "items", "unit_items"}}, or, for the parts
// of a whole cell, a list, {"files": [[name, first item, last item], ...]}.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/config/sweep.hpp"
#include "pipeline/driver/plan.hpp"

namespace vrp {

/// Where one (stage, cell) of a manifest lies and which files it consists of.
struct WorkEntry {
  std::string model, benchmark, stage, folder;
  std::vector<std::string> files;         ///< relative to RUN, in the order of items
  std::vector<std::int64_t> first, last;  ///< item range of each file
  bool pooled = false;
  Json fingerprint;  ///< field -> value
};

/// Json of the current plan. `checkpoints`: model name -> result of hash_checkpoint. `extra` (build
/// facts, families, host) is merged in. Launches of `previous` (may be null) are kept.
Json make_manifest(const Sweep& sweep, const Plan& plan, const Json& checkpoints, const Json& extra,
                   const Json& previous);

/// Error (foreign_folder) when the folder's manifest belongs to a sweep of another name; Error
/// (usage) when the folder holds other things and no manifest. Returns the manifest or null.
Json check_folder(const std::filesystem::path& root, const std::string& sweep_name);

/// Error when there is none, or when a field that commands look up is of another type.
Json read_manifest(const std::filesystem::path& root);
/// Every (stage, cell), with its files listed by name. Error when an entry is not what it should
/// be.
std::vector<WorkEntry> work_of(const Json& manifest);

/// Writes FOLDER/fingerprint.json for every (stage, cell) of the plan that has none: the fields of
/// its fingerprint, so that `vrp why` can say later what was changed. Errors of a full disk.
void write_fingerprints(const std::filesystem::path& root, const Plan& plan);

/// The fields in FOLDER/fingerprint.json; null when there is none or it is damaged.
Json read_fingerprint(const std::filesystem::path& folder);

}  // namespace vrp
