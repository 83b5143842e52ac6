#pragma once
// One folder listed once: which names it holds, and size and time of those that are asked for. On a
// network file system a listing costs a few round trips where a look at each name costs one each.
#include <filesystem>
#include <string>
#include <unordered_set>

#include "pipeline/driver/journal.hpp"

namespace vrp {

/// Size and time of change; FileStamp{} when there is no such file. Error when it cannot be told.
FileStamp stamp_of(const std::filesystem::path& file);

class FolderList {
 public:
  /// A folder that does not exist is an empty list. Error (with the system's text) when it exists
  /// and cannot be read.
  static FolderList open(const std::filesystem::path& folder);

  bool exists() const { return exists_; }
  bool has(const std::string& name) const { return names_.contains(name); }
  const std::unordered_set<std::string>& names() const { return names_; }
  FileStamp stamp(const std::string& name) const { return stamp_of(folder_ / name); }

 private:
  static FolderList open_once(const std::filesystem::path& folder);
  std::filesystem::path folder_;
  std::unordered_set<std::string> names_;
  bool exists_ = false;
};

}  // namespace vrp
