#include "pipeline/model/shared_segment.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHeadBytes = 4096;            // of the file, before the data
constexpr std::uint64_t kMagic = 0x3130474553505256;  // "VRPSEG01"
constexpr off_t kUserByte = 0, kFillerByte = 1;

struct Head {
  std::uint64_t magic, bytes;
  std::atomic<std::uint64_t> progress;
  std::atomic<std::uint32_t> complete;
};
static_assert(sizeof(Head) <= kHeadBytes && std::atomic<std::uint64_t>::is_always_lock_free);

/// F_RDLCK, F_WRLCK or F_UNLCK on one byte, of the open file and not of the process; false when
/// another open file is in the way.
bool lock_byte(int file, off_t byte, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return ::fcntl(file, F_OFD_SETLK, &lock) == 0;
}

/// Whether `path` still names the open file (and not a newer one).
bool still_named(int file, const fs::path& path) {
  struct stat open {
  }, named{};
  return ::fstat(file, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

/// A run that dies leaves its files to the next one on the same host, never to another host's: in a
/// folder that hosts share, locks would not be seen everywhere.
std::string prefix() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return concat("vrp-weights-", ::geteuid(), "-",
                hash_bytes(host.data(), std::strlen(host.data())).hex().substr(0, 8), "-");
}

/// Removes the file if nobody holds it; the caller holds no lock of its own on `file`.
bool remove_unused(int file, const fs::path& path) {
  if (!lock_byte(file, kUserByte, F_WRLCK)) return false;
  const bool removed = still_named(file, path) && ::unlink(path.c_str()) == 0;
  lock_byte(file, kUserByte, F_UNLCK);
  return removed;
}

std::mutex& open_mutex() {
  static std::mutex mutex;
  return mutex;
}
std::set<SharedSegment*>& open_segments() {
  static std::set<SharedSegment*> segments;
  return segments;
}

/// Makes the new, empty `file` `size` bytes long with pages behind them all; "" or what is missing.
/// Without the pages a full file system would be a SIGBUS in the middle of the work.
std::string make_room(int file, const fs::path& folder, std::uint64_t size) {
  struct statvfs facts {};
  if (::fstatvfs(file, &facts) == 0) {
    const std::uint64_t free = std::uint64_t{facts.f_bavail} * facts.f_frsize;
    if (free < size)
      return concat(folder.string(), " has ", free, " bytes free, ", size, " needed");
  }
  int problem = 0;
  do {
    problem = ::posix_fallocate(file, 0, static_cast<off_t>(size));
  } while (problem == EINTR);
  if (problem == 0) return "";
  return concat(folder.string(), ": ", size, " bytes cannot be had: ", std::strerror(problem));
}

}  // namespace

fs::path SharedSegment::default_folder() {
  const char* named = std::getenv("VRP_SHM_DIR");
  return named != nullptr && *named != '\0' ? named : "/dev/shm";
}

