#pragma once
// Golden data: what the reference implementation computed for one checkpoint, in an HDF5 file:
// tokenizer/NN, preproc/FILE, cases/C/{inputs,vision,prefill,greedy,sample,ablations}.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vrp::golden {

/// A dataset in memory, row-major; a scalar has an empty shape and one value.
template <class T>
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<T> data;
};

class GoldenFile {
 public:
  explicit GoldenFile(const std::filesystem::path& path);  ///< Error when it cannot be opened
  ~GoldenFile();
  GoldenFile(const GoldenFile&) = delete;
  GoldenFile& operator=(const GoldenFile&) = delete;

  /// Names of the groups and datasets directly in `group`, in ascending order; "/" is the root.
  std::vector<std::string> list(const std::string& group) const;
  bool has(const std::string& object) const;  ///< a group or dataset of this path exists

  /// Reads a whole dataset; integers and floats are converted to T, one of float, double,
  /// std::int64_t and std::uint8_t. Error names file and dataset.
  template <class T>
  Array<T> read(const std::string& dataset) const;
  template <class T>
  T value(const std::string& dataset) const {  ///< the first element
    return read<T>(dataset).data.at(0);
  }

  bool has_attribute(const std::string& object, const std::string& name) const;
  std::string text(const std::string& object, const std::string& name) const;   ///< a string
  double number(const std::string& object, const std::string& name) const;      ///< a number
  std::string unhex(const std::string& object, const std::string& name) const;  ///< hex -> bytes

 private:
  std::filesystem::path path_;
  std::int64_t file_ = -1;
};

}  // namespace vrp::golden
