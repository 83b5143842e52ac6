#include <string_view>

#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"

namespace vrp {

std::string pope_split_of(const std::filesystem::path& file) {
  const std::string name = to_lower_ascii(file.filename().string());
  for (const char* split : {"adversarial", "popular", "random"}) {
    if (name.find(split) != std::string::npos) return split;
  }
  return {};
}

std::string pope_category(const std::string& question) {
  std::string_view text = question;
  for (const std::string_view start : {"Is there a ", "Is there an ", "Are there any ", ""}) {
    if (start.empty()) return {};
    if (text.substr(0, start.size()) == start) {
      text.remove_prefix(start.size());
      break;
    }
  }
  const auto end = text.rfind(" in the im");  // image, and the older copies' imange
  if (end == std::string_view::npos || end == 0) return {};
  const std::string_view rest = text.substr(end + 10);
  if (rest != "age?" && rest != "ange?" && rest != "age" && rest != "ange") return {};
  return std::string(text.substr(0, end));
}

}  // namespace vrp
