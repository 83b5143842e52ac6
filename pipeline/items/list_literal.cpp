#include "pipeline/items/list_literal.hpp"

#include <cstdint>

#include "pipeline/items/code_point.hpp"

namespace vrp {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f";

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

class ListParser {
 public:
  explicit ListParser(std::string_view text) : text_(text) {}

  std::optional<std::vector<std::string>> parse() {
    std::vector<std::string> out;
    skip_blanks();
    if (!take('[')) return std::nullopt;
    for (skip_blanks(); !take(']'); skip_blanks()) {
      std::string value;
      if (!string(value)) return std::nullopt;
      out.push_back(std::move(value));
      skip_blanks();
      if (take(',')) continue;
      if (!take(']')) return std::nullopt;
      break;
    }
    skip_blanks();
    if (at_ != text_.size()) return std::nullopt;
    return out;
  }

 private:
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
  }

  bool string(std::string& out) {
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') return false;
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == quote) return true;
      if (c == '\n') return false;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool escape(std::string& out) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view kNames = "ntrabfv\\'\"", kValues = "\n\t\r\a\b\f\v\\'\"";
    if (const auto known = kNames.find(c); known != std::string_view::npos) {
      out += kValues[known];
      return true;
    }
    if (c == '\n') return true;
    if (c == 'x') return number(out, 2, 2, 16);
    if (c == 'u') return number(out, 4, 4, 16);
    if (c == 'U') return number(out, 8, 8, 16);
    if (digit_of(c) < 8) {
      --at_;
      return number(out, 1, 3, 8);
    }
    if (c == 'N') return false;  // \N{name}: no table of names here
    out += '\\';
    out += c;
    return true;
  }

  /// A character by its number of `least` to `most` digits.
  bool number(std::string& out, int least, int most, int base) {
    std::uint32_t code = 0;
    int count = 0;
    while (count < most && at_ < text_.size() && digit_of(text_[at_]) < base) {
      code = code * static_cast<std::uint32_t>(base) +
             static_cast<std::uint32_t>(digit_of(text_[at_++]));
      ++count;
    }
    return count >= least && put_code_point(out, code);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool looks_like_list(std::string_view text) {
  const auto open = text.find_first_not_of(kBlanks);
  if (open == std::string_view::npos || text[open] != '[') return false;
  const auto next = text.find_first_not_of(kBlanks, open + 1);
  return next != std::string_view::npos && (text[next] == '\'' || text[next] == '"');
}

std::optional<std::vector<std::string>> parse_list_literal(std::string_view text) {
  return ListParser(text).parse();
}

}  // namespace vrp
