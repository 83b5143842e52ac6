#pragma once
// A record: what a stage returns for a unit. Named arrays with dimensions, units and a description;
// plain values, no HDF5. The store writes and reads them, and their digest identifies results.
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/base/hash.hpp"

namespace vrp {

/// IEEE binary16 as stored (bits). Conversions round to nearest even.
struct Half {
  std::uint16_t bits = 0;
  static Half from_float(float value);
  float to_float() const;
  bool operator==(const Half&) const = default;
};

using ArrayData = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>,
                               std::vector<std::int32_t>, std::vector<std::uint8_t>,
                               std::vector<Half>, std::vector<std::string>>;

struct Array {
  std::string name;               ///< HDF5 path inside the file, e.g. "attention/map"
  std::vector<std::string> dims;  ///< names of the dimensions, e.g. {"layer", "image_token"}
  std::vector<std::int64_t> shape;
  std::string units;  ///< "nats", "probability", "1" ...
  std::string description;
  ArrayData data;  ///< row-major
  std::map<std::string, std::string>
      attributes;             ///< more, e.g. {"role","signal"},{"orientation","-1"}
  std::int64_t size() const;  ///< product of shape
};

/// Signals announce themselves: attributes role = "signal", orientation = "1" | "-1" | "0"
/// (declared, never fitted; 0 = none). Reduce picks up every such array of shape [item].
Array signal_array(std::string name, std::vector<double> values, int orientation, std::string units,
                   std::string description);

class Record {
 public:
  /// Appends an array; assert-like Error when shape and data disagree or the name exists.
  void add(Array array);
  template <class T>
  void add(std::string name, std::vector<std::string> dims, std::vector<std::int64_t> shape,
           std::vector<T> data, std::string units, std::string description) {
    add(Array{std::move(name),
              std::move(dims),
              std::move(shape),
              std::move(units),
              std::move(description),
              ArrayData(std::move(data)),
              {}});
  }
  const Array& at(std::string_view name) const;  ///< Error naming the missing array
  const Array* find(std::string_view name) const;
  template <class T>
  const std::vector<T>& values(std::string_view name) const;   ///< Error on another type
  std::vector<double> as_double(std::string_view name) const;  ///< any numeric type, widened
  const std::vector<Array>& arrays() const { return arrays_; }
  std::vector<Array>& arrays() { return arrays_; }

  /// Digest of all arrays: name, dims, shape, type and bytes, in the order of names. Two records
  /// with equal digests hold the same results. NaNs are made canonical first.
  Hash128 digest() const;

  /// Where it was read from, for messages; empty for a record made in memory.
  std::string origin;

 private:
  std::vector<Array> arrays_;
};

/// Joins records of consecutive units along dimension 0 of every array whose first dimension is
/// "item"; ragged arrays (first dimension named after their offsets, see `ragged`) are joined too
/// and their offsets shifted. An array `X_offset` of dims {"item_plus_one"} marks the ragged
/// dimension named by its attribute "ragged_dim" (may be any axis, e.g. [layer, image_token]).
Record concatenate(const std::vector<Record>& parts);

}  // namespace vrp
