#pragma once
// Long JSON documents, element by element: only one element is held at a time.
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "pipeline/base/json.hpp"

namespace vrp {

/// One element of a document: its value, and its place for messages.
struct JsonElement {
  Json value;
  std::string where;      ///< "FILE: questions[17]", "FILE: [17]" or "FILE: 'v1_5'"
  std::string name;       ///< the member's name, for members of the document itself
  std::size_t index = 0;  ///< from 0, in file order
};
using OnJsonElement = std::function<void(JsonElement&)>;

/// Reads {"info": ..., KEY: [element, ...], ...} in blocks and calls `on_element` for every element
/// of the list `key`; with key = "" the document itself is the list. Other members are passed over,
/// but those that are text, numbers, true, false or null are returned as an object, wherever they
/// stand. A byte-order mark is accepted. Error: an empty file, malformed JSON or UTF-8 (with line
/// and column), nesting over 200, a member of the document named twice, `key` missing, not a list
/// or empty. Elements are not checked to be objects: json_at does that.
Json for_each_element(const std::filesystem::path& path, const std::string& key,
                      const OnJsonElement& on_element);

/// The members of the document that are text, numbers, true, false or null, without its lists.
Json read_scalar_members(const std::filesystem::path& path);

/// Calls `on_element` for every member of a document {"v1_0": ..., "v1_1": ...}, in file order,
/// with the checks of for_each_element. Error on a name seen before.
void for_each_member(const std::filesystem::path& path, const OnJsonElement& on_element);

}  // namespace vrp
