#include "pipeline/model/safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/input_file.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

struct DtypeSize {
  const char* name;
  std::uint64_t bytes;
};
constexpr std::array<DtypeSize, 15> kDtypes{{{"BOOL", 1},
                                             {"U8", 1},
                                             {"I8", 1},
                                             {"F8_E5M2", 1},
                                             {"F8_E4M3", 1},
                                             {"I16", 2},
                                             {"U16", 2},
                                             {"F16", 2},
                                             {"BF16", 2},
                                             {"I32", 4},
                                             {"U32", 4},
                                             {"F32", 4},
                                             {"F64", 8},
                                             {"I64", 8},
                                             {"U64", 8}}};

std::uint64_t dtype_bytes(const std::string& dtype, const std::string& where) {
  for (const auto& known : kDtypes) {
    if (dtype == known.name) return known.bytes;
  }
  fail(where, ": field 'dtype' is '", excerpt(dtype),
       "', expected F32, F16, BF16 or another type "
       "of the safetensors format");
}

std::uint64_t whole_number(const Json& value, const std::string& where, const char* field) {
  // A tensor cannot be longer than 2^63 bytes; larger numbers would overflow below.
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    fail(where, ": '", field, "' holds ", excerpt(value.dump()), ", expected whole numbers >= 0");
  }
  return value.get<std::uint64_t>();
}

std::string show(const std::vector<std::int64_t>& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += concat(i > 0 ? ", " : "", shape[i]);
  return out + "]";
}

TensorInfo parse_tensor(const std::string& name, const Json& entry, const std::string& where,
                        std::uint64_t data_bytes) {
  TensorInfo tensor;
  tensor.name = name;
  tensor.dtype = json_text(entry, "dtype", where);
  std::uint64_t bytes = dtype_bytes(tensor.dtype, where);
  const Json& shape = json_at(entry, "shape", where);
  if (!shape.is_array()) fail(where, ": 'shape' is ", excerpt(shape.dump()), ", expected a list");
  for (const Json& extent : shape) {
    const std::uint64_t size = whole_number(extent, where, "shape");
    tensor.shape.push_back(static_cast<std::int64_t>(size));
    if (size != 0 && bytes > std::uint64_t{INT64_MAX} / size) {
      fail(where, ": 'shape' is ", excerpt(shape.dump()), ", expected fewer than 2^63 bytes");
    }
    bytes *= size;
  }
  const Json& offsets = json_at(entry, "data_offsets", where);
  if (!offsets.is_array() || offsets.size() != 2) {
    fail(where, ": 'data_offsets' is ", excerpt(offsets.dump()), ", expected [begin, end]");
  }
  const std::uint64_t begin = whole_number(offsets[0], where, "data_offsets");
  const std::uint64_t end = whole_number(offsets[1], where, "data_offsets");
  if (begin > end || end > data_bytes) {
    fail(where, ": 'data_offsets' is [", begin, ", ", end, "], expected an ascending range within ",
         data_bytes, " bytes of data; is the file truncated?");
  }
  if (end - begin != bytes) {
    fail(where, ": ", end - begin, " bytes of data, expected ", bytes, " for ", tensor.dtype, " ",
         show(tensor.shape));
  }
  tensor.offset = begin;
  tensor.bytes = bytes;
  return tensor;
}

/// A JSON object silently keeps one of two equal names, so they are looked for while parsing.
void refuse_duplicates(std::string_view json, const std::string& file) {
  std::set<std::string> seen;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1 &&
        !seen.insert(parsed.get<std::string>()).second) {
      fail(file, ": tensor '", excerpt(parsed.get<std::string>(), 120), "' is listed twice");
    }
    return depth <= 1;  // the entries themselves are not needed here
  };
  [[maybe_unused]] const Json names = Json::parse(json, callback);
}

}  // namespace

std::vector<TensorInfo> parse_safetensors_header(const std::filesystem::path& file,
                                                 std::string_view json, std::uint64_t data_begin,
                                                 std::uint64_t file_bytes) {
  const std::string where = file.string() + ": safetensors header";
  const Json header = parse_json(json, where);
  if (!header.is_object()) fail(where, ": holds ", header.type_name(), ", expected an object");
  refuse_duplicates(json, file.string());
  const std::uint64_t data_bytes = file_bytes - data_begin;
  std::vector<TensorInfo> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    tensors.push_back(parse_tensor(
        name, entry, concat(file.string(), ": tensor '", excerpt(name, 120), "'"), data_bytes));
    tensors.back().file = file;
  }
  std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.offset, a.bytes) < std::pair(b.offset, b.bytes);
  });
  std::uint64_t covered = 0;
  for (auto& tensor : tensors) {
    if (tensor.offset != covered) {
      fail(file.string(), ": tensor '", excerpt(tensor.name, 120), "' begins at byte ",
           tensor.offset, " of the data, expected ", covered,
           tensor.offset < covered ? " (it overlaps the tensor before it)"
                                   : " (the bytes between belong to no tensor)");
    }
    covered += tensor.bytes;
    tensor.offset += data_begin;
  }
  if (covered != data_bytes) {
    fail(file.string(), ": ", data_bytes, " bytes of data, expected ", covered,
         ", the end of the last tensor");
  }
  return tensors;
}

std::vector<TensorInfo> read_safetensors_header(const std::filesystem::path& file) {
  const InputFile in(file);
  const std::uint64_t file_bytes = in.size();
  std::array<unsigned char, 8> prefix{};
  if (in.read(0, std::as_writable_bytes(std::span(prefix))) < prefix.size()) {
    fail(file.string(), ": ", file_bytes, " bytes, expected at least 8 with the header's length");
  }
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | prefix[static_cast<std::size_t>(i)];
  if (length > kMaxSafetensorsHeader || length > file_bytes - prefix.size()) {
    fail(file.string(), ": header of ", length, " bytes, expected at most ",
         std::min(kMaxSafetensorsHeader, file_bytes - prefix.size()), " (the file has ", file_bytes,
         "); is it a safetensors file, and complete?");
  }
  std::string json(static_cast<std::size_t>(length), '\0');
  if (in.read(prefix.size(), std::as_writable_bytes(std::span(json))) < length) {
    fail(file.string(), ": its header of ", length, " bytes cannot be read");
  }
  return parse_safetensors_header(file, json, prefix.size() + length, file_bytes);
}

}  // namespace vrp
