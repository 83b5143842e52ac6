#include "pipeline/items/normalise.hpp"

#include <algorithm>
#include <cstdint>

#include "pipeline/items/scorer.hpp"

namespace vrp {
namespace {

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

/// The code point at `at`; a byte that starts none counts as one (its value is then >= 0x80).
CodePoint code_point(std::string_view text, std::size_t at) {
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

bool is_space(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

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
    if (is_space(c.value) && (c.bytes > 1 || c.value < 0x80)) {
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
    if (is_space(c.value) && (c.bytes > 1 || c.value < 0x80)) {
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

std::string vlmevalkit_punctuation(std::string_view text) {
  constexpr std::string_view kMarks = ";/[]\"{}()=+\\_-><@`,?!";
  constexpr int kPeriods = 32;  // the published code passes a flag of that value as a count
  bool comma_number = false;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    comma_number |= text[i] == ',' && is_digit(text[i - 1]) && is_digit(text[i + 1]);
  }
  const auto beside_space = [&](char mark) {
    const char before[] = {' ', mark}, after[] = {mark, ' '};
    return text.find(std::string_view(before, 2)) != std::string_view::npos ||
           text.find(std::string_view(after, 2)) != std::string_view::npos;
  };
  std::string marked;
  for (const char c : text) {
    if (kMarks.find(c) == std::string_view::npos) {
      marked += c;
    } else if (!comma_number && !beside_space(c)) {
      marked += ' ';
    }
  }
  std::string out;
  int periods = 0;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    const bool free = marked[i] == '.' && (i == 0 || !is_digit(marked[i - 1])) &&
                      (i + 1 == marked.size() || !is_digit(marked[i + 1]));
    if (free && periods < kPeriods) {
      ++periods;
    } else {
      out += marked[i];
    }
  }
  return out;
}

}  // namespace vrp
