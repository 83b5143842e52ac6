#include "stages/reduce/replicate_parts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

bool read_number(std::string_view text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::vector<std::string> replicate_parts(std::int64_t items, const ReduceParams& params) {
  const double draws = static_cast<double>(items) * params.replicates;
  const int parts = static_cast<int>(std::min<double>(
      params.replicates, std::ceil(draws / static_cast<double>(params.block_draws))));
  std::vector<std::string> out;
  for (int part = 0; parts > 1 && part < parts; ++part) {
    const stats::ReplicateRange range = stats::replicate_block(params.replicates, part, parts);
    out.push_back(concat(range.first, "-", range.first + range.count));
  }
  return out;
}

stats::ReplicateRange replicate_range(const std::string& part) {
  const std::size_t dash = part.find('-');
  std::int64_t first = 0, end = 0;
  if (dash == std::string::npos || !read_number(std::string_view(part).substr(0, dash), first) ||
      !read_number(std::string_view(part).substr(dash + 1), end) || first < 0 || end <= first)
    throw Error(ExitCode::internal, concat("reduce: '", part, "' is no range of replicates"));
  return {first, end - first};
}

}  // namespace vrp
