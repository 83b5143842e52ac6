#include <hdf5_hl.h>

#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/store/h5.hpp"
#include "pipeline/store/h5_error.hpp"
#include "pipeline/store/h5_image.hpp"
#include "pipeline/store/seal.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kCompressFrom = 2048;  ///< bytes; smaller datasets stay contiguous
constexpr std::int64_t kChunkBytes = 1 << 20;

H5Type text_type() {
  H5Type type(h5_check(H5Tcopy(H5T_C_S1), "H5Tcopy"));
  h5_check(H5Tset_size(type.get(), H5T_VARIABLE), "H5Tset_size");
  h5_check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "H5Tset_cset");
  return type;
}

void write_text_attribute(hid_t object, const std::string& name, const std::string& value) {
  const H5Type type = text_type();
  const H5Space space(h5_check(H5Screate(H5S_SCALAR), "H5Screate"));
  const H5Attribute attribute(
      h5_check(H5Acreate2(object, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
               "H5Acreate2"));
  const char* text = value.c_str();
  h5_check(H5Awrite(attribute.get(), type.get(), &text), "H5Awrite");
}

/// The path of a dimension's scale: in the group of the array that uses it, so that `item` can name
/// both a group and a dimension.
std::string scale_path(const Array& array, std::size_t axis) {
  const auto slash = array.name.rfind('/');
  return (slash == std::string::npos ? "" : array.name.substr(0, slash + 1)) + array.dims[axis];
}

void refuse_name_clashes(const Record& record) {
  for (const auto& array : record.arrays()) {
    for (std::size_t axis = 0; axis < array.dims.size(); ++axis) {
      if (record.find(scale_path(array, axis)) == nullptr) continue;
      throw Error(ExitCode::internal, concat("record: dimension '", array.dims[axis], "' of '",
                                             array.name, "' has the name of an array beside it"));
    }
  }
}

class RecordWriter {
 public:
  explicit RecordWriter(hid_t file) : file_(file) {
    timeless_ = H5Properties(h5_check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
    h5_check(H5Pset_obj_track_times(timeless_.get(), 0), "H5Pset_obj_track_times");
    groups_ = H5Properties(h5_check(H5Pcreate(H5P_GROUP_CREATE), "H5Pcreate"));
    h5_check(H5Pset_obj_track_times(groups_.get(), 0), "H5Pset_obj_track_times");
  }

  void write(const Array& array) {
    make_groups(array.name);
    std::vector<hsize_t> extent(array.shape.begin(), array.shape.end());
    const H5Space space(h5_check(
        H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), "H5Screate"));
    const H5Type type = h5_type_of(array.data);
    const H5Properties layout = layout_of(array, H5Tget_size(type.get()));
    const H5Dataset dataset(h5_check(H5Dcreate2(file_, array.name.c_str(), type.get(), space.get(),
                                                H5P_DEFAULT, layout.get(), H5P_DEFAULT),
                                     "H5Dcreate2"));
    if (array.size() > 0) write_values(dataset.get(), type.get(), array.data);
    for (std::size_t i = 0; i < array.dims.size(); ++i) attach(dataset.get(), array, i);
    write_text_attribute(dataset.get(), "units", array.units);
    write_text_attribute(dataset.get(), "description", array.description);
    write_text_attribute(dataset.get(), "dims", join(array.dims, ","));
    for (const auto& [name, value] : array.attributes) {
      write_text_attribute(dataset.get(), name, value);
    }
  }

 private:
  void make_groups(const std::string& name) {
    for (auto slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      const std::string group = name.substr(0, slash);
      if (!made_.insert(group).second) continue;
      const H5Group made(h5_check(
          H5Gcreate2(file_, group.c_str(), H5P_DEFAULT, groups_.get(), H5P_DEFAULT), "H5Gcreate2"));
    }
  }

  static H5Properties layout_of(const Array& array, std::size_t element) {
    H5Properties layout(h5_check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
    // No times inside: equal records give equal files.
    h5_check(H5Pset_obj_track_times(layout.get(), 0), "H5Pset_obj_track_times");
    const bool text = std::holds_alternative<std::vector<std::string>>(array.data);
    const std::int64_t bytes = array.size() * static_cast<std::int64_t>(element);
    if (text || bytes < kCompressFrom) return layout;
    std::vector<hsize_t> chunk(array.shape.begin(), array.shape.end());
    std::int64_t size = bytes;
    for (auto& extent : chunk) {  // shorten the leading dimensions first
      while (size > kChunkBytes && extent > 1) {
        size = size / static_cast<std::int64_t>(extent);
        extent = (extent + 1) / 2;
        size *= static_cast<std::int64_t>(extent);
      }
    }
    h5_check(H5Pset_chunk(layout.get(), static_cast<int>(chunk.size()), chunk.data()),
             "H5Pset_chunk");
    h5_check(H5Pset_shuffle(layout.get()), "H5Pset_shuffle");
    h5_check(H5Pset_deflate(layout.get(), 1), "H5Pset_deflate");
    return layout;
  }

  static void write_values(hid_t dataset, hid_t type, const ArrayData& data) {
    std::visit(
        [&](const auto& values) {
          using T = typename std::decay_t<decltype(values)>::value_type;
          if constexpr (std::is_same_v<T, std::string>) {
            std::vector<const char*> texts;
            for (const auto& text : values) texts.push_back(text.c_str());
            h5_check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()),
                     "H5Dwrite");
          } else {
            h5_check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
                     "H5Dwrite");
          }
        },
        data);
  }

  /// The NAME text is netCDF's mark of a dimension without coordinates.
  void attach(hid_t dataset, const Array& array, std::size_t axis) {
    const std::string path = scale_path(array, axis);
    const auto extent = static_cast<hsize_t>(array.shape[axis]);
    if (scales_.insert(path).second) {
      const H5Space space(h5_check(H5Screate_simple(1, &extent, nullptr), "H5Screate_simple"));
      const H5Dataset scale(h5_check(H5Dcreate2(file_, path.c_str(), H5T_IEEE_F32BE, space.get(),
                                                H5P_DEFAULT, timeless_.get(), H5P_DEFAULT),
                                     "H5Dcreate2"));
      char mark[96];
      std::snprintf(mark, sizeof mark,
                    "This is a netCDF dimension but not a netCDF variable.%10llu",
                    static_cast<unsigned long long>(extent));
      h5_check(H5DSset_scale(scale.get(), mark), "H5DSset_scale");
      extents_[path] = extent;
    } else if (extents_[path] != extent) {
      throw Error(ExitCode::internal, concat("record: dimension '", path, "' is ", extent, " for '",
                                             array.name, "' and ", extents_[path], " elsewhere"));
    }
    const H5Dataset scale(h5_check(H5Dopen2(file_, path.c_str(), H5P_DEFAULT), "H5Dopen2"));
    h5_check(H5DSattach_scale(dataset, scale.get(), static_cast<unsigned>(axis)),
             "H5DSattach_scale");
  }

  hid_t file_;
  H5Properties groups_, timeless_;
  std::set<std::string> made_;
  std::set<std::string> scales_;
  std::map<std::string, hsize_t> extents_;
};

