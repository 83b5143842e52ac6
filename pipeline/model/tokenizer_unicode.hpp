#pragma once
// What the reference library knows of Unicode, as tables of our own: those of PCRE2 and utf8proc
// depend on the machine, and a letter of a newer Unicode would be split off on one and not on the
// other.
#include <span>
#include <string_view>
#include <vector>

namespace vrp {

struct CodeRange {
  char32_t first = 0, last = 0;  ///< both included
};

/// General category in Unicode 16, the version of its regular expressions: "Lu", "Cn" ...
std::string_view category_of(char32_t code);
/// Ascending ranges of a category ("Lu") or of a group of them ("L"); empty for another name.
std::vector<CodeRange> category_ranges(std::string_view name);
/// Run lengths from U+0000 on, each with its category: "32Cc1Zs3Po...". Generated.
extern const char* const kCategoryRuns;

/// Ascending ranges of characters that later versions of Unicode reorder or compose, while the NFC
/// of the reference library (Unicode 9) leaves them where they are. Generated.
std::span<const CodeRange> unknown_to_nfc();

}  // namespace vrp
