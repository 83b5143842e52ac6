#include "pipeline/base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "pipeline/base/error.hpp"

namespace vrp {
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

[[noreturn]] void fail_errno(const std::filesystem::path& path, const char* what) {
  const int error = errno;
  fail(path.string(), ": ", what, ": ", std::strerror(error));
}

}  // namespace

std::vector<unsigned char> read_bytes(const std::filesystem::path& path) {
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

std::string read_text(const std::filesystem::path& path) {
  const auto bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

void sync_path(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail_errno(path, "cannot be opened to be flushed");
  if (::fsync(file.get()) != 0 && errno != EINVAL) fail_errno(path, "cannot be flushed to disk");
}

void write_atomically(const std::filesystem::path& path, std::string_view bytes) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::filesystem::path temporary = path;
  temporary += ".tmp-" + std::to_string(::getpid());
  try {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) fail_errno(temporary, "cannot be created");
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail_errno(temporary, "write failed");
      done += static_cast<std::size_t>(put);
    }
    if (::fsync(file.get()) != 0 && errno != EINVAL) fail_errno(temporary, "flush failed");
    if (::close(file.release()) != 0) fail_errno(temporary, "close failed");
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail_errno(path, "cannot be renamed to");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_path(folder);
}

bool commit_file(const std::filesystem::path& temporary, const std::filesystem::path& final_name) {
  // link() fails when the name exists, so of two ranks the first wins; file systems without hard
  // links fall back to rename, where equal contents make the winner irrelevant.
  if (::link(temporary.c_str(), final_name.c_str()) == 0) {
    ::unlink(temporary.c_str());
  } else if (errno == EEXIST) {
    ::unlink(temporary.c_str());
    return false;
  } else if (::rename(temporary.c_str(), final_name.c_str()) != 0) {
    fail_errno(final_name, "cannot be renamed to");
  }
  sync_path(final_name.parent_path());
  return true;
}

void make_folders(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail(path.string(), ": cannot be created: ", error.message());
}

std::filesystem::path inside(const std::filesystem::path& root, std::string_view name) {
  const std::filesystem::path relative(name);
  if (name.empty() || relative.is_absolute()) {
    fail("'", std::string(name), "': expected a name inside ", root.string());
  }
  for (const auto& part : relative) {
    if (part == "..") fail("'", std::string(name), "': leaves the folder ", root.string());
  }
  return root / relative;
}

}  // namespace vrp
