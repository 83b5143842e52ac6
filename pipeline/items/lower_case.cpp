#include "pipeline/items/lower_case.hpp"

#include <algorithm>
#include <span>

#include "pipeline/items/code_point.hpp"

namespace vrp {
namespace {

std::uint32_t lower_of(std::uint32_t code) {
  const std::span ranges(kLowerCaseRanges, kLowerCaseRangeCount);
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code,
                       [](std::uint32_t c, const LowerCaseRange& r) { return c < r.first; });
  if (after == ranges.begin()) return code;
  const LowerCaseRange& range = *(after - 1);
  if (code > range.last || (code - range.first) % range.step != 0) return code;
  return static_cast<std::uint32_t>(static_cast<std::int64_t>(code) + range.distance);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point(text, at);
    if (c.bytes == 1 && c.value >= 0x80) {
      out += text[at];
    } else {
      put_code_point(out, lower_of(c.value));
    }
    at += c.bytes;
  }
  return out;
}

}  // namespace vrp
