#pragma once
// Reading and writing UTF-8 text character by character, as the published Python programs see it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vrp {

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

/// The code point at `at`; a byte that starts none counts as one (its value is then >= 0x80).
inline CodePoint code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (length == 1 || at + length > text.size()) return {lead, 1};
  std::uint32_t value = lead & (0xFFu >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(at + k) & 0xC0) != 0x80) return {lead, 1};
    value = (value << 6) | (byte(at + k) & 0x3Fu);
  }
  return {value, length};
}

/// White space of Python's str.split() and str.strip(): U+001C..U+001F are, U+200B and U+FEFF are
/// not. A lone byte >= 0x80 is none.
inline bool is_white_space(CodePoint point) {
  const std::uint32_t c = point.value;
  if (point.bytes == 1 && c >= 0x80) return false;
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

/// Appends the code point as UTF-8; false, and nothing appended, for what is no Unicode scalar
/// value.
inline bool put_code_point(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return true;
}

}  // namespace vrp
