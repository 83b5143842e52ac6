#include "pipeline/stats/columns.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp::stats {

std::vector<std::int32_t> number_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> names = texts;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<std::int32_t> numbers;
  numbers.reserve(texts.size());
  for (const std::string& text : texts) {
    const auto place = std::lower_bound(names.begin(), names.end(), text);
    numbers.push_back(static_cast<std::int32_t>(place - names.begin()));
  }
  return numbers;
}

std::vector<std::int32_t> without_gaps(Groups group) {
  std::vector<std::int32_t> used(group.begin(), group.end());
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  std::vector<std::int32_t> out;
  out.reserve(group.size());
  for (const std::int32_t g : group) {
    out.push_back(
        static_cast<std::int32_t>(std::lower_bound(used.begin(), used.end(), g) - used.begin()));
  }
  return out;
}

UsedRows used_rows(Values values, Labels labels) {
  if (values.size() != labels.size()) {
    throw Error(ExitCode::internal, concat("statistics: a signal has ", values.size(),
                                           " rows, the labels ", labels.size()));
  }
  UsedRows used;
  used.x.reserve(values.size());
  used.y.reserve(values.size());
  used.row.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int8_t y = labels[i];
    if (y != 0 && y != 1 && y != kNoLabel) {
      throw Error(ExitCode::internal,
                  concat("statistics: label of row ", i, " is ", int{y}, ", expected 0, 1 or -1"));
    }
    if (y == kNoLabel || std::isnan(values[i])) {
      ++used.invalid;
      continue;
    }
    used.x.push_back(values[i]);
    used.y.push_back(y);
    used.row.push_back(static_cast<std::int32_t>(i));
    used.positives += y;
  }
  return used;
}

}  // namespace vrp::stats
