#pragma once
// Image names of benchmark files, and the files they mean in a folder.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// The split in a COCO name, "val2014" for COCO_val2014_000000000042.jpg (folders before it are
/// ignored), or "" when the name is not of that form.
std::string coco_split(std::string_view image_name);

/// COCO's name of an image: coco_name("val2014", 42) = COCO_val2014_000000000042.jpg, and
/// 000000000042.jpg for a 2017 split.
std::string coco_name(std::string_view split, std::int64_t id);

/// The group of an image: for COCO names the name without folders and extension, so that an image
/// has one group in every set; otherwise the name as it is.
std::string image_group(std::string_view image_name);

/// The image of a row of a counting or spatial set, from its `image_id`: the text
/// "COCO_val2014_000000000042" with or without extension (then .jpg), or the number 42 of val2014.
std::string set_image_name(const Json& row, const std::string& where);

/// Finds and hashes image files below one folder, each once.
class ImageFolder {
 public:
  struct Found {
    std::string name;  ///< relative to the folder
    std::string hash;  ///< XXH3-128 of the bytes, hex
  };

  explicit ImageFolder(std::filesystem::path root) : root_(std::move(root)) {}

  /// Tries the name as given, then with the COCO_val2014_ prefix (12-digit names), first in the
  /// folder, then in its sub-folder named as the split (benchmarks section 0). Error (with
  /// `where`) when the name is absolute or leaves the folder, or no such file exists.
  const Found& find(const std::string& name, const std::string& where);

  /// The first of `names` that is a file of the folder, each taken as it is; error as of find.
  std::string first_of(const std::vector<std::string>& names, const std::string& where) const;

  const std::filesystem::path& root() const { return root_; }
  std::size_t images() const { return found_.size(); }

 private:
  std::filesystem::path root_;
  std::map<std::string, Found> found_;
};

}  // namespace vrp
