// vrp doctor: cores, memory and their limits.
#include <sched.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/doctor.hpp"
#include "pipeline/control/stage_sizes.hpp"
#include "pipeline/model/shared_segment.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLittleMemory = 4'000'000'000, kLittleShared = 1'000'000'000;

/// The figure of a line "NAME: 123 kB" of /proc/meminfo, in bytes; -1.
std::int64_t meminfo(const std::string& name) {
  std::ifstream in("/proc/meminfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name + ":")) continue;
    std::istringstream words(line.substr(name.size() + 1));
    std::int64_t kilobytes = -1;
    words >> kilobytes;
    return kilobytes * 1024;
  }
  return -1;
}

std::int64_t number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t value = kNoLimit;
  return in >> value ? value : kNoLimit;  // "max" of version 2 is no number
}

/// The tightest memory limit of this process's control groups, versions 1 and 2.
std::int64_t cgroup_limit() {
  std::int64_t limit = kNoLimit;
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const auto fields = split(line, ':');  // number:controllers:path
    if (fields.size() < 3) continue;
    const bool second = fields[1].empty();
    if (!second && fields[1].find("memory") == std::string::npos) continue;
    const fs::path base = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (fs::path at = fields[2];; at = at.parent_path()) {
      limit = std::min(limit, number_in(base / at.relative_path() /
                                        (second ? "memory.max" : "memory.limit_in_bytes")));
      if (at == at.parent_path()) break;
    }
  }
  return limit;
}

Check cores_check() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int allowed = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
  const unsigned all = std::thread::hardware_concurrency();
  const char* threads = std::getenv("OMP_NUM_THREADS");
  const std::string found = concat(
      "this process may use ", allowed, " of ", ::sysconf(_SC_NPROCESSORS_ONLN), " cores, ",
      threads == nullptr ? "OMP_NUM_THREADS is not set" : concat("OMP_NUM_THREADS=", threads));
  if (allowed == 1 && all > 1)
    return warning("cores", found,
                   "bound to one core: mpirun --bind-to none, or srun --cpu-bind=none, for ranks "
                   "with [run] threads above 1");
  int asked = 0;
  if (threads != nullptr) asked = std::atoi(threads);
  if (asked > std::max(1, allowed))
    return warning("cores", found, "more threads than cores: set OMP_NUM_THREADS lower");
  return ok("cores", found);
}

Check memory_check() {
  const std::int64_t total = meminfo("MemTotal"), available = meminfo("MemAvailable");
  const std::int64_t group = cgroup_limit();
  struct rlimit space {};
  const bool limited = ::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
  std::string found = bytes_text(total) + ", " + bytes_text(available) + " available";
  if (group < total) found += ", control group allows " + bytes_text(group);
  if (limited)
    return warning("memory",
                   found + ", ulimit -v " + bytes_text(static_cast<std::int64_t>(space.rlim_cur)),
                   "weights are mapped: ulimit -v unlimited");
  if (std::min(available, group) < kLittleMemory)
    return warning("memory", found, "vrp check-model tells what a rank needs");
  return ok("memory", found);
}

Check shared_check() {
  const std::string folder = SharedSegment::default_folder().string();
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0 || ::access(folder.c_str(), W_OK) != 0)
    return warning("shared memory", folder + " cannot be used",
                   "each rank keeps weights of its own: --load read");
  const auto size =
      static_cast<std::int64_t>(facts.f_blocks) * static_cast<std::int64_t>(facts.f_frsize);
  const auto free =
      static_cast<std::int64_t>(facts.f_bavail) * static_cast<std::int64_t>(facts.f_frsize);
  std::string found = folder + ": " + bytes_text(free) + " of " + bytes_text(size) + " free";
  const OrphanedSegments left = find_orphaned_segments(folder);
  if (left.count > 0) {
    found += concat("; killed runs left ", left.count, left.count == 1 ? " copy" : " copies",
                    " of weights, ", bytes_text(static_cast<std::int64_t>(left.bytes)));
    return warning("shared memory", found,
                   concat("the next run on this host removes them; without one: rm ", folder,
                          "/vrp-weights-", ::geteuid(), "-* while none of yours runs"));
  }
  if (free < kLittleShared)
    return warning("shared memory", found,
                   "ranks of a node share one copy of the weights there: make it larger "
                   "(docker: --shm-size), or --load read");
  return ok("shared memory", found);
}

Check files_check() {
  struct rlimit files {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::string found = concat("at most ", files.rlim_cur, " open");
  if (files.rlim_cur < 256) return warning("files", found, "ulimit -n 1024");
  return ok("files", found);
}

}  // namespace

Checks machine_checks() { return {cores_check(), memory_check(), shared_check(), files_check()}; }

}  // namespace vrp
