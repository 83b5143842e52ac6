#include "stages/probes/features.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

/// A file without a name: it is gone when the process ends, however it ends.
int open_scratch() {
  std::string path = (std::filesystem::temp_directory_path() / "vrp-features-XXXXXX").string();
  const int file = mkstemp(path.data());
  if (file < 0) fail(path, ": cannot make a scratch file: ", std::strerror(errno));
  unlink(path.c_str());
  return file;
}

off_t byte_offset(std::uint64_t floats) { return static_cast<off_t>(floats * sizeof(float)); }

void write_all(int file, const float* values, std::size_t count, std::uint64_t at) {
  const char* data = reinterpret_cast<const char*>(values);
  std::size_t left = count * sizeof(float);
  off_t offset = byte_offset(at);
  while (left > 0) {
    const ssize_t done = pwrite(file, data, left, offset);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) fail("scratch file of features: cannot write: ", std::strerror(errno));
    data += done;
    offset += done;
    left -= static_cast<std::size_t>(done);
  }
}

/// A row past the end of the file was never set: zeros.
void read_all(int file, float* values, std::size_t count, std::uint64_t at) {
  char* data = reinterpret_cast<char*>(values);
  std::size_t left = count * sizeof(float);
  off_t offset = byte_offset(at);
  while (left > 0) {
    const ssize_t done = pread(file, data, left, offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("scratch file of features: cannot read: ", std::strerror(errno));
    if (done == 0) {
      std::memset(data, 0, left);
      return;
    }
    data += done;
    offset += done;
    left -= static_cast<std::size_t>(done);
  }
}

}  // namespace

FeatureSource::FeatureSource(std::size_t rows, std::vector<std::int64_t> widths,
                             std::size_t memory_bytes)
    : rows_(rows), widths_(std::move(widths)) {
  std::uint64_t total = 0;
  for (const std::int64_t width : widths_) {
    offset_.push_back(total);
    total += rows_ * static_cast<std::uint64_t>(width);
  }
  if (total * sizeof(float) <= memory_bytes)
    memory_.resize(total);
  else
    file_ = open_scratch();
}

FeatureSource::~FeatureSource() {
  if (file_ >= 0) close(file_);
}

FeatureSource::FeatureSource(FeatureSource&& other) noexcept
    : rows_(other.rows_),
      widths_(std::move(other.widths_)),
      offset_(std::move(other.offset_)),
      memory_(std::move(other.memory_)),
      file_(std::exchange(other.file_, -1)) {}

FeatureSource& FeatureSource::operator=(FeatureSource&& other) noexcept {
  std::swap(rows_, other.rows_);
  std::swap(widths_, other.widths_);
  std::swap(offset_, other.offset_);
  std::swap(memory_, other.memory_);
  std::swap(file_, other.file_);
  return *this;
}

void FeatureSource::set_row(std::size_t layer, std::size_t row, std::span<const float> values) {
  const auto width = static_cast<std::size_t>(widths_[layer]);
  if (row >= rows_ || values.size() != width)
    fail("features: row ", row, " has ", values.size(), " values, expected ", width, " in ", rows_,
         " rows");
  const std::uint64_t at = offset_[layer] + row * width;
  if (in_memory())
    std::copy(values.begin(), values.end(), memory_.begin() + static_cast<std::ptrdiff_t>(at));
  else
    write_all(file_, values.data(), width, at);
}

void FeatureSource::read(std::size_t layer, std::size_t first, std::size_t count,
                         float* out) const {
  const auto width = static_cast<std::size_t>(widths_[layer]);
  const std::uint64_t at = offset_[layer] + first * width;
  if (in_memory())
    std::memcpy(out, memory_.data() + at, count * width * sizeof(float));
  else
    read_all(file_, out, count * width, at);
}

void FeatureSource::gather(std::size_t layer, std::span<const std::int32_t> rows,
                           float* out) const {
  const auto width = static_cast<std::size_t>(widths_[layer]);
  for (std::size_t i = 0; i < rows.size(); ++i)
    read(layer, static_cast<std::size_t>(rows[i]), 1, out + i * width);
}

}  // namespace vrp
