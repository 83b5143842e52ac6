#include "pipeline/items/plural.hpp"

#include <map>
#include <string_view>

namespace vrp {

std::string plural(const std::string& name) {
  static const std::map<std::string_view, std::string_view> kExceptions = {
      {"person", "people"}, {"knife", "knives"}, {"mouse", "mice"}, {"sheep", "sheep"}};
  const auto space = name.rfind(' ');
  const std::string before = space == std::string::npos ? "" : name.substr(0, space + 1);
  const std::string word = name.substr(before.size());
  if (const auto found = kExceptions.find(word); found != kExceptions.end()) {
    return before + std::string(found->second);
  }
  for (const char* end : {"s", "x", "ch", "sh"}) {
    if (word.ends_with(end)) return name + "es";
  }
  const bool consonant_y =
      word.size() > 1 && word.back() == 'y' &&
      std::string_view("aeiou").find(word[word.size() - 2]) == std::string_view::npos;
  return consonant_y ? name.substr(0, name.size() - 1) + "ies" : name + "s";
}

}  // namespace vrp
