#include "pipeline/model/tokenizer_dialect.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"
#include "pipeline/model/tokenizer_unicode.hpp"

namespace vrp {
namespace {

constexpr char32_t kLastCode = 0x10FFFF;
using Ranges = std::vector<CodeRange>;

Ranges complement(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const CodeRange& a, const CodeRange& b) { return a.first < b.first; });
  Ranges out;
  char32_t next = 0;
  for (const CodeRange& range : ranges) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = std::max<char32_t>(next, range.last + 1);
  }
  if (next <= kLastCode) out.push_back({next, kLastCode});
  return out;
}

Ranges white_space() {
  Ranges ranges;
  for (char32_t code = 0; code <= 0x3000; ++code) {
    if (is_white_space(code)) ranges.push_back({code, code});
  }
  return ranges;
}

bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

int hex_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

class Translator {
 public:
  Translator(std::string_view pattern, const std::string& where)
      : pattern_(pattern), where_(where) {}

  std::string run() {
    if (looking_at("(?i)")) {
      at_ += 4;
      groups_.push_back({true});
      out_ += "(?i)";
    } else {
      groups_.push_back({});
    }
    while (!done()) step();
    return out_;
  }

 private:
  struct Group {
    bool caseless = false, is_look = false;
    bool anchored = false;  // there is one of ^ $ \A \z within
  };

