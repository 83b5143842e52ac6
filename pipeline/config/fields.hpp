#pragma once
// One list of fields, many readers. A parameter struct has
//   template <class Visit> void fields(Visit&& visit) { visit("samples", samples, "answers per
//   item, >= 2"); }
// and options, help, canonical text and the run hash all come from it.
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {

/// Shortest text that reads back as the same value.
template <class T>
std::string field_text(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
    return value ? *value : "(not set)";
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return join(value, " ");
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "1" : "0";
  } else {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
  }
}

template <class T>
constexpr const char* field_type() {
  if constexpr (std::is_same_v<T, std::string>) return "text";
  if constexpr (std::is_same_v<T, std::optional<std::string>>) return "text";
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return "list of words";
  if constexpr (std::is_same_v<T, bool>) return "0 or 1";
  if constexpr (std::is_floating_point_v<T>) return "a number";
  if constexpr (std::is_unsigned_v<T>) return "an integer >= 0";
  return "an integer";
}

/// Reads `text` into `value`; an optional one is set by any text, the empty one included. False
/// when it is not of the type (the value is then unchanged).
template <class T>
bool parse_field(std::string_view text, T& value) {
  if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::optional<std::string>>) {
    value = std::string(text);
    return true;
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    std::string spaced(text);
    for (char& c : spaced) {
      if (c == ',' || c == '\t') c = ' ';
    }
    value.clear();
    for (auto& word : split(spaced, ' ')) {
      if (!word.empty()) value.push_back(std::move(word));
    }
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text == "1" || text == "true" || text == "yes" || text == "on") {
      value = true;
    } else if (text == "0" || text == "false" || text == "no" || text == "off") {
      value = false;
    } else {
      return false;
    }
    return true;
  } else {
    T parsed{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    value = parsed;
    return true;
  }
}

/// "name=value\n" of every field in declaration order: what a fingerprint hashes.
template <class Params>
std::string canonical_text(Params params) {
  std::string out;
  params.fields([&](const char* name, auto& value, const char*) {
    out += std::string(name) + "=" + field_text(value) + "\n";
  });
  return out;
}

/// "  name (default 10): help" lines.
template <class Params>
std::string fields_help(Params params) {
  std::string out;
  params.fields([&](const char* name, auto& value, const char* help) {
    out += std::string("  ") + name + " = " + field_text(value) + "\n      " + help + "\n";
  });
  return out;
}

}  // namespace vrp
