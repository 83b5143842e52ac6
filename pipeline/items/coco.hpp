#pragma once
// COCO instances files (instances_val2014.json and the like), read as a stream: 450 MB of text
// need about 100 MB of memory.
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace vrp {

struct CocoImage {
  std::int64_t id = 0;
  std::string file_name;
  std::int32_t width = 0, height = 0;  ///< pixels
  std::int32_t index = 0;              ///< place in the file's array, for messages
};

struct CocoCategory {
  std::int64_t id = 0;
  std::string name;
  std::int32_t index = 0;
};

struct CocoAnnotation {
  std::int64_t id = 0, image = 0, category = 0;
  std::array<double, 4> box{};  ///< x, y, width, height in pixels from the top left
  double area = 0;              ///< of the mask, pixels
  bool crowd = false;
  std::int32_t index = 0;
};

/// Images and categories sorted by id; annotations by (image, category, id).
struct CocoInstances {
  std::filesystem::path path;
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  std::vector<CocoAnnotation> annotations;

  const CocoImage* find_image(std::int64_t id) const;
  const CocoCategory* find_category(std::int64_t id) const;
  const CocoCategory* find_category(std::string_view name) const;
  /// The annotations of one image, and of one category in it.
  std::pair<std::size_t, std::size_t> of_image(std::int64_t image) const;
  std::vector<const CocoAnnotation*> of(std::int64_t image, std::int64_t category) const;
};

/// Outlines of annotations, each a list of polygons x0 y0 x1 y1 ...
using CocoPolygons = std::map<std::int64_t, std::vector<std::vector<double>>>;

/// Error (file, section, index, field, text): malformed JSON, a missing or wrongly typed field, a
/// repeated id, a box that is not four finite numbers with sides >= 0, an area < 0, an image
/// without extent, an annotation of an unknown image or category, a missing or empty section.
CocoInstances read_coco_instances(const std::filesystem::path& path);

/// Second pass: the outlines of the named annotations. Run-length masks (crowds) have none, and
/// outlines of fewer than three points are left out.
CocoPolygons read_coco_polygons(const std::filesystem::path& path,
                                const std::set<std::int64_t>& annotations);

}  // namespace vrp
