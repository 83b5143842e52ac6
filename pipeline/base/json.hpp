#pragma once
// JSON files with errors that name file and position. Parsing is nlohmann-json's.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace vrp {

using Json = nlohmann::json;

/// Parses text that came from `where` (a path, or path:line). A leading byte-order mark is skipped.
/// Error with line and column for malformed JSON, invalid UTF-8, trailing text, nesting over 200.
Json parse_json(std::string_view text, const std::string& where);
Json read_json(const std::filesystem::path& path);

/// Typed access with errors that say where, which field, what was found.
const Json& json_at(const Json& object, const char* field, const std::string& where);
std::string json_text(const Json& object, const char* field, const std::string& where);
double json_number(const Json& object, const char* field, const std::string& where);
std::int64_t json_integer(const Json& object, const char* field, const std::string& where);

}  // namespace vrp
