#include "pipeline/driver/checkpoint_hash.hpp"

#include <sys/stat.h>

#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWeights = ".safetensors";

/// Names of the files that a model is made of.
std::set<std::string> files_of(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file() && (extension == ".json" || extension == kWeights ||
                                    extension == ".model" || extension == ".txt")) {
      names.insert(entry.path().filename().string());
    }
  }
  return names;
}

/// What an earlier result says of a file of this size and time; null when it says nothing of use.
Json known_entry(const Json& known, const std::string& name, std::int64_t bytes,
                 std::int64_t modified) {
  if (!known.is_object() || !known.contains("files")) return nullptr;
  const Json& files = known["files"];
  if (!files.is_object() || !files.contains(name)) return nullptr;
  const Json& entry = files[name];
  const auto is = [&](const char* field, const Json& value) {
    return entry.contains(field) && entry[field] == value;
  };
  const auto has_text = [&](const char* field) {
    return entry.contains(field) && entry[field].is_string();
  };
  const bool good = entry.is_object() && is("bytes", bytes) && is("modified", modified) &&
                    has_text("xxh3") && has_text("sha256");
  return good ? entry : Json();
}

}  // namespace

Json hash_checkpoint(const fs::path& folder, const Json& known) {
  if (!fs::is_directory(folder)) fail(folder.string(), ": checkpoint folder does not exist");
  if (!fs::exists(folder / "config.json")) {
    fail(folder.string(), ": has no config.json; expected a checkpoint folder as downloaded");
  }
  Json files = Json::object();
  Hasher all;
  for (const auto& name : files_of(folder)) {
    struct stat facts {};
    ::stat((folder / name).c_str(), &facts);
    const std::int64_t modified =
        std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
    Json entry = known_entry(known, name, facts.st_size, modified);
    if (entry.is_null()) {
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

void check_unchanged(const fs::path& folder, const Json& known) {
  constexpr const char* kSince = "when the run's fingerprints were made";
  if (!fs::is_directory(folder)) fail(folder.string(), ": checkpoint folder does not exist");
  const Json& files = known.at("files");
  const std::set<std::string> names = files_of(folder);
  for (const auto& [name, facts] : files.items()) {
    const fs::path path = folder / name;
    if (!names.contains(name)) fail(path.string(), ": is missing, it was there ", kSince);
    if (path.extension() == kWeights) continue;
    const std::string found = hash_file(path).hex();
    const std::string expected = facts.at("xxh3").get<std::string>();
    if (found == expected) continue;
    fail(path.string(), ": its content hashes to ", found, ", expected ", expected, " as ", kSince,
         "; it has changed since, or is another one on this host");
  }
  for (const std::string& name : names) {
    if (!files.contains(name)) fail((folder / name).string(), ": was not there ", kSince);
  }
}

}  // namespace vrp
