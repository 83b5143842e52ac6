#pragma once
// Rows of a benchmark file: one JSON array, or JSON Lines, decided by content.
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace vrp {

/// One object of the file and its place for messages: "FILE:7" (line) or "FILE: [6]" (index).
struct JsonRow {
  Json value;
  std::string where;
};

/// What to do with a row that cannot be used: an empty handler lets the error stop the import.
using RowErrorHandler = std::function<void(const Error&)>;

/// Reads an array of objects or JSON Lines (benchmarks section 0): a byte-order mark, LF or CRLF,
/// a missing final newline and blank lines at the end are accepted. One object alone is one row.
/// Error: an empty file, malformed JSON or UTF-8 with line (or array position), an element that is
/// not an object, a blank line between rows. Errors of single lines or elements go to `on_error`.
std::vector<JsonRow> read_json_rows(const std::filesystem::path& path,
                                    const RowErrorHandler& on_error = {});
/// The same for text that came from `name`.
std::vector<JsonRow> parse_json_rows(std::string_view text, const std::string& name,
                                     const RowErrorHandler& on_error = {});

/// An id as text: a string that is not blank, or an integer's decimal text. Error otherwise.
std::string json_id(const Json& object, const char* field, const std::string& where);

/// All fields of `object` but those named, as the text of a JSON object ("{}" if none).
std::string other_fields(const Json& object, const std::vector<std::string>& known);

}  // namespace vrp
