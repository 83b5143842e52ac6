#include <hdf5_hl.h>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/store/h5.hpp"
#include "pipeline/store/h5_error.hpp"
#include "pipeline/store/h5_image.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 36;

std::string read_text_attribute(hid_t object, const char* name) {
  const H5Attribute attribute(h5_check(H5Aopen(object, name, H5P_DEFAULT), "H5Aopen"));
  const H5Type type(h5_check(H5Aget_type(attribute.get()), "H5Aget_type"));
  const H5Space space(h5_check(H5Aget_space(attribute.get()), "H5Aget_space"));
  if (H5Tis_variable_str(type.get()) <= 0 || H5Sget_simple_extent_npoints(space.get()) != 1) {
    return {};
  }
  char* text = nullptr;
  h5_check(H5Aread(attribute.get(), type.get(), &text), "H5Aread");
  std::string out = text != nullptr ? text : "";
  H5free_memory(text);
  return out;
}

herr_t collect_attribute(hid_t object, const char* name, const H5A_info_t*, void* data) {
  try {
    (*static_cast<Attributes*>(data))[name] = read_text_attribute(object, name);
    return 0;
  } catch (const std::exception&) {
    return -1;
  }
}

Attributes attributes_of(hid_t object) {
  Attributes out;
  h5_check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_attribute, &out),
           "H5Aiterate2");
  return out;
}

template <class T>
ArrayData read_numbers(hid_t dataset, hid_t type, std::int64_t n) {
  std::vector<T> values(static_cast<std::size_t>(n));
  if (n > 0) {
    h5_check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dread");
  }
  return values;
}

ArrayData read_texts(hid_t dataset, hid_t type, hid_t space, std::int64_t n) {
  std::vector<std::string> values(static_cast<std::size_t>(n));
  if (n == 0) return values;
  std::vector<char*> texts(values.size(), nullptr);
  h5_check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), "H5Dread");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (texts[i] != nullptr) values[i] = texts[i];
  }
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts.data());
  return values;
}

ArrayData read_values(hid_t dataset, hid_t space, const std::string& name, std::int64_t n) {
  const H5Type type(h5_check(H5Dget_type(dataset), "H5Dget_type"));
  const std::size_t size = H5Tget_size(type.get());
  switch (H5Tget_class(type.get())) {
    case H5T_STRING:
      if (H5Tis_variable_str(type.get()) > 0) return read_texts(dataset, type.get(), space, n);
      break;
    case H5T_FLOAT:
      if (size == 2) return read_numbers<Half>(dataset, type.get(), n);
      if (size == 4) return read_numbers<float>(dataset, H5T_NATIVE_FLOAT, n);
      if (size == 8) return read_numbers<double>(dataset, H5T_NATIVE_DOUBLE, n);
      break;
    case H5T_INTEGER:
      if (size == 1) return read_numbers<std::uint8_t>(dataset, H5T_NATIVE_UINT8, n);
      if (size == 4) return read_numbers<std::int32_t>(dataset, H5T_NATIVE_INT32, n);
      if (size == 8) return read_numbers<std::int64_t>(dataset, H5T_NATIVE_INT64, n);
      break;
    default:
      break;
  }
  fail("dataset '", name, "' has a type that records do not use");
}

Array read_array(hid_t file, const std::string& name, bool with_values) {
  const H5Dataset dataset(h5_check(H5Dopen2(file, name.c_str(), H5P_DEFAULT), "H5Dopen2"));
  const H5Space space(h5_check(H5Dget_space(dataset.get()), "H5Dget_space"));
  const int rank = h5_check(H5Sget_simple_extent_ndims(space.get()), "H5Sget_simple_extent_ndims");
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  h5_check(H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr),
           "H5Sget_simple_extent_dims");
  Array out;
  out.name = name;
  out.shape.assign(extent.begin(), extent.end());
  std::int64_t n = 1;
  for (const auto e : out.shape) {
    if (e < 0 || (e > 0 && n > kMaxElements / e)) fail("dataset '", name, "' is impossibly large");
    n *= e;
  }
  out.attributes = attributes_of(dataset.get());
  const auto take = [&](const char* key) {
    const auto found = out.attributes.find(key);
    if (found == out.attributes.end()) fail("dataset '", name, "' has no attribute '", key, "'");
    std::string value = found->second;
    out.attributes.erase(found);
    return value;
  };
  out.units = take("units");
  out.description = take("description");
  const std::string dims = take("dims");
  if (!dims.empty()) out.dims = split(dims, ',');
  out.attributes.erase("DIMENSION_LIST");
  out.data = read_values(dataset.get(), space.get(), name, with_values ? n : 0);
  return out;
}

struct Walk {
  hid_t file;
  std::vector<std::string> names;
};

herr_t collect_dataset(hid_t, const char* name, const H5O_info_t* info, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  if (info->type != H5O_TYPE_DATASET) return 0;
  const H5Dataset dataset(H5Dopen2(walk.file, name, H5P_DEFAULT));
  if (!dataset) return -1;
  if (H5DSis_scale(dataset.get()) <= 0) walk.names.emplace_back(name);
  return 0;
}

std::vector<std::string> names_of(const H5Image& file) {
  Walk walk{file.get(), {}};
  h5_check(
      H5Ovisit2(file.get(), H5_INDEX_NAME, H5_ITER_INC, collect_dataset, &walk, H5O_INFO_BASIC),
      "H5Ovisit2");
  return std::move(walk.names);
}

Record arrays_of(const H5Image& file, const std::function<bool(const std::string& name)>& keep) {
  Record out;
  for (const auto& name : names_of(file))
    if (keep(name)) out.add(read_array(file.get(), name, true));
  return out;
}

}  // namespace

Attributes read_attributes(const std::filesystem::path& path) {
  const H5Image file(path);
  return attributes_of(file.get());
}

std::vector<Array> list_arrays(const std::filesystem::path& path) {
  const H5Image file(path);
  try {
    std::vector<Array> out;
    for (const auto& name : names_of(file)) out.push_back(read_array(file.get(), name, false));
    return out;
  } catch (const Error& error) {
    fail(path.string(), ": damaged: ", error.what());
  }
}

StoredRecord read_record(const std::filesystem::path& path) {
  const H5Image file(path);
  StoredRecord out;
  try {
    out.attributes = attributes_of(file.get());
    out.record = arrays_of(file, [](const std::string&) { return true; });
  } catch (const Error& error) {
    fail(path.string(), ": damaged: ", error.what());
  }
  const std::string expected = out.attributes["digest"];
  const std::string found = out.record.digest().hex();
  if (expected != found) {
    fail(path.string(), ": content digest is ", found, ", expected ",
         expected.empty() ? "one" : expected, "; the file was altered or damaged");
  }
  out.record.origin = path.string();
  return out;
}

Record read_arrays(const std::filesystem::path& path,
                   const std::function<bool(const std::string& name)>& keep) {
  const H5Image file(path);
  try {
    Record out = arrays_of(file, keep);
    out.origin = path.string();
    return out;
  } catch (const Error& error) {
    fail(path.string(), ": damaged: ", error.what());
  }
}

}  // namespace vrp
