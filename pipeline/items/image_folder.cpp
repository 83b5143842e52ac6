#include "pipeline/items/image_folder.hpp"

#include <cstdio>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/json_rows.hpp"

namespace vrp {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::string_view base_name(std::string_view name) {
  const auto slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

/// 000000000042.jpg
bool is_bare_coco(std::string_view name) {
  return name.size() == 16 && name.substr(12) == ".jpg" &&
         name.find_first_not_of(kDigits) == std::size_t{12};
}

std::vector<std::string> candidates(const std::string& name) {
  std::vector<std::string> out = {name};
  const bool bare = is_bare_coco(name);
  if (bare) out.push_back("COCO_val2014_" + name);
  if (const std::string split = bare ? "val2014" : coco_split(name); !split.empty()) {
    const std::size_t in_root = out.size();
    for (std::size_t i = 0; i < in_root; ++i) out.push_back(split + "/" + out[i]);
  }
  return out;
}

}  // namespace

std::string coco_split(std::string_view image_name) {
  const std::string_view base = base_name(image_name);
  if (base.substr(0, 5) != "COCO_") return {};
  const auto end = base.find('_', 5);
  if (end == std::string_view::npos || !is_bare_coco(base.substr(end + 1))) return {};
  return std::string(base.substr(5, end - 5));
}

std::string coco_name(std::string_view split, std::int64_t id) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%012lld.jpg", static_cast<long long>(id));
  if (split.size() >= 4 && split.substr(split.size() - 4) == "2017") return digits;
  return concat("COCO_", split, "_", digits);
}

std::string image_group(std::string_view image_name) {
  if (coco_split(image_name).empty()) return std::string(image_name);
  const std::string_view base = base_name(image_name);
  return std::string(base.substr(0, base.size() - 4));
}

std::string set_image_name(const Json& row, const std::string& where) {
  const std::string id = json_id(row, "image_id", where);
  if (row.at("image_id").is_number()) return coco_name("val2014", std::stoll(id));
  return id.ends_with(".jpg") || id.ends_with(".png") ? id : id + ".jpg";
}

const ImageFolder::Found& ImageFolder::find(const std::string& name, const std::string& where) {
  if (const auto known = found_.find(name); known != found_.end()) return known->second;
  try {
    inside(root_, name);
  } catch (const Error& error) {
    fail(where, ": image ", error.what());
  }
  const auto tried = candidates(name);
  for (const auto& candidate : tried) {
    const std::filesystem::path path = root_ / candidate;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    return found_.emplace(name, Found{candidate, hash_file(path).hex()}).first->second;
  }
  fail(where, ": image '", excerpt(name, 120), "' is not in ", root_.string(), " (tried ",
       join(tried, ", "), ")");
}

std::string ImageFolder::first_of(const std::vector<std::string>& names,
                                  const std::string& where) const {
  for (const auto& name : names) {
    try {
      std::error_code error;
      if (std::filesystem::is_regular_file(inside(root_, name), error)) return name;
    } catch (const Error& error) {
      fail(where, ": image ", error.what());
    }
  }
  fail(where, ": image '", excerpt(names.front(), 120), "' is not in ", root_.string(), " (tried ",
       join(names, ", "), ")");
}

}  // namespace vrp
