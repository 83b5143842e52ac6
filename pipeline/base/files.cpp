#include "pipeline/base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <utility>

namespace vrp {
namespace fs = std::filesystem;
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A neighbour of `path` that no other process, thread or host uses.
fs::path temporary_name(const fs::path& path) {
  thread_local std::random_device random;
  char text[64];
  std::snprintf(text, sizeof text, ".tmp-%ld-%08x%08x", static_cast<long>(::getpid()), random(),
                random());
  fs::path out = path;
  out += text;
  return out;
}

/// Fills the open file and closes it; on disk when this returns.
void fill(Descriptor& file, const fs::path& name, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_errno(name, "write failed");
    done += static_cast<std::size_t>(put);
  }
  // EINVAL: a file system without fsync. A failed fsync is never tried again on the same file: the
  // kernel may have dropped the pages. The caller writes a new one.
  if (::fsync(file.get()) != 0 && errno != EINVAL) fail_errno(name, "flush failed");
  if (::close(file.release()) != 0 && errno != EINTR) fail_errno(name, "close failed");
}

/// A new, complete, synced file; nothing is left when it fails.
void write_new(const fs::path& name, std::string_view bytes) {
  Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0) fail_errno(name, "cannot be created");
  try {
    fill(file, name, bytes);
  } catch (...) {
    ::unlink(name.c_str());
    throw;
  }
}

bool same_file(const fs::path& a, const fs::path& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool no_hard_links(int number) {
  return number == EPERM || number == EOPNOTSUPP || number == ENOSYS || number == EMLINK ||
         number == EINVAL || number == EXDEV;
}

enum class Linked { yes, exists, unsupported };

/// Gives `file` its second name `to`, which must be new.
Linked link_once(const fs::path& file, const fs::path& to) {
  return retry_transient([&] {
    if (::link(file.c_str(), to.c_str()) == 0) return Linked::yes;
    const int number = errno;
    // A network file system may lose the reply to a link that was made; the client's second request
    // then meets its own work.
    if (number == EEXIST) return same_file(file, to) ? Linked::yes : Linked::exists;
    if (no_hard_links(number)) return Linked::unsupported;
    throw FileError(to, "cannot be renamed to", number);
  });
}

/// Without hard links: renames unless `to` exists. False when it does.
bool rename_once(const fs::path& from, const fs::path& to) {
  return retry_transient([&] {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
      return true;
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS) fail_errno(to, "cannot be renamed to");
    // Neither is offered here: of two writers at the same moment the second replaces the first, by
    // the same content.
    if (file_exists(to)) return false;
    if (::rename(from.c_str(), to.c_str()) != 0) fail_errno(to, "cannot be renamed to");
    return true;
  });
}

std::vector<unsigned char> read_once(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail_errno(path, "cannot be opened");
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) fail_errno(path, "cannot be read");
  if (S_ISDIR(facts.st_mode)) fail(path.string(), ": is a folder, expected a file");
  // The size is a hint: files of /proc say 0, and a file may grow while it is read.
  std::vector<unsigned char> bytes(static_cast<std::size_t>(facts.st_size) + 1);
  std::size_t done = 0;
  while (true) {
    if (done == bytes.size()) bytes.resize(2 * bytes.size() + 4096);
    const ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_errno(path, "read error");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

bool is_folder(const fs::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

/// One level; no error when it is there already. Looked at first: a read-only file system answers
/// mkdir of an existing folder with EROFS.
void make_folder(const fs::path& path) {
  retry_transient([&] {
    if (is_folder(path) || ::mkdir(path.c_str(), 0777) == 0) return;
    const int number = errno;
    if (number == EEXIST && is_folder(path)) return;
    throw FileError(path, "cannot be created", number);
  });
}

}  // namespace

std::vector<unsigned char> read_bytes(const fs::path& path) {
  return retry_transient([&] { return read_once(path); });
}

std::string read_text(const fs::path& path) {
  const auto bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

bool file_exists(const fs::path& path) {
  return retry_transient([&] {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0) return true;
    if (errno != ENOENT && errno != ENOTDIR) fail_errno(path, "cannot be looked at");
    return false;
  });
}

void sync_path(const fs::path& path) {
  retry_transient([&] {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) fail_errno(path, "cannot be opened to be flushed");
    if (::fsync(file.get()) != 0 && errno != EINVAL) fail_errno(path, "cannot be flushed to disk");
  });
}

void write_atomically(const fs::path& path, std::string_view bytes) {
  retry_transient([&] {
    const fs::path temporary = temporary_name(path);
    write_new(temporary, bytes);
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      const int number = errno;
      ::unlink(temporary.c_str());
      throw FileError(path, "cannot be renamed to", number);
    }
  });
  sync_path(folder_of(path));
}

bool create_once(const fs::path& path, std::string_view bytes) {
  const fs::path temporary = temporary_name(path);
  retry_transient([&] { write_new(temporary, bytes); });
  Linked linked = Linked::exists;
  try {
    linked = link_once(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  ::unlink(temporary.c_str());
  if (linked != Linked::unsupported) {
    if (linked == Linked::yes) sync_path(folder_of(path));
    return linked == Linked::yes;
  }
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0 && errno == EEXIST) return false;
  if (file.get() < 0) fail_errno(path, "cannot be created");
  fill(file, path, bytes);
  sync_path(folder_of(path));
  return true;
}

bool commit_file(const fs::path& temporary, const fs::path& final_name) {
  // link() fails when the name exists, so of two ranks the first wins.
  bool first = false;
  try {
    const Linked linked = link_once(temporary, final_name);
    first = linked == Linked::yes ||
            (linked == Linked::unsupported && rename_once(temporary, final_name));
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  ::unlink(temporary.c_str());
  if (first) sync_path(folder_of(final_name));
  return first;
}

void make_folders(const fs::path& path) {
  fs::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    if (!part.empty()) make_folder(so_far);
  }
}

void make_folders_in(const fs::path& root, const fs::path& relative) {
  if (!file_exists(root)) {
    throw FileError(root, "the folder is gone, it was deleted or moved", ENOENT);
  }
  fs::path so_far = root;
  for (const auto& part : relative) {
    so_far /= part;
    if (!part.empty()) make_folder(so_far);
  }
}

void remove_temporaries(const fs::path& folder, bool recursive) noexcept {
  std::error_code error;
  std::vector<fs::path> found;
  const auto look = [&](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    if (name.find(".tmp-") != std::string::npos && entry.is_regular_file(error)) {
      found.push_back(entry.path());
    }
  };
  if (recursive) {
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error))
      look(*it);
  } else {
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      look(*it);
  }
  for (const auto& path : found) fs::remove(path, error);
}

fs::path inside(const fs::path& root, std::string_view name) {
  const fs::path relative(name);
  if (name.empty() || relative.is_absolute()) {
    fail("'", std::string(name), "': expected a name inside ", root.string());
  }
  for (const auto& part : relative) {
    if (part == "..") fail("'", std::string(name), "': leaves the folder ", root.string());
  }
  return root / relative;
}

}  // namespace vrp
