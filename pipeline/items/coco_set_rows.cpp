#include "pipeline/items/coco_set_rows.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

Json to_row(const AskedItem& item, const CocoPolygons& polygons) {
  Json row = {{"question_id", item.id},
              {"image_id", image_stem(*item.image)},
              {"question", item.question},
              {"answer", item.answer},
              {"kind", item.kind},
              {"type", item.type},
              {"stratum", item.stratum},
              {"width", item.image->width},
              {"height", item.image->height},
              {"category_ids", Json::array()},
              {"annotation_ids", Json::array()},
              {"boxes", Json::array()},
              {"objects", Json::array()}};
  for (const AskedObject& object : item.objects) {
    row["category_ids"].push_back(object.category->id);
    Json entry = {{"category", object.category->name},
                  {"category_id", object.category->id},
                  {"annotation_ids", Json::array()},
                  {"boxes", Json::array()},
                  {"polygons", Json::array()}};
    for (const CocoAnnotation* annotation : object.annotations) {
      const auto outline = polygons.find(annotation->id);
      entry["annotation_ids"].push_back(annotation->id);
      entry["boxes"].push_back(annotation->box);
      entry["polygons"].push_back(outline == polygons.end() ? Json::array()
                                                            : Json(outline->second));
      row["annotation_ids"].push_back(annotation->id);
      row["boxes"].push_back(annotation->box);
    }
    if (!object.annotations.empty()) row["objects"].push_back(std::move(entry));
  }
  return row;
}

}  // namespace

std::string image_stem(const CocoImage& image) {
  return std::filesystem::path(image.file_name).stem().string();
}

std::set<std::int64_t> kept_categories(const CocoInstances& instances,
                                       const std::string& leave_out) {
  std::set<std::string> out;
  for (const auto& name : split(leave_out, ',')) out.insert(trim(name));
  std::set<std::int64_t> kept;
  for (const CocoCategory& category : instances.categories) {
    if (!out.contains(category.name)) kept.insert(category.id);
  }
  return kept;
}

std::vector<const CocoImage*> usable_images(const CocoInstances& instances, std::int64_t min_side,
                                            const Exclusions& exclusions) {
  std::vector<const CocoImage*> out;
  for (const CocoImage& image : instances.images) {
    if (std::min(image.width, image.height) < min_side) continue;
    if (!exclusions.images.contains(image_stem(image))) out.push_back(&image);
  }
  return out;
}

std::uint64_t ticket(std::uint64_t seed, const std::string& stratum, std::uint64_t a,
                     std::uint64_t b) {
  const PhiloxCounter w = Rng(seed, "items", "", stratum, "candidate").words(a, b);
  return (std::uint64_t{w.c0} << 32) | w.c1;
}

BuiltSet fill_and_write(const CocoInstances& instances, std::vector<Stratum> strata,
                        const std::function<AskedItem(std::size_t)>& make, const FillRules& rules) {
  BuiltSet out;
  for (const Stratum& stratum : strata) out.candidates[stratum.name] = stratum.candidates.size();
  Filled filled = fill(std::move(strata), rules);
  out.log = std::move(filled.log);
  out.shortages = std::move(filled.shortages);
  std::vector<AskedItem> items;
  std::set<std::int64_t> wanted;
  for (const std::size_t payload : interleave(filled)) {
    items.push_back(make(payload));
    for (const AskedObject& object : items.back().objects) {
      for (const CocoAnnotation* annotation : object.annotations) wanted.insert(annotation->id);
    }
  }
  const CocoPolygons polygons = read_coco_polygons(instances.path, wanted);
  for (const AskedItem& item : items) out.rows.push_back(to_row(item, polygons));
  return out;
}

}  // namespace vrp