/// The record as the bytes of an HDF5 file, with room for the seal in front. HDF5 writes to memory
/// only: a full disk in the middle of its own writes would leave the library unusable.
std::string file_image(const Record& record, const Attributes& attributes) {
  H5Properties access(h5_check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
  // The oldest format has no checksum in its superblock; HDF5 1.10's file image alters the
  // superblock without renewing one. The seal covers every byte anyway.
  h5_check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V110),
           "H5Pset_libver_bounds");
  h5_check(H5Pset_fapl_core(access.get(), 1 << 20, /*backing_store=*/0), "H5Pset_fapl_core");
  const H5Properties create(h5_check(H5Pcreate(H5P_FILE_CREATE), "H5Pcreate"));
  h5_check(H5Pset_userblock(create.get(), kSealBytes), "H5Pset_userblock");
  h5_check(H5Pset_obj_track_times(create.get(), 0), "H5Pset_obj_track_times");
  const H5File file(h5_check(
      H5Fcreate(h5_memory_name().c_str(), H5F_ACC_TRUNC, create.get(), access.get()), "H5Fcreate"));
  refuse_name_clashes(record);
  RecordWriter writer(file.get());
  for (const auto& array : record.arrays()) writer.write(array);
  for (const auto& [name, value] : attributes) write_text_attribute(file.get(), name, value);
  write_text_attribute(file.get(), "format_version", kFormatVersion);
  write_text_attribute(file.get(), "digest", record.digest().hex());
  h5_check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "H5Fflush");
  // The image leaves the user block out; its addresses count from behind it.
  const auto size = h5_check(H5Fget_file_image(file.get(), nullptr, 0), "H5Fget_file_image");
  std::string bytes(kSealBytes + static_cast<std::size_t>(size), '\0');
  h5_check(H5Fget_file_image(file.get(), bytes.data() + kSealBytes, static_cast<std::size_t>(size)),
           "H5Fget_file_image");
  return bytes;
}

}  // namespace

void write_record(const std::filesystem::path& path, const Record& record,
                  const Attributes& attributes) {
  h5_quiet();
  std::string bytes;
  try {
    bytes = file_image(record, attributes);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
  seal(bytes);
  write_atomically(path, bytes);
}

}  // namespace vrp
