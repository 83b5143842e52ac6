#include "stages/consistency/agreement.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace vrp {

Agreement agreement(const std::vector<std::string>& answers) {
  return agreement(answers, std::equal_to<>());
}

Agreement agreement(const std::vector<std::string>& answers, const SameAnswer& same_answer) {
  std::vector<std::pair<std::size_t, int>> classes;  // first path and size, in sampled order
  for (std::size_t path = 0; path < answers.size(); ++path) {
    const auto same = std::find_if(classes.begin(), classes.end(), [&](const auto& c) {
      return same_answer(answers[c.first], answers[path]);
    });
    if (same == classes.end()) {
      classes.emplace_back(path, 1);
    } else {
      ++same->second;
    }
  }
  const auto largest =
      std::max_element(classes.begin(), classes.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto k = static_cast<double>(answers.size());
  Agreement out;
  out.share = largest->second / k;
  out.distinct = static_cast<int>(classes.size());
  out.majority = largest->first;
  out.tie = std::count_if(classes.begin(), classes.end(),
                          [&](const auto& c) { return c.second == largest->second; }) > 1;
  for (const auto& c : classes) out.entropy -= c.second / k * std::log(c.second / k);
  if (classes.size() == 1) out.entropy = 0;  // not -0
  return out;
}

}  // namespace vrp
