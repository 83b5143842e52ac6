#include "pipeline/model/tokenizer_unicode.hpp"

#include <algorithm>

namespace vrp {
namespace {

struct Run {
  char32_t last = 0;
  std::string_view category;
};

std::vector<Run> parse_runs() {
  std::vector<Run> runs;
  char32_t next = 0;
  for (std::string_view text = kCategoryRuns; !text.empty();) {
    char32_t length = 0;
    std::size_t at = 0;
    for (; text[at] >= '0' && text[at] <= '9'; ++at) {
      length = length * 10 + static_cast<char32_t>(text[at] - '0');
    }
    next += length;
    runs.push_back({next - 1, text.substr(at, 2)});
    text.remove_prefix(at + 2);
  }
  return runs;
}

const std::vector<Run>& runs() {
  static const std::vector<Run> all = parse_runs();
  return all;
}

}  // namespace

std::string_view category_of(char32_t code) {
  const auto found =
      std::lower_bound(runs().begin(), runs().end(), code,
                       [](const Run& run, char32_t value) { return run.last < value; });
  return found == runs().end() ? "Cn" : found->category;
}

std::vector<CodeRange> category_ranges(std::string_view name) {
  std::vector<CodeRange> ranges;
  if (name.empty() || name.size() > 2) return ranges;
  char32_t first = 0;
  for (const Run& run : runs()) {
    if (run.category.starts_with(name)) {
      if (!ranges.empty() && ranges.back().last + 1 == first) {
        ranges.back().last = run.last;
      } else {
        ranges.push_back({first, run.last});
      }
    }
    first = run.last + 1;
  }
  return ranges;
}

}  // namespace vrp
