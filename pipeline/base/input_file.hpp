#pragma once
// A file read at any offset, through failures that pass: a handle gone stale is opened anew.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "pipeline/base/retry.hpp"

namespace vrp {

class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);  ///< FileError when it cannot be opened
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const;  ///< bytes, now
  /// Bytes read from `offset` on: as many as `into` has room for, fewer only at the file's end.
  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const;
  int descriptor() const { return fd_; }  ///< until the next read

 private:
  void open() const;
  void close() const noexcept;
  std::filesystem::path path_;
  mutable int fd_ = -1;
};

}  // namespace vrp
