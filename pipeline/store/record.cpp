#include "pipeline/store/record.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

const char* type_name(const ArrayData& data) {
  constexpr const char* kNames[] = {"float32", "float64", "int64", "int32",
                                    "uint8",   "float16", "text"};
  return kNames[data.index()];
}

std::size_t count(const ArrayData& data) {
  return std::visit([](const auto& values) { return values.size(); }, data);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> parts;
  for (const auto extent : shape) parts.push_back(std::to_string(extent));
  return concat("[", join(parts, ", "), "]");
}

/// HDF5 keeps text as C strings: a NUL inside an answer becomes its visible symbol (U+2400).
void make_storable(std::vector<std::string>& values) {
  for (auto& text : values) {
    for (std::size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
      text.replace(at, 1, "\xE2\x90\x80");
    }
  }
}

template <class T>
void add_values(Hasher& hasher, const std::vector<T>& values) {
  if constexpr (std::is_same_v<T, std::string>) {
    for (const auto& text : values) hasher.add(text);
  } else if constexpr (std::is_floating_point_v<T>) {
    constexpr std::size_t kBlock = 4096;
    std::vector<T> block;
    for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
      block.assign(
          values.begin() + static_cast<std::ptrdiff_t>(begin),
          values.begin() + static_cast<std::ptrdiff_t>(std::min(values.size(), begin + kBlock)));
      for (T& value : block) {
        if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
      }
      hasher.add_raw(block.data(), block.size() * sizeof(T));
    }
  } else {
    hasher.add_raw(values.data(), values.size() * sizeof(T));
  }
}

}  // namespace

std::int64_t Array::size() const {
  std::int64_t product = 1;
  for (const auto extent : shape) product *= extent;
  return product;
}

Array signal_array(std::string name, std::vector<double> values, int orientation, std::string units,
                   std::string description) {
  const auto n = static_cast<std::int64_t>(values.size());
  return {std::move(name),
          {"item"},
          {n},
          std::move(units),
          std::move(description),
          std::move(values),
          {{"role", "signal"}, {"orientation", std::to_string(orientation)}}};
}

void Record::add(Array array) {
  if (find(array.name) != nullptr) {
    throw Error(ExitCode::internal, concat("record: array '", array.name, "' is added twice"));
  }
  if (array.dims.size() != array.shape.size() ||
      static_cast<std::int64_t>(count(array.data)) != array.size()) {
    throw Error(
        ExitCode::internal,
        concat("record: array '", array.name, "' has ", count(array.data), " values, expected ",
               shape_text(array.shape), " for dimensions ", join(array.dims, ", ")));
  }
  if (auto* text = std::get_if<std::vector<std::string>>(&array.data)) make_storable(*text);
  arrays_.push_back(std::move(array));
}

const Array* Record::find(std::string_view name) const {
  const auto found = std::find_if(arrays_.begin(), arrays_.end(),
                                  [&](const Array& array) { return array.name == name; });
  return found == arrays_.end() ? nullptr : &*found;
}

const Array& Record::at(std::string_view name) const {
  if (const Array* found = find(name)) return *found;
  fail(origin.empty() ? "record" : origin, ": dataset '", std::string(name), "' is missing");
}

template <class T>
const std::vector<T>& Record::values(std::string_view name) const {
  const Array& array = at(name);
  if (const auto* values = std::get_if<std::vector<T>>(&array.data)) return *values;
  fail(origin.empty() ? "record" : origin, ": dataset '", std::string(name), "' is ",
       type_name(array.data), ", expected ", type_name(ArrayData(std::vector<T>())));
}

template const std::vector<float>& Record::values(std::string_view) const;
template const std::vector<double>& Record::values(std::string_view) const;
template const std::vector<std::int64_t>& Record::values(std::string_view) const;
template const std::vector<std::int32_t>& Record::values(std::string_view) const;
template const std::vector<std::uint8_t>& Record::values(std::string_view) const;
template const std::vector<Half>& Record::values(std::string_view) const;
template const std::vector<std::string>& Record::values(std::string_view) const;

std::vector<double> Record::as_double(std::string_view name) const {
  const Array& array = at(name);
  std::vector<double> out;
  out.reserve(count(array.data));
  std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        for (const auto& value : values) {
          if constexpr (std::is_same_v<T, Half>) {
            out.push_back(static_cast<double>(value.to_float()));
          } else if constexpr (std::is_arithmetic_v<T>) {
            out.push_back(static_cast<double>(value));
          }
        }
      },
      array.data);
  if (out.size() != count(array.data)) {
    fail(origin.empty() ? "record" : origin, ": dataset '", std::string(name),
         "' is text, expected numbers");
  }
  return out;
}

Hash128 Record::digest() const {
  std::vector<const Array*> sorted;
  for (const auto& array : arrays_) sorted.push_back(&array);
  std::sort(sorted.begin(), sorted.end(),
            [](const Array* a, const Array* b) { return a->name < b->name; });
  Hasher hasher;
  for (const Array* array : sorted) {
    hasher.add(array->name).add(std::string_view(type_name(array->data)));
    for (const auto& dim : array->dims) hasher.add(dim);
    for (const auto extent : array->shape) hasher.add(extent);
    std::visit([&](const auto& values) { add_values(hasher, values); }, array->data);
  }
  return hasher.finish();
}

}  // namespace vrp
