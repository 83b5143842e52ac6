// vrp doctor: what a run needs of the file system that its folder lies on.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/control/doctor.hpp"
#include "pipeline/control/stage_sizes.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kLittleSpace = 2'000'000'000, kFewInodes = 10'000;
constexpr int kSmallFiles = 20;
constexpr double kSlowMilliseconds = 100, kSkewSeconds = 5;

/// The nearest folder that exists.
fs::path existing(fs::path folder) {
  std::error_code error;
  folder = fs::absolute(folder, error);
  while (!fs::is_directory(folder, error) && folder.has_relative_path())
    folder = folder.parent_path();
  return folder;
}

std::string type_name(const fs::path& folder) {
  static const std::map<std::uint64_t, const char*> names{
      {0xEF53, "ext4"},      {0x58465342, "xfs"},    {0x9123683E, "btrfs"},
      {0x01021994, "tmpfs"}, {0x6969, "nfs"},        {0x0BD00BD0, "lustre"},
      {0x47504653, "gpfs"},  {0x19830326, "beegfs"}, {0x794C7630, "overlay"},
      {0x65735546, "fuse"},  {0xFF534D42, "cifs"},   {0x00C36400, "ceph"},
      {0x2FC12FC1, "zfs"},   {0xAAD7AAEA, "panfs"},  {0x7461636F, "ocfs2"},
      {0x01161970, "gfs2"}};
  struct statfs facts {};
  if (::statfs(folder.c_str(), &facts) != 0) return "unknown";
  const auto found = names.find(static_cast<std::uint64_t>(facts.f_type) & 0xFFFFFFFFu);
  char text[32];
  std::snprintf(text, sizeof text, "type 0x%lx", static_cast<unsigned long>(facts.f_type));
  return found != names.end() ? found->second : text;
}

Check space_check(const fs::path& folder) {
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0)
    return problem("folder", folder.string() + ": " + std::strerror(errno), "give another folder");
  const auto free =
      static_cast<std::int64_t>(facts.f_bavail) * static_cast<std::int64_t>(facts.f_frsize);
  const std::string type = type_name(folder);
  std::string found = folder.string() + ": " + type + ", " + bytes_text(free) + " free";
  if (facts.f_files > 0) found += concat(", ", facts.f_favail, " files free");
  if (free == 0) return problem("folder", found, "no space is left: free some");
  if (facts.f_files > 0 && static_cast<std::int64_t>(facts.f_favail) < kFewInodes)
    return warning("folder", found, "few files may still be made: a unit is a file");
  if (free < kLittleSpace)
    return warning("folder", found, "little space: vrp plan tells what a sweep writes");
  if (type == "tmpfs") return warning("folder", found, "lies in memory and is gone with the node");
  return ok("folder", found);
}

/// A folder of our own inside `parent`, removed with all that is in it.
class Scratch {
 public:
  explicit Scratch(const fs::path& parent) {
    std::string name = (parent / ".vrp-doctor-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail(parent.string(), ": ", std::strerror(errno));
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Write, fsync, link without replacing, rename, fsync of the folder, read back.
Check semantics_check(const fs::path& folder) {
  const std::string text(65536, 'x');
  const fs::path file = folder / "unit", part = folder / "part", other = folder / "other";
  write_atomically(file, text);
  write_atomically(part, "another");
  bool links = true;
  if (::link(part.c_str(), file.c_str()) == 0)
    return problem("write", "a link replaces a file that is there",
                   "two ranks could overwrite each other's units: give a folder elsewhere");
  if (errno != EEXIST) links = false;
  if (links && ::link(part.c_str(), other.c_str()) != 0) links = false;
  const int link_error = errno;
  if (::rename(part.c_str(), other.c_str()) != 0)
    return problem("write", concat("rename: ", std::strerror(errno)), "give a folder elsewhere");
  sync_path(folder);
  if (read_text(file) != text)
    return problem("write", "a file reads back as something else", "give a folder elsewhere");
  if (!links)
    return warning("write",
                   concat("write, fsync and rename work; link: ", std::strerror(link_error)),
                   "units are renamed instead; start one run only on a folder");
  return ok("write", "write, fsync, link and rename work");
}

Check latency_check(const fs::path& folder) {
  const double begin = wall_seconds();
  for (int i = 0; i < kSmallFiles; ++i)
    write_atomically(folder / ("small" + std::to_string(i)), "a small file");
  const double each = (wall_seconds() - begin) / kSmallFiles * 1000;
  char text[96];
  std::snprintf(text, sizeof text, "%.3g ms for a small file (write, fsync, rename)", each);
  if (each > kSlowMilliseconds)
    return warning("latency", text, "make units larger: [run] unit_items");
  return ok("latency", text);
}

Check clock_check(const fs::path& folder) {
  const double before = wall_seconds();
  write_atomically(folder / "now", "now");
  const double after = wall_seconds();
  struct stat facts {};
  if (::stat((folder / "now").c_str(), &facts) != 0)
    return warning("clock", std::strerror(errno), "times of files cannot be told");
  const double time =
      static_cast<double>(facts.st_mtim.tv_sec) + 1e-9 * static_cast<double>(facts.st_mtim.tv_nsec);
  const double skew = time < before ? time - before : time > after ? time - after : 0;
  char text[96];
  std::snprintf(text, sizeof text, "times of files are %.2g s from this host's clock", skew);
  if (std::abs(skew) > kSkewSeconds)
    return warning("clock", text, "ask the administrators: heartbeats of runs compare clocks");
  return ok("clock", text);
}

Check lock_check(const fs::path& folder) {
  const fs::path file = folder / "lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const bool works = descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  const std::string why = works ? "" : std::strerror(errno);
  if (descriptor >= 0) ::close(descriptor);
  const char* set = std::getenv("HDF5_USE_FILE_LOCKING");
  const bool forced =
      set != nullptr && (std::strcmp(set, "TRUE") == 0 || std::strcmp(set, "1") == 0);
  const std::string found = "HDF5 " + hdf5_version() + "; file locks " +
                            (works ? "work here" : "do not work here (" + why + ")");
  if (forced && !works)
    return problem("HDF5", found, "unset HDF5_USE_FILE_LOCKING: VRP switches it off by itself");
  if (forced)
    return warning("HDF5", found + ", and HDF5_USE_FILE_LOCKING=" + set,
                   "unset it: VRP does without, and locks hang on some file systems");
  return ok("HDF5", found + " and are switched off");
}

}  // namespace

Checks folder_checks(const std::filesystem::path& asked) {
  std::error_code ignored;
  if (fs::exists(asked, ignored) && !fs::is_directory(asked, ignored))
    return {problem("folder", asked.string() + " is no folder", "give the folder of a run")};
  const fs::path folder = existing(asked);
  Checks out{space_check(folder)};
  try {
    const Scratch scratch(folder);
    for (const auto& check : {semantics_check, latency_check, clock_check, lock_check}) {
      out.push_back(check(scratch.path()));
    }
  } catch (const Error& error) {
    out.push_back(problem("write", error.what(), "runs cannot write here: give another folder"));
  }
  return out;
}

}  // namespace vrp
