#include "pipeline/items/pope_regions.hpp"

#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace vrp {

Region region_of(const CocoInstances& instances, const CocoAnnotation& annotation,
                 const CocoPolygons& polygons) {
  const CocoCategory* category = instances.find_category(annotation.category);
  Region out{category->name, annotation.id, annotation.box, {}};
  if (const auto found = polygons.find(annotation.id); found != polygons.end()) {
    out.polygons = found->second;
  }
  return out;
}

namespace {

/// The size of the picture that the region is measured in, as in the counting and spatial sets.
void add_picture_size(std::string& metadata, const CocoImage& image) {
  Json object = Json::parse(metadata);
  object["width"] = image.width;
  object["height"] = image.height;
  metadata = object.dump();
}

}  // namespace

void add_pope_regions(TableBuilder& builder, const std::filesystem::path& instances_file) {
  const CocoInstances instances = read_coco_instances(instances_file);
  std::unordered_map<std::string, const CocoImage*> images;
  for (const CocoImage& image : instances.images) {
    images[std::filesystem::path(image.file_name).filename().string()] = &image;
  }
  ItemTable& table = builder.table();
  std::vector<std::vector<const CocoAnnotation*>> chosen(table.size());
  std::set<std::int64_t> wanted;
  std::size_t yes = 0, with_region = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (table.answer[row] != "yes") continue;
    ++yes;
    const auto image = images.find(std::filesystem::path(table.image[row]).filename().string());
    const CocoCategory* category = instances.find_category(table.type[row]);
    if (image == images.end() || category == nullptr) continue;
    chosen[row] = instances.of(image->second->id, category->id);
    if (!chosen[row].empty()) add_picture_size(table.metadata[row], *image->second);
    for (const CocoAnnotation* annotation : chosen[row]) wanted.insert(annotation->id);
    with_region += chosen[row].empty() ? 0 : 1;
  }
  const CocoPolygons polygons = read_coco_polygons(instances_file, wanted);
  for (std::size_t row = 0; row < table.size(); ++row) {
    for (const CocoAnnotation* annotation : chosen[row]) {
      table.regions[row].push_back(region_of(instances, *annotation, polygons));
    }
  }
  builder.record_source("instances", instances_file);
  table.facts["items_with_region"] = std::to_string(with_region);
  if (with_region < yes) {
    builder.warn(concat(yes - with_region, " of ", yes,
                        " items answered yes have no annotation of the asked category"));
  }
}

}  // namespace vrp
