#pragma once
// HDF5 files: handles that close themselves, and records in and out. HDF5 1.10 features only.
#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "pipeline/store/record.hpp"

namespace vrp {

template <herr_t (*Close)(hid_t)>
class H5Handle {
 public:
  H5Handle() = default;
  explicit H5Handle(hid_t id) : id_(id) {}
  H5Handle(H5Handle&& o) noexcept : id_(std::exchange(o.id_, -1)) {}
  H5Handle& operator=(H5Handle&& o) noexcept {
    std::swap(id_, o.id_);
    return *this;
  }
  ~H5Handle() {
    if (id_ >= 0) Close(id_);
  }
  hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }
  hid_t release() noexcept { return std::exchange(id_, -1); }

 private:
  hid_t id_ = -1;
};
using H5File = H5Handle<H5Fclose>;
using H5Group = H5Handle<H5Gclose>;
using H5Dataset = H5Handle<H5Dclose>;
using H5Space = H5Handle<H5Sclose>;
using H5Type = H5Handle<H5Tclose>;
using H5Attribute = H5Handle<H5Aclose>;
using H5Properties = H5Handle<H5Pclose>;

using Attributes = std::map<std::string, std::string>;

struct StoredRecord {
  Record record;
  Attributes attributes;  ///< of the file's root group
};

/// Writes one record as a file: dimension scales, units, descriptions, root attributes
/// (`format_version`, `digest` and `attributes`), sealed (seal.hpp). The file is there completely
/// or not at all; one of that name is replaced. Names of dimensions become HDF5 dimension scales so
/// that xarray (h5netcdf) shows them. Error with the system's or HDF5's own text on any failure.
void write_record(const std::filesystem::path& path, const Record& record,
                  const Attributes& attributes);

/// Reads everything and checks the digest; Error (bad_input) when the file is truncated, altered
/// or not ours.
StoredRecord read_record(const std::filesystem::path& path);
/// Only the arrays whose names `keep` accepts. The seal is checked, the digest cannot be.
Record read_arrays(const std::filesystem::path& path,
                   const std::function<bool(const std::string& name)>& keep);
/// Every array with name, dims, shape, units, description and attributes, but without its values:
/// `data` is an empty vector of the array's type. The seal is checked.
std::vector<Array> list_arrays(const std::filesystem::path& path);
std::string hdf5_version();  ///< of the library in use, "1.10.8"
/// Root attributes only (no digest check).
Attributes read_attributes(const std::filesystem::path& path);

}  // namespace vrp
