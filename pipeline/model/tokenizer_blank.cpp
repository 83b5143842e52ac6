#include "pipeline/model/tokenizer_blank.hpp"

namespace vrp {
namespace {

/// Decodes one character of valid UTF-8 at `at` and moves past it.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
  };
  const char32_t first = byte(at);
  const std::size_t more = first < 0xC0 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  char32_t character = more == 0 ? first : first & (0x3Fu >> more);
  std::size_t end = at + 1;
  for (; end < text.size() && end <= at + more; ++end) {
    character = (character << 6) | (byte(end) & 0x3Fu);
  }
  at = end;
  return character;
}

/// White_Space and control characters, and the zero-width ones. Source: Unicode 15.1, PropList.
bool shows_nothing(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200D) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2060 || c == 0x3000 ||
         c == 0xFEFF;
}

}  // namespace

bool blank_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!shows_nothing(next_character(text, at))) return false;
  }
  return !text.empty();
}

std::vector<std::int32_t> blank_tokens(const Tokenizer& tokenizer, std::int32_t vocab) {
  std::vector<std::int32_t> blank;
  for (std::int32_t id = 0; id < vocab; ++id) {
    // Twice, since some decoders strip one space at the start.
    if (blank_text(tokenizer.decode({id, id}, false))) blank.push_back(id);
  }
  return blank;
}

}  // namespace vrp
