#pragma once
// Features of a part: one or several matrices [N, D] (layers), filled while records stream by and
// read in blocks of rows while probes are fitted.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vrp {

/// float32 matrices of the same number of rows. Held in memory up to a budget, else in an unnamed
/// scratch file in the system's folder for temporary files (TMPDIR); values are the same.
class FeatureSource {
 public:
  /// widths: columns of each layer. Error when the scratch file cannot be made.
  FeatureSource(std::size_t rows, std::vector<std::int64_t> widths, std::size_t memory_bytes);
  ~FeatureSource();
  FeatureSource(FeatureSource&&) noexcept;
  FeatureSource& operator=(FeatureSource&&) noexcept;

  std::size_t layers() const { return widths_.size(); }
  std::size_t rows() const { return rows_; }
  std::int64_t width(std::size_t layer) const { return widths_[layer]; }
  bool in_memory() const { return file_ < 0; }

  /// Rows never set are zeros. Error (with the system's text) when the disk is full.
  void set_row(std::size_t layer, std::size_t row, std::span<const float> values);
  /// Rows [first, first + count) of a layer, row-major, into out [count * width].
  void read(std::size_t layer, std::size_t first, std::size_t count, float* out) const;
  /// The same for any rows, in the order given.
  void gather(std::size_t layer, std::span<const std::int32_t> rows, float* out) const;

 private:
  std::size_t rows_ = 0;
  std::vector<std::int64_t> widths_;
  std::vector<std::uint64_t> offset_;  ///< of each layer, in floats
  std::vector<float> memory_;
  int file_ = -1;
};

/// Rows of a block: every pass over a layer goes by blocks of this many rows, in order, so that the
/// order of sums does not depend on where the features lie.
constexpr std::size_t kBlockRows = 256;

}  // namespace vrp
