#include "pipeline/model/fields.hpp"

#include <cmath>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

bool integer_in(const Json& value, std::int64_t low, std::int64_t high) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
    return false;
  }
  const auto number = value.get<std::int64_t>();
  return number >= low && number <= high;
}

bool number_in(const Json& value, double low, double high) {
  if (!value.is_number()) return false;
  const auto number = value.get<double>();
  return std::isfinite(number) && number >= low && number <= high;
}

}  // namespace

Fields::Fields(Json object, std::string where, std::string prefix)
    : object_(std::move(object)), where_(std::move(where)), prefix_(std::move(prefix)) {}

Fields Fields::file(const std::filesystem::path& path) {
  Json object = read_json(path);
  if (!object.is_object()) {
    fail(path.string(), ": holds ", object.type_name(), ", expected a JSON object");
  }
  return Fields(std::move(object), path.string(), "");
}

Fields Fields::empty(const std::filesystem::path& path) {
  return Fields(Json::object(), path.string(), "");
}

bool Fields::has(const char* field) const {
  const auto found = object_.find(field);
  return found != object_.end() && !found->is_null();
}

bool Fields::is_null(const char* field) const {
  const auto found = object_.find(field);
  return found != object_.end() && found->is_null();
}

const Json& Fields::raw(const char* field) const {
  if (!has(field)) fail(where_, ": field '", prefix_, field, "' is missing");
  return object_.at(field);
}

void Fields::refuse(const char* field, const std::string& expected) const {
  const std::string found = has(field) ? excerpt(object_.at(field).dump()) : "left out";
  fail(where_, ": field '", prefix_, field, "' is ", found, ", expected ", expected);
}

Fields Fields::object(const char* field) const {
  const std::string prefix = prefix_ + field + ".";
  if (!has(field)) return Fields(Json::object(), where_, prefix);
  if (!raw(field).is_object()) refuse(field, "an object");
  return Fields(raw(field), where_, prefix);
}

std::int64_t Fields::integer(const char* field, std::optional<std::int64_t> fallback,
                             std::int64_t low, std::int64_t high) const {
  if (fallback && !has(field)) return *fallback;
  if (!integer_in(raw(field), low, high)) {
    refuse(field, concat("an integer in ", low, "..", high));
  }
  return raw(field).get<std::int64_t>();
}

double Fields::number(const char* field, std::optional<double> fallback, double low,
                      double high) const {
  if (fallback && !has(field)) return *fallback;
  if (!number_in(raw(field), low, high)) refuse(field, concat("a number in ", low, "..", high));
  return raw(field).get<double>();
}

bool Fields::flag(const char* field, std::optional<bool> fallback) const {
  if (fallback && !has(field)) return *fallback;
  if (!raw(field).is_boolean()) refuse(field, "true or false");
  return raw(field).get<bool>();
}

std::string Fields::text(const char* field, std::optional<std::string> fallback) const {
  if (fallback && !has(field)) return *fallback;
  if (!raw(field).is_string()) refuse(field, "text");
  return raw(field).get<std::string>();
}

std::vector<std::int64_t> Fields::integers(const char* field, std::int64_t low,
                                           std::int64_t high) const {
  std::vector<std::int64_t> out;
  if (!has(field)) return out;
  const Json& value = raw(field);
  for (const Json& entry : value.is_array() ? value : Json::array({value})) {
    if (!integer_in(entry, low, high)) {
      refuse(field, concat("an integer, or a list of integers, in ", low, "..", high));
    }
    out.push_back(entry.get<std::int64_t>());
  }
  return out;
}

std::vector<double> Fields::numbers(const char* field, double low, double high) const {
  std::vector<double> out;
  if (!has(field)) return out;
  if (!raw(field).is_array()) refuse(field, "a list of numbers");
  for (const Json& entry : raw(field)) {
    if (!number_in(entry, low, high)) {
      refuse(field, concat("a list of numbers in ", low, "..", high));
    }
    out.push_back(entry.get<double>());
  }
  return out;
}

}  // namespace vrp
