#pragma once
// The fingerprint of a checkpoint folder: hashes of its configuration, tokenizer and weight files.
#include <filesystem>
#include <string>

#include "pipeline/base/json.hpp"

namespace vrp {

/// {"hash": hex, "files": {NAME: {"bytes", "xxh3", "sha256", "modified"}}}. Files whose size and
/// time of change equal those in `known` (an earlier result, may be null) are not read again.
/// Error (bad_input) when the folder or its config.json is missing.
Json hash_checkpoint(const std::filesystem::path& folder, const Json& known);

/// Holds the folder against `known`, a result of hash_checkpoint, perhaps of another host, without
/// reading the weights, which are hashed while they are loaded. Error (bad_input): a file is gone
/// or new, or another than weights has another content.
void check_unchanged(const std::filesystem::path& folder, const Json& known);

}  // namespace vrp
