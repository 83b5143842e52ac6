#include "pipeline/items/tsv_pictures.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/base64.hpp"
#include "pipeline/items/list_literal.hpp"

namespace vrp {
namespace {

constexpr std::size_t kLongestReference = 64;

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view signature) {
  return bytes.size() >= signature.size() &&
         std::equal(signature.begin(), signature.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// Formats are told by their first bytes, whatever the name says.
void check_format(std::span<const std::uint8_t> bytes, const std::string& where) {
  if (begins_with(bytes, "\xFF\xD8\xFF") || begins_with(bytes, "\x89PNG\r\n\x1A\n")) return;
  const auto shown = std::min<std::size_t>(bytes.size(), 8);
  fail(where, ": the picture begins with '",
       excerpt({reinterpret_cast<const char*>(bytes.data()), shown}),
       "', expected a JPEG or PNG file");
}

}  // namespace

std::string single_of(std::string_view cell, const char* column, const std::string& where) {
  if (!looks_like_list(cell)) return std::string(cell);
  auto list = parse_list_literal(cell);
  if (!list) {
    fail(where, ": column '", column, "': malformed list '", excerpt(cell), "'");
  }
  if (list->size() != 1) {
    fail(where, ": column '", column, "' has ", list->size(),
         " images, expected one: ", excerpt(cell));
  }
  return std::move(list->front());
}

void TsvPictures::add(const std::string& index, std::string_view cell, const std::string& name,
                      const std::string& where) {
  if (cell.size() <= kLongestReference && !looks_like_list(cell)) {
    entries_[index].reference = std::string(cell);
    return;
  }
  const auto bytes = looks_like_list(cell) ? decode_base64(single_of(cell, "image", where),
                                                           where + ": column 'image'")
                                           : decode_base64(cell, where + ": column 'image'");
  check_format(bytes, where);
  if (check_) check_(bytes, where);
  store(name, bytes, where);
  entries_[index].name = name;
}

void TsvPictures::store(const std::string& name, std::span<const std::uint8_t> bytes,
                        const std::string& where) {
  std::filesystem::path path;
  try {
    path = inside(folder_, name);
  } catch (const Error& error) {
    fail(where, ": image ", error.what());
  }
  if (std::filesystem::exists(path)) {
    const auto found = read_bytes(path);
    if (!std::equal(found.begin(), found.end(), bytes.begin(), bytes.end())) {
      fail(where, ": ", path.string(), " exists with another content than this row's picture");
    }
    ++present_;
    return;
  }
  make_folders(path.parent_path());
  write_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  ++stored_;
}

std::string TsvPictures::name_of(const std::string& index, const std::string& where) const {
  const auto own = entries_.find(index);
  if (own == entries_.end()) fail(where, ": column 'image' has no picture");
  if (!own->second.name.empty()) return own->second.name;
  const std::string& wanted = own->second.reference;
  const auto target = entries_.find(wanted);
  if (target == entries_.end()) {
    fail(where, ": column 'image' is '", excerpt(wanted),
         "', which is the index of no row with a picture");
  }
  if (target->second.name.empty()) {
    fail(where, ": column 'image' refers to row '", excerpt(wanted),
         "', which is a reference itself (to '", excerpt(target->second.reference),
         "'), expected one that holds a picture");
  }
  return target->second.name;
}

}  // namespace vrp