std::unique_ptr<SharedSegment> SharedSegment::open(const fs::path& folder, const std::string& key,
                                                   std::uint64_t bytes, std::string& reason) {
  const fs::path path = folder / (prefix() + key);
  const std::uint64_t size = kHeadBytes + bytes;
  while (true) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
      reason = concat(path.string(), ": ", std::strerror(errno));
      return nullptr;
    }
    std::unique_ptr<SharedSegment> out(new SharedSegment(path, file));
    struct stat facts {};
    if (::fstat(file, &facts) != 0 || facts.st_uid != ::geteuid()) {
      reason = path.string() + ": belongs to another user";
      return nullptr;
    }
    if (lock_byte(file, kUserByte, F_WRLCK)) {
      // Nobody uses it: new, or an orphan, whose content nobody vouches for.
      if (!still_named(file, path)) continue;
      const bool emptied = ::ftruncate(file, 0) == 0;
      reason =
          emptied ? make_room(file, folder, size) : path.string() + ": " + std::strerror(errno);
      if (!reason.empty()) {
        ::unlink(path.c_str());
        return nullptr;
      }
      out->map(bytes);
      if (out->map_ == nullptr) {
        reason = concat(path.string(), ": cannot be mapped: ", std::strerror(errno));
        ::unlink(path.c_str());
        return nullptr;
      }
      auto* head = reinterpret_cast<Head*>(out->map_);
      head->bytes = bytes;
      head->magic = kMagic;
      if (!lock_byte(file, kUserByte, F_RDLCK)) continue;
      return out;
    }
    if (errno != EAGAIN && errno != EACCES) {
      reason = concat(path.string(), ": cannot be locked: ", std::strerror(errno));
      return nullptr;
    }
    if (lock_byte(file, kUserByte, F_RDLCK)) {
      if (!still_named(file, path)) continue;
      if (::fstat(file, &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == size) {
        out->map(bytes);
        if (out->map_ == nullptr) {
          reason = concat(path.string(), ": cannot be mapped: ", std::strerror(errno));
          return nullptr;
        }
        const auto* head = reinterpret_cast<const Head*>(out->map_);
        if (head->magic == kMagic && head->bytes == bytes) return out;
      }
      lock_byte(file, kUserByte, F_UNLCK);  // its maker died half-way
    }
    // Somebody is making it.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void SharedSegment::map(std::uint64_t bytes) {
  void* at = ::mmap(nullptr, kHeadBytes + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (at == MAP_FAILED) return;
  map_ = static_cast<std::byte*>(at);
  data_ = map_ + kHeadBytes;
  bytes_ = bytes;
  if (bytes > 0) ::mprotect(data_, bytes, PROT_READ);
  const std::lock_guard lock(open_mutex());
  open_segments().insert(this);
}

SharedSegment::~SharedSegment() {
  {
    const std::lock_guard lock(open_mutex());
    if (open_segments().erase(this) > 0) leave();
  }
  if (map_ != nullptr) ::munmap(map_, kHeadBytes + bytes_);
  ::close(file_);
}

void SharedSegment::leave() {
  lock_byte(file_, kFillerByte, F_UNLCK);
  lock_byte(file_, kUserByte, F_UNLCK);
  remove_unused(file_, path_);
}

bool SharedSegment::complete() const {
  return reinterpret_cast<const Head*>(map_)->complete.load(std::memory_order_acquire) != 0;
}

std::uint64_t SharedSegment::progress() const {
  return reinterpret_cast<const Head*>(map_)->progress.load(std::memory_order_acquire);
}

bool SharedSegment::start_filling() {
  if (complete() || !lock_byte(file_, kFillerByte, F_WRLCK)) return false;
  if (complete()) {
    lock_byte(file_, kFillerByte, F_UNLCK);
    return false;
  }
  state_progress(0);
  if (bytes_ > 0 && ::mprotect(data_, bytes_, PROT_READ | PROT_WRITE) != 0) {
    lock_byte(file_, kFillerByte, F_UNLCK);
    throw Error(ExitCode::internal, concat(path_.string(), ": mprotect: ", std::strerror(errno)));
  }
  filling_ = true;
  return true;
}

void SharedSegment::state_progress(std::uint64_t value) {
  reinterpret_cast<Head*>(map_)->progress.store(value, std::memory_order_release);
}

void SharedSegment::finish() {
  if (!filling_) return;
  reinterpret_cast<Head*>(map_)->complete.store(1, std::memory_order_release);
  give_up();
}

void SharedSegment::give_up() {
  if (!filling_) return;
  filling_ = false;
  if (bytes_ > 0) ::mprotect(data_, bytes_, PROT_READ);
  lock_byte(file_, kFillerByte, F_UNLCK);
}

namespace {

/// Every segment of this user and host, open.
void each_segment(const fs::path& folder,
                  const std::function<void(int file, const fs::path& path)>& use) {
  const std::string start = prefix();
  std::error_code problem;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    if (entry->path().filename().string().rfind(start, 0) == 0) found.push_back(entry->path());
  }
  for (const fs::path& path : found) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) continue;
    use(file, path);
    ::close(file);
  }
}

}  // namespace

OrphanedSegments find_orphaned_segments(const fs::path& folder) {
  OrphanedSegments out;
  each_segment(folder, [&](int file, const fs::path& path) {
    struct stat facts {};
    if (!lock_byte(file, kUserByte, F_WRLCK)) return;
    if (still_named(file, path) && ::fstat(file, &facts) == 0) {
      ++out.count;
      out.bytes += static_cast<std::uint64_t>(facts.st_size);
    }
    lock_byte(file, kUserByte, F_UNLCK);
  });
  return out;
}

int remove_orphaned_segments(const fs::path& folder) {
  int removed = 0;
  each_segment(folder, [&](int file, const fs::path& path) {
    removed += remove_unused(file, path) ? 1 : 0;
  });
  return removed;
}

void leave_shared_segments() {
  const std::lock_guard lock(open_mutex());
  for (SharedSegment* segment : open_segments()) segment->leave();
  open_segments().clear();
}

}  // namespace vrp
