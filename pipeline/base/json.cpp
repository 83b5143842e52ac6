#include "pipeline/base/json.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_events.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr int kMaxDepth = 200;

std::string position(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const auto before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n');
  const auto column = start == std::string_view::npos ? offset + 1 : offset - start;
  return concat("line ", line, ", column ", column);
}

/// nlohmann-json recurses when it destroys deep values: measure the nesting before parsing.
std::size_t first_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return i;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::string_view::npos;
}

/// Text without byte-order mark that is UTF-8 and not too deep.
std::string_view checked(std::string_view text, const std::string& where) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  std::size_t bad = 0;
  if (!valid_utf8(text, &bad)) fail(where, ": invalid UTF-8 at ", position(text, bad));
  if (const auto deep = first_too_deep(text); deep != std::string_view::npos) {
    fail(where, ": JSON nested deeper than ", kMaxDepth, " at ", position(text, deep));
  }
  return text;
}

[[noreturn]] void refuse(std::string_view text, std::size_t offset, const std::string& where) {
  fail(where, ": malformed JSON at ", position(text, offset), " near '",
       excerpt(text.substr(std::min(offset, text.size()), 30)), "'");
}

}  // namespace

Json parse_json(std::string_view text, const std::string& where) {
  text = checked(text, where);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    refuse(text, error.byte > 0 ? error.byte - 1 : 0, where);
  } catch (const Json::exception& error) {
    fail(where, ": malformed JSON: ", error.what());
  }
}

void parse_json_events(std::string_view text, const std::string& where, JsonEvents& events) {
  text = checked(text, where);
  if (!Json::sax_parse(text, &events)) refuse(text, events.stopped_at(), where);
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_text(path), path.string());
}

const Json& json_at(const Json& object, const char* field, const std::string& where) {
  if (!object.is_object()) {
    fail(where, ": found ", object.type_name(), ", expected an object with field '", field, "'");
  }
  const auto found = object.find(field);
  if (found == object.end()) fail(where, ": field '", field, "' is missing");
  return *found;
}

std::string json_text(const Json& object, const char* field, const std::string& where) {
  const Json& value = json_at(object, field, where);
  if (!value.is_string()) {
    fail(where, ": field '", field, "' is ", excerpt(value.dump()), ", expected text");
  }
  return value.get<std::string>();
}

double json_number(const Json& object, const char* field, const std::string& where) {
  const Json& value = json_at(object, field, where);
  if (!value.is_number()) {
    fail(where, ": field '", field, "' is ", excerpt(value.dump()), ", expected a number");
  }
  return value.get<double>();
}

std::int64_t json_integer(const Json& object, const char* field, const std::string& where) {
  const Json& value = json_at(object, field, where);
  if (!value.is_number_integer()) {
    fail(where, ": field '", field, "' is ", excerpt(value.dump()), ", expected an integer");
  }
  return value.get<std::int64_t>();
}

}  // namespace vrp
