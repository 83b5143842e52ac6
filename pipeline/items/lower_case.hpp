#pragma once
// Lower-casing of Unicode text, by a table of our own: that of the C library depends on the
// machine and its locale.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vrp {

/// UTF-8 text with every character in its simple lower case (Unicode 14). A capital sigma becomes
/// the medial one at the end of a word too, U+0130 becomes `i`; bytes that are not UTF-8 stay.
std::string lower_case(std::string_view text);

/// Every `step`-th character from `first` to `last`, both included, moves by `distance`.
struct LowerCaseRange {
  std::uint32_t first, last, step;
  std::int32_t distance;
};
extern const LowerCaseRange kLowerCaseRanges[];  ///< ascending; generated
extern const std::size_t kLowerCaseRangeCount;

}  // namespace vrp
