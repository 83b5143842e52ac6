#include "pipeline/store/golden_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <type_traits>

#include "pipeline/base/error.hpp"
#include "pipeline/store/h5_error.hpp"

namespace vrp::golden {
namespace {

// Closes an HDF5 id when the scope ends.
struct Id {
  hid_t id;
  herr_t (*close)(hid_t);
  Id(hid_t opened, herr_t (*closer)(hid_t)) : id(opened), close(closer) {}
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  ~Id() {
    if (id >= 0) close(id);
  }
};

template <class T>
hid_t native() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
}

herr_t collect(hid_t, const char* name, const H5L_info_t*, void* out) {
  static_cast<std::vector<std::string>*>(out)->emplace_back(name);
  return 0;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

GoldenFile::GoldenFile(const std::filesystem::path& path) : path_(path) {
  h5_quiet();
  file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ < 0) fail(path, ": cannot be opened as an HDF5 file: ", h5_error_text());
}

GoldenFile::~GoldenFile() {
  if (file_ >= 0) H5Fclose(file_);
}

std::vector<std::string> GoldenFile::list(const std::string& group) const {
  Id g(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (g.id < 0) fail(path_, ": no group '", group, "'");
  std::vector<std::string> names;
  if (H5Literate(g.id, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names) < 0) {
    fail(path_, ": group '", group, "' cannot be listed");
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool GoldenFile::has(const std::string& object) const {
  // H5Lexists wants every group above the last name to exist.
  for (std::size_t slash = object.find('/', 1); slash != std::string::npos;
       slash = object.find('/', slash + 1)) {
    if (H5Lexists(file_, object.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return H5Lexists(file_, object.c_str(), H5P_DEFAULT) > 0;
}

template <class T>
Array<T> GoldenFile::read(const std::string& dataset) const {
  Id d(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (d.id < 0) fail(path_, ": no dataset '", dataset, "'");
  Id space(H5Dget_space(d.id), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.id);
  std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(rank, 0)));
  H5Sget_simple_extent_dims(space.id, extent.data(), nullptr);
  Array<T> out;
  out.shape.assign(extent.begin(), extent.end());
  out.data.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.id)));
  if (!out.data.empty() &&
      H5Dread(d.id, native<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data.data()) < 0) {
    fail(path_, ": dataset '", dataset, "' cannot be read");
  }
  return out;
}
template Array<float> GoldenFile::read(const std::string&) const;
template Array<double> GoldenFile::read(const std::string&) const;
template Array<std::int64_t> GoldenFile::read(const std::string&) const;
template Array<std::uint8_t> GoldenFile::read(const std::string&) const;

bool GoldenFile::has_attribute(const std::string& object, const std::string& name) const {
  return H5Aexists_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string GoldenFile::text(const std::string& object, const std::string& name) const {
  Id a(H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (a.id < 0) fail(path_, ": no attribute '", name, "' at '", object, "'");
  Id type(H5Aget_type(a.id), H5Tclose);
  if (H5Tget_class(type.id) != H5T_STRING) {
    fail(path_, ": attribute '", name, "' at '", object, "' is no string");
  }
  if (H5Tis_variable_str(type.id) > 0) {
    char* bytes = nullptr;
    if (H5Aread(a.id, type.id, &bytes) < 0) fail(path_, ": attribute '", name, "' cannot be read");
    std::string out = bytes == nullptr ? "" : bytes;
    H5free_memory(bytes);
    return out;
  }
  std::string out(H5Tget_size(type.id), '\0');
  if (H5Aread(a.id, type.id, out.data()) < 0)
    fail(path_, ": attribute '", name, "' cannot be read");
  return out.substr(0, out.find('\0'));
}

double GoldenFile::number(const std::string& object, const std::string& name) const {
  Id a(H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  double out = 0;
  if (a.id < 0 || H5Aread(a.id, H5T_NATIVE_DOUBLE, &out) < 0) {
    fail(path_, ": no numeric attribute '", name, "' at '", object, "'");
  }
  return out;
}

std::string GoldenFile::unhex(const std::string& object, const std::string& name) const {
  const std::string hex = text(object, name);
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size() + hex.size() % 2; i += 2) {
    const int high = hex_digit(hex[i]), low = i + 1 < hex.size() ? hex_digit(hex[i + 1]) : -1;
    if (high < 0 || low < 0)
      fail(path_, ": attribute '", name, "' at '", object, "' is no hex text");
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

}  // namespace vrp::golden
