#pragma once
// What a Split looks for: a text, or a regular expression run by PCRE2.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// A stretch of text; those of one text follow each other and cover it.
struct Span {
  std::size_t begin = 0, end = 0;
  bool is_match = false;
};

class Pattern {
 public:
  virtual ~Pattern() = default;
  /// Matches (leftmost, not overlapping) and what lies between. A match may be empty, but not
  /// directly behind another; what lies between is not empty. `text` is valid UTF-8.
  virtual std::vector<Span> find(std::string_view text) const = 0;
};

/// {"String": text} or {"Regex": expression}.
std::unique_ptr<Pattern> parse_pattern(const Json& json, const std::string& where);

/// Error (bad_input) for what tokenizer_dialect.hpp or PCRE2 refuses. A find that would take more
/// than 2 * 10^7 steps of backtracking on one text is an Error too: no text makes it hang.
std::unique_ptr<Pattern> make_regex(std::string_view expression, const std::string& where);

}  // namespace vrp
