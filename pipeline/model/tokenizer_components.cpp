// What the parsers of the components share: fields with errors that name them, and UTF-8.
#include "pipeline/model/tokenizer_components.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {

std::string component_type(const Json& json, const std::string& where) {
  return json_text(json, "type", where);
}

void refuse_component(const char* kind, const std::string& type, const std::string& supported,
                      const std::string& where) {
  fail(where, ": ", kind, " '", excerpt(type), "' is not supported; supported: ", supported);
}

bool flag_of(const Json& json, const char* field, const std::string& where) {
  const Json& value = json_at(json, field, where);
  if (!value.is_boolean()) {
    fail(where, ": field '", field, "' is ", excerpt(value.dump()), ", expected true or false");
  }
  return value.get<bool>();
}

bool flag_of(const Json& json, const char* field, bool fallback, const std::string& where) {
  if (!json.contains(field) || json.at(field).is_null()) return fallback;
  return flag_of(json, field, where);
}

std::string string_pattern(const Json& json, const std::string& where) {
  const Json& pattern = json_at(json, "pattern", where);
  if (pattern.is_object() && pattern.contains("Regex")) {
    fail(where, ": pattern ", excerpt(pattern.dump()),
         " is a regular expression, which is not supported here; expected {\"String\": ...}");
  }
  const std::string text = json_text(pattern, "String", where);
  if (text.empty()) fail(where, ": field 'pattern' is empty, expected at least one character");
  return text;
}

std::string one_character(const Json& json, const char* field, const std::string& where) {
  const std::string text = json_text(json, field, where);
  if (text.empty() || character_length(text, 0) != text.size()) {
    fail(where, ": field '", field, "' is '", excerpt(text), "', expected one character");
  }
  return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::size_t at = text.find(from);
  if (at == std::string::npos) return;
  std::string out;
  std::size_t begin = 0;
  for (; at != std::string::npos; at = text.find(from, begin)) {
    out.append(text, begin, at - begin).append(to);
    begin = at + from.size();
  }
  text = out.append(text, begin);
}

std::size_t character_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return std::min(length, text.size() - at);
}

char32_t code_point(std::string_view text, std::size_t at) {
  const std::size_t length = character_length(text, at);
  const auto lead = static_cast<unsigned char>(text[at]);
  if (length == 1) return lead;
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
  }
  return code;
}

void append_utf8(std::string& text, char32_t code) {
  const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  const auto tail = [&](int shift) { put(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), tail(0);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), tail(6), tail(0);
  } else {
    put(0xF0 | code >> 18), tail(12), tail(6), tail(0);
  }
}

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace vrp