  [[noreturn]] void refuse(std::size_t offset, const std::string& what) const {
    fail(where_, ": regular expression '", excerpt(pattern_), "' has ", what, " at byte ", offset,
         ", which is not supported");
  }
  bool done() const { return at_ >= pattern_.size(); }
  bool looking_at(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
  bool caseless() const { return groups_.back().caseless; }
  char32_t take() {
    if (done()) refuse(pattern_.size(), "an end in the middle of a construct");
    const char32_t code = code_point(pattern_, at_);
    at_ += character_length(pattern_, at_);
    return code;
  }

  void step() {
    const std::size_t begin = at_;
    const char32_t c = take();
    const bool quantifier = c == '*' || c == '+' || c == '?' || c == '{';
    if (quantifier && (begin == 0 || no_operand_)) refuse(begin, "a quantifier without an operand");
    no_operand_ = false;
    if (quantifier || c == '[' || c == '|' || c == '\\' || c == '.') before_ = 0;
    if (quantifier) {
      at_ = begin;
      quantify();
    } else if (c == '(') {
      open_group(begin);
    } else if (c == ')') {
      if (groups_.size() == 1) refuse(begin, "a ')' without '('");
      const bool anchored = groups_.back().anchored;
      no_operand_ = groups_.back().is_look || anchored;
      groups_.pop_back();
      groups_.back().anchored |= anchored;
      out_ += ')';
    } else if (c == '[') {
      char_class(begin);
    } else if (c == '\\') {
      escape(begin);
    } else if (c == '.' || c == '|' || c == '^' || c == '$') {
      if (c == '^' || c == '$') anchor();
      out_ += static_cast<char>(c);
    } else {
      literal(c, begin);
    }
  }

  void anchor() { no_operand_ = groups_.back().anchored = true; }

  void quantify() {
    const std::size_t begin = at_;
    if (looking_at("{")) {
      while (at_ < pattern_.size() && pattern_[at_] != '}') ++at_;
      const auto body = pattern_.substr(begin + 1, at_ - begin - 1);
      const auto comma = body.find(',');
      const auto is_number = [](std::string_view text) {
        return !text.empty() && text.size() <= 4 && std::all_of(text.begin(), text.end(), is_digit);
      };
      const bool exact = comma == std::string_view::npos;
      if (done() || !is_number(body.substr(0, comma)) ||
          !(exact || comma + 1 == body.size() || is_number(body.substr(comma + 1)))) {
        refuse(begin, "a '{' that begins no {n}, {n,} or {n,m}");
      }
      ++at_;
      if (looking_at("+") || (exact && looking_at("?"))) refuse(at_, "a sign after {n,m}");
    } else {
      ++at_;
      if (looking_at("+")) ++at_;  // possessive
    }
    if (at_ == begin + 1 || pattern_[at_ - 1] == '}') {
      if (looking_at("?")) ++at_;  // lazy
    }
    out_ += pattern_.substr(begin, at_ - begin);
    if (looking_at("*") || looking_at("+") || looking_at("?") || looking_at("{")) {
      refuse(at_, "a quantifier of a quantifier");
    }
  }

  void open_group(std::size_t begin) {
    if (!looking_at("?")) {
      groups_.push_back({caseless()});
      out_ += '(';
      return;
    }
    for (const auto& [text, caseless_inside, is_look] :
         {Opening{"?:", caseless(), false}, Opening{"?>", caseless(), false},
          Opening{"?i:", true, false}, Opening{"?=", caseless(), true},
          Opening{"?!", caseless(), true}, Opening{"?<=", caseless(), true},
          Opening{"?<!", caseless(), true}}) {
      if (!looking_at(text)) continue;
      at_ += text.size();
      groups_.push_back({caseless_inside, is_look});
      out_.append("(").append(text);
      return;
    }
    refuse(begin, "the group '" + std::string(pattern_.substr(begin, 4)) + "...'");
  }
  struct Opening {
    std::string_view text;
    bool caseless, is_look;
  };

  void literal(char32_t c, std::size_t begin) {
    if (caseless()) {
      // Unicode folds some letters with two: ß with ss, the ligatures with ff, fi, fl and st.
      if (c >= 0x80) refuse(begin, "a character beyond ASCII without regard to case");
      const char32_t low = is_ascii_letter(c) ? c | 0x20 : c;
      for (const char* pair : {"ss", "st", "ff", "fi", "fl"}) {
        if (before_ == static_cast<char32_t>(pair[0]) && low == static_cast<char32_t>(pair[1])) {
          refuse(begin, std::string("'") + pair + "' without regard to case");
        }
      }
      before_ = low;
    }
    put(c);
  }

  /// A literal code point, in a form that has no other meaning.
  void put(char32_t c) {
    if (is_ascii_letter(c) || is_digit(c) || c == ' ') {
      out_ += static_cast<char>(c);
    } else {
      char text[16];
      std::snprintf(text, sizeof text, "\\x{%X}", static_cast<unsigned>(c));
      out_ += text;
    }
  }
  void put(const Ranges& ranges, bool negated) {
    out_ += negated ? "[^" : "[";
    for (const CodeRange& range : ranges) {
      put(range.first);
      if (range.last == range.first) continue;
      out_ += '-';
      put(range.last);
    }
    out_ += ']';
  }

  void escape(std::size_t begin) {
    if (done()) refuse(begin, "a '\\' at the end");
    if (looking_at("A") || looking_at("z")) {
      out_ += '\\';
      out_ += pattern_[at_++];
      anchor();
      return;
    }
    Ranges set;
    if (set_escape(begin, set)) {
      if (caseless()) refuse(begin, "a set of characters without regard to case");
      put(set, false);
    } else {
      literal(code_escape(begin), begin);
    }
  }

  /// After a backslash: \s \d \p{..} and the like.
  bool set_escape(std::size_t begin, Ranges& set) {
    const char kind = pattern_[at_];
    if (kind == 's' || kind == 'S') {
      set = white_space();
    } else if (kind == 'd' || kind == 'D') {
      set = category_ranges("Nd");
    } else if (kind == 'p' || kind == 'P') {
      const auto end = pattern_.find('}', at_);
      if (at_ + 1 >= pattern_.size() || pattern_[at_ + 1] != '{' || end == std::string_view::npos) {
        refuse(begin, "a property without {}");
      }
      auto name = pattern_.substr(at_ + 2, end - at_ - 2);
      const bool negated = name.starts_with('^');
      if (negated) name.remove_prefix(1);
      set = category_ranges(name);
      if (set.empty()) {
        refuse(begin, "the property '" + excerpt(name) + "' (general categories are supported)");
      }
      if (negated != (kind == 'P')) set = complement(std::move(set));
      at_ = end + 1;
      return true;
    } else {
      return false;
    }
    if (kind == 'S' || kind == 'D') set = complement(std::move(set));
    ++at_;
    return true;
  }

  /// After a backslash: a single code point.
  char32_t code_escape(std::size_t begin) {
    const char32_t c = take();
    static constexpr char kNames[] = "tnvfrae";
    static constexpr char32_t kCodes[] = {9, 10, 11, 12, 13, 7, 27};
    for (std::size_t i = 0; i < std::size(kCodes); ++i) {
      if (c == static_cast<char32_t>(kNames[i])) return kCodes[i];
    }
    if (c == 'x' && looking_at("{")) {
      ++at_;
      return hex(begin, 1, 6, true);
    }
    if (c == 'x') {
      const char32_t code = hex(begin, 2, 2, false);
      if (code >= 0x80) refuse(begin, "a byte beyond ASCII");
      return code;
    }
    if (c == 'u') return hex(begin, 4, 4, false);
    if (is_ascii_letter(c) || is_digit(c)) {
      refuse(begin, std::string("the escape '\\") + static_cast<char>(c) + "'");
    }
    return c;
  }

  char32_t hex(std::size_t begin, std::size_t least, std::size_t most, bool braces) {
    char32_t code = 0;
    std::size_t digits = 0;
    for (; !done() && digits < most; ++at_, ++digits) {
      const int value = hex_value(static_cast<unsigned char>(pattern_[at_]));
      if (value < 0) break;
      code = code * 16 + static_cast<char32_t>(value);
    }
    const bool closed = !braces || looking_at("}");
    if (digits < least || !closed || code > kLastCode || (code >= 0xD800 && code < 0xE000)) {
      refuse(begin, "a malformed code point");
    }
    if (braces) ++at_;
    return code;
  }

  void char_class(std::size_t begin) {
    const bool negated = looking_at("^");
    if (negated) ++at_;
    if (looking_at("]")) refuse(at_, "a ']' as the first of a class");
    Ranges set;
    bool may_be_range = false;  // the last item was one code point
    while (!looking_at("]")) {
      const std::size_t item = at_;
      const char32_t c = take();
      if (c == '[') refuse(item, "a '[' within a class");
      if (c == '&' && looking_at("&")) refuse(item, "'&&' within a class");
      if (c == '-' && item != begin + 1 + (negated ? 1u : 0u) && !looking_at("]")) {
        if (!may_be_range) refuse(item, "a '-' after a set or range");
        const char32_t last = one_of_class(item);
        if (last < set.back().first) refuse(item, "a range that runs backwards");
        set.back().last = last;
        may_be_range = false;
        continue;
      }
      Ranges inner;
      if (c == '\\' && !done() && set_escape(item, inner)) {
        set.insert(set.end(), inner.begin(), inner.end());
        may_be_range = false;
      } else {
        const char32_t code = c == '\\' ? code_escape(item) : c;
        set.push_back({code, code});
        may_be_range = true;
      }
    }
    ++at_;
    const bool ascii = std::all_of(set.begin(), set.end(), [](auto r) { return r.last < 0x80; });
    if (caseless() && (negated || !ascii)) {
      refuse(begin, "a class beyond ASCII or negated without regard to case");
    }
    put(set, negated);
  }

  /// The upper end of a range.
  char32_t one_of_class(std::size_t item) {
    const char32_t c = take();
    Ranges ignored;
    if (c == '[' || (c == '\\' && !done() && set_escape(item, ignored))) {
      refuse(item, "a range that ends in a set");
    }
    return c == '\\' ? code_escape(item) : c;
  }

  std::string_view pattern_;
  const std::string& where_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Group> groups_;
  bool no_operand_ = false;  // the last thing is nothing that may be repeated
  char32_t before_ = 0;      // the literal before, where case does not count
};

}  // namespace

std::string pcre2_pattern(std::string_view pattern, const std::string& where) {
  return Translator(pattern, where).run();
}

}  // namespace vrp
