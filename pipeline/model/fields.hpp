#pragma once
// Checked, typed access to the fields of a configuration file, with the library's default where a
// file leaves a field out. Every error names the file, the field by its full path, what was found
// and what was expected.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

class Fields {
 public:
  /// The object of a whole file.
  static Fields file(const std::filesystem::path& path);
  static Fields empty(const std::filesystem::path& path);  ///< an absent file: defaults only

  bool has(const char* field) const;      ///< there and not null
  bool is_null(const char* field) const;  ///< there, and null
  const Json& raw(const char* field) const;

  /// A nested object; an absent one is empty, so that its fields take their defaults.
  Fields object(const char* field) const;

  /// Without `fallback` the field is required. The value lies in [low, high].
  std::int64_t integer(const char* field, std::optional<std::int64_t> fallback, std::int64_t low,
                       std::int64_t high) const;
  double number(const char* field, std::optional<double> fallback, double low, double high) const;
  bool flag(const char* field, std::optional<bool> fallback) const;
  std::string text(const char* field, std::optional<std::string> fallback) const;
  /// An integer or a list of integers; empty when the field is absent.
  std::vector<std::int64_t> integers(const char* field, std::int64_t low, std::int64_t high) const;
  std::vector<double> numbers(const char* field, double low, double high) const;

  /// Throws: FILE: field 'FIELD' is FOUND (or left out), expected EXPECTED.
  [[noreturn]] void refuse(const char* field, const std::string& expected) const;

 private:
  Fields(Json object, std::string where, std::string prefix);
  Json object_;
  std::string where_;   ///< the file
  std::string prefix_;  ///< "text_config." inside a nested object
};

}  // namespace vrp
