#include "pipeline/driver/folder_list.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "pipeline/base/error.hpp"

namespace vrp {

FileStamp stamp_of(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) return {};
    fail(file.string(), ": cannot be looked at: ", std::strerror(error));
  }
  return {static_cast<std::uintmax_t>(facts.st_size),
          std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

FolderList FolderList::open(const std::filesystem::path& folder) {
  FolderList out;
  out.folder_ = folder;
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::opendir(folder.c_str()), close);
  if (!stream) {
    const int error = errno;
    if (error == ENOENT) return out;
    fail(folder.string(), ": cannot be listed: ", std::strerror(error));
  }
  out.exists_ = true;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    out.names_.insert(entry->d_name);
  }
  if (errno != 0) {
    const int error = errno;
    fail(folder.string(), ": cannot be listed: ", std::strerror(error));
  }
  return out;
}

}  // namespace vrp
