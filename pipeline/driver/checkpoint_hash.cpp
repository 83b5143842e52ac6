#include "pipeline/driver/checkpoint_hash.hpp"

#include <sys/stat.h>

#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"

namespace vrp {
namespace fs = std::filesystem;

Json hash_checkpoint(const fs::path& folder, const Json& known) {
  if (!fs::is_directory(folder)) fail(folder.string(), ": checkpoint folder does not exist");
  if (!fs::exists(folder / "config.json")) {
    fail(folder.string(), ": has no config.json; expected a checkpoint folder as downloaded");
  }
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file() && (extension == ".json" || extension == ".safetensors" ||
                                    extension == ".model" || extension == ".txt")) {
      names.insert(entry.path().filename().string());
    }
  }
  Json files = Json::object();
  Hasher all;
  for (const auto& name : names) {
    struct stat facts {};
    ::stat((folder / name).c_str(), &facts);
    const std::int64_t modified =
        std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
    Json entry;
    if (known.is_object() && known.contains("files") && known["files"].contains(name)) {
      entry = known["files"][name];
    }
    if (!entry.is_object() || entry.value("bytes", std::int64_t{-1}) != facts.st_size ||
        entry.value("modified", std::int64_t{-1}) != modified) {
      const FileHashes hashes = hash_file_both(folder / name);
      entry = {{"bytes", hashes.bytes},
               {"modified", modified},
               {"xxh3", hashes.xxh3.hex()},
               {"sha256", hashes.sha256}};
    }
    all.add(name).add(entry.at("xxh3").get<std::string>());
    files[name] = entry;
  }
  return {{"hash", all.finish().hex()}, {"files", files}};
}

}  // namespace vrp
