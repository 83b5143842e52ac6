#include "pipeline/base/host_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

/// Version 1 writes the largest whole page number for no limit.
constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  if (!(in >> value) || value < 0) return std::nullopt;  // also "max"
  return value;
}

/// The number behind `name` in lines of "name number" or "name: number kB".
std::int64_t field(const std::vector<std::string>& lines, const std::string& name) {
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string word, unit;
    std::int64_t value = 0;
    if (!(words >> word >> value) || (word != name && word != name + ":")) continue;
    words >> unit;
    return unit == "kB" ? value * 1024 : value;
  }
  return 0;
}

/// Files of one version of control groups.
struct Version {
  fs::path mount;
  const char *limit, *used, *cache;
};

/// Lowers `memory`'s limit and room by the group at `path` below the mount and all above it.
void take_groups(const Version& version, const std::string& path, HostMemory& memory) {
  fs::path group = version.mount / fs::path(path).relative_path();
  const auto depth = [](const fs::path& p) { return std::distance(p.begin(), p.end()); };
  for (; depth(group) >= depth(version.mount); group = group.parent_path()) {
    const auto limit = number_in(group / version.limit);
    if (!limit || *limit >= kNoLimit) continue;
    const std::int64_t used = number_in(group / version.used).value_or(0);
    const std::int64_t cache = field(lines_of(group / "memory.stat"), version.cache);
    const std::int64_t room =
        std::max<std::int64_t>(0, *limit - std::max<std::int64_t>(0, used - cache));
    memory.room = memory.limit == 0 ? room : std::min(memory.room, room);
    memory.limit = memory.limit == 0 ? *limit : std::min(memory.limit, *limit);
  }
}

std::string gigabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) * 1e-9);
  return text;
}

}  // namespace

std::int64_t HostMemory::most() const { return limit > 0 && limit < total ? limit : total; }

std::int64_t HostMemory::now() const { return limit > 0 ? std::min(available, room) : available; }

HostMemory host_memory(const fs::path& root) {
  HostMemory memory;
  const auto meminfo = lines_of(root / "proc/meminfo");
  memory.total = field(meminfo, "MemTotal");
  memory.available = field(meminfo, "MemAvailable");
  const fs::path mount = root / "sys/fs/cgroup";
  for (const std::string& line : lines_of(root / "proc/self/cgroup")) {
    // "0::/path" of version 2, "4:memory:/path" of version 1
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = concat(",", line.substr(first + 1, second - first - 1), ",");
    const std::string path = line.substr(second + 1);
    std::error_code ignored;
    if (controllers == ",,") {
      const fs::path unified = mount / "unified";  // beside version 1
      take_groups({fs::exists(unified, ignored) ? unified : mount, "memory.max", "memory.current",
                   "inactive_file"},
                  path, memory);
    } else if (controllers.find(",memory,") != std::string::npos) {
      take_groups({mount / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                   "total_inactive_file"},
                  path, memory);
    }
  }
  return memory;
}

std::string host_memory_text(const HostMemory& memory) {
  std::string text = concat("machine ", gigabytes(memory.total), " GB, ",
                            gigabytes(memory.available), " available");
  if (memory.limit > 0) {
    text += concat("; limit of the job's control group ", gigabytes(memory.limit), " GB, ",
                   gigabytes(memory.room), " left");
  }
  return text;
}

}  // namespace vrp
