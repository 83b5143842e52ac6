#include "pipeline/items/part_files.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {
namespace {

/// "FINAL.part-HOST-", without folder.
std::string prefix_of(const std::filesystem::path& final_name) {
  char host[256] = "host";
  ::gethostname(host, sizeof host - 1);
  return final_name.filename().string() + ".part-" + host + "-";
}

/// Whether `rest` is a process id, alone or followed by an atomic write's ".tmp-...", of a process
/// that no longer lives.
bool names_dead_process(std::string_view rest) {
  int pid = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), pid);
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (error != std::errc() || pid <= 0 || !(rest.empty() || rest.starts_with(".tmp-"))) {
    return false;
  }
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

std::filesystem::path part_name(const std::filesystem::path& final_name) {
  return final_name.parent_path() / (prefix_of(final_name) + std::to_string(::getpid()));
}

std::size_t remove_stale_parts(const std::filesystem::path& final_name) {
  const std::string prefix = prefix_of(final_name);
  std::vector<std::filesystem::path> stale;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(final_name.parent_path(), error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix) &&
        names_dead_process(std::string_view(name).substr(prefix.size()))) {
      stale.push_back(entry->path());
    }
  }
  std::size_t removed = 0;
  for (const auto& path : stale) removed += std::filesystem::remove(path, error) ? 1 : 0;
  return removed;
}

}  // namespace vrp
