#include "pipeline/items/json_rows.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

void report(const RowErrorHandler& on_error, const Error& error) {
  if (!on_error) throw error;
  on_error(error);
}

void add_object(std::vector<JsonRow>& rows, Json value, std::string where,
                const RowErrorHandler& on_error) {
  if (value.is_object()) {
    rows.push_back({std::move(value), std::move(where)});
  } else {
    report(on_error, Error(ExitCode::bad_input, concat(where, ": found ", excerpt(value.dump()),
                                                       ", expected an object")));
  }
}

std::vector<JsonRow> array_rows(Json array, const std::string& name,
                                const RowErrorHandler& on_error) {
  std::vector<JsonRow> rows;
  for (std::size_t i = 0; i < array.size(); ++i) {
    add_object(rows, std::move(array[i]), concat(name, ": [", i, "]"), on_error);
  }
  if (array.empty()) fail(name, ": the array is empty, expected one object per item");
  return rows;
}

/// Lines without their ends; blank lines at the end of the file are left out.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    begin = end + 1;
  }
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  return lines;
}

bool is_json(std::string_view text) { return Json::accept(text.begin(), text.end()); }

}  // namespace

std::vector<JsonRow> parse_json_rows(std::string_view text, const std::string& name,
                                     const RowErrorHandler& on_error) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) fail(name, ": the file is empty");
  if (text[first] == '[') return array_rows(parse_json(text, name), name, on_error);
  const auto lines = lines_of(text);
  std::vector<JsonRow> rows;
  // A document over several lines is one object; its first line alone is not JSON.
  if (lines.size() > 1 && !is_json(lines.front()) && is_json(text)) {
    add_object(rows, parse_json(text, name), name, on_error);
    return rows;
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = concat(name, ":", i + 1);
    try {
      if (trim(lines[i]).empty()) fail(where, ": blank line between rows");
      add_object(rows, parse_json(lines[i], where), where, on_error);
    } catch (const Error& error) {
      report(on_error, error);
    }
  }
  return rows;
}

std::vector<JsonRow> read_json_rows(const std::filesystem::path& path,
                                    const RowErrorHandler& on_error) {
  return parse_json_rows(read_text(path), path.string(), on_error);
}

std::string json_id(const Json& object, const char* field, const std::string& where) {
  const Json& value = json_at(object, field, where);
  if (value.is_number_integer()) return value.dump();
  if (value.is_string() && !trim(value.get_ref<const std::string&>()).empty()) {
    return value.get<std::string>();
  }
  fail(where, ": field '", field, "' is ", excerpt(value.dump()),
       ", expected text or an integer as id");
}

std::string other_fields(const Json& object, const std::vector<std::string>& known) {
  Json rest = Json::object();
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) rest[name] = value;
  }
  return rest.dump();
}

}  // namespace vrp
