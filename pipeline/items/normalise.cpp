#include "pipeline/items/normalise.hpp"

#include <algorithm>
#include <cstdint>

#include "pipeline/items/code_point.hpp"
#include "pipeline/items/scorer.hpp"

namespace vrp {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Lower case of the code points that have an ASCII one: A-Z, the Kelvin sign, the dotted I.
char lower_ascii(std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  if (c == 0x212A) return 'k';
  if (c == 0x130) return 'i';
  return c < 0x80 ? static_cast<char>(c) : '\0';
}

}  // namespace

std::string norm(std::string_view text) {
  std::string out;
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point(text, at);
    const char lower = lower_ascii(c.value);
    if (is_white_space(c)) {
      space = true;
    } else if ((lower >= 'a' && lower <= 'z') || is_digit(lower)) {
      if (space && !out.empty()) out += ' ';
      space = false;
      out += lower;
    }
    at += c.bytes;
  }
  return out;
}

std::vector<std::string> split_white_space(std::string_view text) {
  std::vector<std::string> pieces;
  std::string piece;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point(text, at);
    if (is_white_space(c)) {
      if (!piece.empty()) pieces.push_back(std::move(piece));
      piece.clear();
    } else {
      piece += text.substr(at, c.bytes);
    }
    at += c.bytes;
  }
  if (!piece.empty()) pieces.push_back(std::move(piece));
  return pieces;
}

std::optional<int> number_word(std::string_view word) {
  static constexpr std::string_view kWords[] = {
      "zero",     "one",     "two",     "three",     "four",     "five",     "six",
      "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
  const auto* const found = std::find(std::begin(kWords), std::end(kWords), word);
  if (found == std::end(kWords)) return std::nullopt;
  return static_cast<int>(found - std::begin(kWords));
}

std::string norm_plus(std::string_view text) {
  std::string out;
  for (const auto& word : split_white_space(norm(text))) {
    if (word == "a" || word == "an" || word == "the") continue;
    if (!out.empty()) out += ' ';
    const auto number = number_word(word);
    out += number ? std::to_string(*number) : word;
  }
  return out;
}

std::string strip_white_space(std::string_view text) {
  std::size_t first = text.size(), last = 0;  // bytes of the first and past the last character
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point(text, at);
    if (!is_white_space(c)) {
      first = std::min(first, at);
      last = at + c.bytes;
    }
    at += c.bytes;
  }
  return last == 0 ? std::string() : std::string(text.substr(first, last - first));
}

}  // namespace vrp
