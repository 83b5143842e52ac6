#include "pipeline/driver/folder_list.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "pipeline/base/retry.hpp"

namespace vrp {

FileStamp stamp_of(const std::filesystem::path& file) {
  return retry_transient([&]() -> FileStamp {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return {};
      fail_errno(file, "cannot be looked at");
    }
    return {static_cast<std::uintmax_t>(facts.st_size),
            std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
  });
}

FolderList FolderList::open(const std::filesystem::path& folder) {
  return retry_transient([&] { return open_once(folder); });
}

FolderList FolderList::open_once(const std::filesystem::path& folder) {
  FolderList out;
  out.folder_ = folder;
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::opendir(folder.c_str()), close);
  if (!stream) {
    if (errno == ENOENT) return out;
    fail_errno(folder, "cannot be listed");
  }
  out.exists_ = true;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    out.names_.insert(entry->d_name);
  }
  if (errno != 0) fail_errno(folder, "cannot be listed");
  return out;
}

}  // namespace vrp
