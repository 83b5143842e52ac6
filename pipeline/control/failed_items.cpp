#include "pipeline/control/failed_items.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/driver/folder_list.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

constexpr std::int32_t kFailed = 1;  // of item/status

bool wanted(const std::string& name) {
  return name == "item/status" || name == "item/reason" || name == "item/key";
}

/// False when `take` had enough.
bool each_in_file(const std::filesystem::path& path, FailedItem item,
                  const std::function<bool(const FailedItem&)>& take) {
  const Record record = read_arrays(path, wanted);
  if (record.find("item/status") == nullptr) return true;  // a stage without items of its own
  const auto& status = record.values<std::int32_t>("item/status");
  const auto& reason = record.values<std::string>("item/reason");
  const auto& key = record.values<std::string>("item/key");
  if (reason.size() != status.size() || key.size() != status.size()) {
    fail(path.string(), ": ", status.size(), " item/status, ", reason.size(), " item/reason and ",
         key.size(), " item/key, expected as many of each");
  }
  for (std::size_t i = 0; i < status.size(); ++i) {
    if (status[i] != kFailed) continue;
    item.key = key[i];
    item.reason = reason[i];
    if (!take(item)) return false;
  }
  return true;
}

}  // namespace

std::size_t each_failed_item(const std::filesystem::path& root, const std::vector<WorkEntry>& work,
                             const Journal& journal,
                             const std::function<bool(const FailedItem&)>& take,
                             const std::function<void(const std::string&)>& damaged) {
  std::size_t opened = 0;
  for (const WorkEntry& entry : work) {
    const FolderList folder = FolderList::open(root / entry.folder);
    for (const std::string& file : entry.files) {
      if (!folder.has(file.substr(entry.folder.size() + 1))) continue;
      const auto known = journal.entries.find(file);
      const bool noted = known != journal.entries.end() && known->second.facts_known;
      if (noted && known->second.facts.failed_items == 0) continue;
      ++opened;
      FailedItem item{entry.model,
                      entry.benchmark,
                      entry.stage,
                      file,
                      noted ? known->second.facts.host : "",
                      "",
                      ""};
      try {
        if (!each_in_file(root / file, std::move(item), take)) return opened;
      } catch (const std::exception& error) {
        damaged(error.what());
      }
    }
  }
  return opened;
}

}  // namespace vrp
