#pragma once
// The configuration files of published checkpoints, as the hub has them (google/paligemma-3b-pt-224
// and Qwen/Qwen2-VL-7B-Instruct): what the readers meet in a folder as downloaded.
#include <filesystem>
#include <string>

#include "pipeline/base/json.hpp"

namespace vrp::test {

/// config.json, preprocessor_config.json or generation_config.json of "paligemma" or "qwen2_vl".
Json hub_file(const std::string& family, const std::string& file);

/// Writes the three files.
void write_hub_files(const std::filesystem::path& folder, const std::string& family);

}  // namespace vrp::test
