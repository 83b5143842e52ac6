#include "pipeline/base/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace vrp {

InputFile::InputFile(std::filesystem::path path) : path_(std::move(path)) {
  retry_transient([&] { open(); });
}

InputFile::~InputFile() { close(); }

void InputFile::open() const {
  if (fd_ >= 0) return;
  fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) fail_errno(path_, "cannot be opened");
}

void InputFile::close() const noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::uint64_t InputFile::size() const {
  return retry_transient([&] {
    open();
    struct stat facts {};
    if (::fstat(fd_, &facts) == 0) return static_cast<std::uint64_t>(facts.st_size);
    const int number = errno;
    close();
    throw FileError(path_, "cannot be read", number);
  });
}

std::size_t InputFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const std::size_t got = retry_transient([&] {
      open();
      const ssize_t n =
          ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (n >= 0) return static_cast<std::size_t>(n);
      const int number = errno;
      close();
      throw FileError(path_, "cannot be read", number);
    });
    if (got == 0) break;
    done += got;
  }
  return done;
}

}  // namespace vrp
