#include "pipeline/control/export_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

namespace vrp {

ExportOutput::ExportOutput(std::string path) : path_(std::move(path)) {
  if (path_.empty()) {
    file_ = stdout;
    return;
  }
  if (std::filesystem::is_directory(path_)) fail(path_, ": is a folder, expected a file's name");
  temporary_ = path_ + ".tmp-" + std::to_string(::getpid());
  file_ = std::fopen(temporary_.c_str(), "wb");
  if (file_ == nullptr) fail_system("cannot be created");
}

ExportOutput::~ExportOutput() {
  if (path_.empty() || file_ == nullptr) return;
  std::fclose(file_);
  ::unlink(temporary_.c_str());
}

void ExportOutput::fail_system(const char* what) const {
  const int error = errno;
  fail(path_.empty() ? "standard output" : path_, ": ", what, ": ", std::strerror(error));
}

void ExportOutput::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
    fail_system("write failed");
}

void ExportOutput::commit() {
  if (std::fflush(file_) != 0) fail_system("write failed");
  if (path_.empty()) return;
  if (::fsync(::fileno(file_)) != 0 && errno != EINVAL) fail_system("flush failed");
  std::FILE* file = file_;
  file_ = nullptr;
  const bool closed = std::fclose(file) == 0;
  if (!closed || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    errno = error;
    fail_system(closed ? "cannot be renamed to" : "close failed");
  }
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  sync_path(folder.empty() ? "." : folder);
}

}  // namespace vrp
