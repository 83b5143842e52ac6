#include "pipeline/items/image_groups.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

namespace vrp {

std::vector<std::string> image_groups(const std::vector<std::string>& group,
                                      const std::vector<std::string>& image_hash) {
  std::map<std::string, std::size_t> nodes;  // "g:NAME" and "h:HASH"
  std::vector<std::size_t> parent;
  const auto node = [&](const std::string& name) {
    const auto [entry, is_new] = nodes.emplace(name, parent.size());
    if (is_new) parent.push_back(parent.size());
    return entry->second;
  };
  const auto root = [&](std::size_t at) {
    while (parent[at] != at) at = parent[at] = parent[parent[at]];
    return at;
  };
  std::vector<std::size_t> first(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    first[i] = node("g:" + group[i]);
    if (image_hash[i].empty()) continue;
    const std::size_t a = root(first[i]), b = root(node("h:" + image_hash[i]));
    parent[std::max(a, b)] = std::min(a, b);
  }
  std::vector<std::string> out(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) out[i] = "image-" + std::to_string(root(first[i]));
  return out;
}

}  // namespace vrp
