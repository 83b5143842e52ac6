#pragma once
// What memory the processes of a job may use on their host. Linux gives out more than there is, and
// ends a process that touches too much of it, by SIGKILL and without a word: it has to be known
// beforehand.
#include <cstdint>
#include <filesystem>
#include <string>

namespace vrp {

struct HostMemory {
  std::int64_t total = 0;      ///< bytes of the machine; 0 = not known
  std::int64_t available = 0;  ///< that could be taken now without swapping (MemAvailable)
  std::int64_t limit = 0;  ///< lowest limit of this process's control groups (Slurm's); 0 = none
  std::int64_t room =
      0;  ///< below it, what lies in the file cache being free to go; 0 without limit
  /// What all processes of the group, or machine, may hold together: the most, and now.
  std::int64_t most() const;
  std::int64_t now() const;
};

/// Of this process: /proc/meminfo, and memory.max (version 2) or memory.limit_in_bytes (version 1)
/// of its control group and all above it. What cannot be read is not known; no Error. `root` stands
/// before /proc and /sys, for tests.
HostMemory host_memory(const std::filesystem::path& root = "/");

/// "machine 256.0 GB, 200.1 available; limit of the job's control group 64.0 GB, 60.2 left"
std::string host_memory_text(const HostMemory& memory);

}  // namespace vrp
