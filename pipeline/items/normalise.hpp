#pragma once
// Text normalisation that scorers share beside Norm and Norm+ (scorer.hpp).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Pieces between runs of white space as Python's str.split() sees it (Unicode white space, the
/// separators U+001C..U+001F included). Bytes that are not UTF-8 count as text.
std::vector<std::string> split_white_space(std::string_view text);

/// 0..20 for "zero".."twenty" (lower case), nothing otherwise.
std::optional<int> number_word(std::string_view word);

/// Python's str.strip(): Unicode white space off both ends.
std::string strip_white_space(std::string_view text);

}  // namespace vrp
