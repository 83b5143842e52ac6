#include "pipeline/items/coco.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <tuple>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/coco_sax.hpp"

namespace vrp {
namespace {

/// Streams the file through the handler with a 1 MiB buffer.
void stream(const std::filesystem::path& path, CocoSax& handler) {
  std::vector<char> buffer(1 << 20);
  std::ifstream file;
  file.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  file.open(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) fail(path.string(), ": cannot be opened");
  Json::sax_parse(file, &handler);
}

CocoImage to_image(const CocoElement& e, const std::string& where) {
  if (e.width <= 0 || e.height <= 0 || e.width > INT32_MAX || e.height > INT32_MAX) {
    fail(where, ": image ", e.id, " is ", e.width, " x ", e.height, " pixels");
  }
  if (e.file_name.empty()) fail(where, ": field 'file_name' is empty");
  return {e.id, e.file_name, static_cast<std::int32_t>(e.width),
          static_cast<std::int32_t>(e.height), static_cast<std::int32_t>(e.index)};
}

CocoAnnotation to_annotation(const CocoElement& e, const std::string& where) {
  const bool finite =
      std::all_of(e.bbox.begin(), e.bbox.end(), [](double value) { return std::isfinite(value); });
  if (e.bbox.size() != 4 || !finite || e.bbox[2] < 0 || e.bbox[3] < 0) {
    std::vector<std::string> parts;
    for (const double value : e.bbox) parts.push_back(concat(value));
    fail(where, ": field 'bbox' is [", excerpt(join(parts, ", ")),
         "], expected x, y, width, height with sides >= 0");
  }
  if (!(e.area >= 0)) fail(where, ": field 'area' is ", e.area, ", expected a number >= 0");
  if (e.iscrowd != 0 && e.iscrowd != 1) {
    fail(where, ": field 'iscrowd' is ", e.iscrowd, ", expected 0 or 1");
  }
  CocoAnnotation out{e.id,
                     e.image_id,
                     e.category_id,
                     {},
                     e.area,
                     e.iscrowd == 1,
                     static_cast<std::int32_t>(e.index)};
  std::copy_n(e.bbox.begin(), 4, out.box.begin());
  return out;
}

/// Sorts by id and refuses repeated ids.
template <class T>
void sort_by_id(std::vector<T>& values, const std::string& file, const char* section) {
  if (values.empty()) fail(file, ": '", section, "' is empty");
  std::sort(values.begin(), values.end(), [](const T& a, const T& b) {
    return std::tie(a.id, a.index) < std::tie(b.id, b.index);
  });
  const auto twice = std::adjacent_find(values.begin(), values.end(),
                                        [](const T& a, const T& b) { return a.id == b.id; });
  if (twice == values.end()) return;
  fail(file, ": ", section, "[", (twice + 1)->index, "]: field 'id' is ", twice->id,
       ", which was there before, at ", section, "[", twice->index, "]");
}

template <class T>
const T* find_id(const std::vector<T>& values, std::int64_t id) {
  const auto found =
      std::lower_bound(values.begin(), values.end(), id,
                       [](const T& value, std::int64_t key) { return value.id < key; });
  return found != values.end() && found->id == id ? &*found : nullptr;
}

}  // namespace

const CocoImage* CocoInstances::find_image(std::int64_t id) const { return find_id(images, id); }

const CocoCategory* CocoInstances::find_category(std::int64_t id) const {
  return find_id(categories, id);
}

const CocoCategory* CocoInstances::find_category(std::string_view name) const {
  const auto found = std::find_if(categories.begin(), categories.end(),
                                  [&](const CocoCategory& c) { return c.name == name; });
  return found == categories.end() ? nullptr : &*found;
}

std::pair<std::size_t, std::size_t> CocoInstances::of_image(std::int64_t image) const {
  const auto [first, last] = std::equal_range(
      annotations.begin(), annotations.end(), CocoAnnotation{0, image, 0, {}, 0, false, 0},
      [](const CocoAnnotation& a, const CocoAnnotation& b) { return a.image < b.image; });
  return {static_cast<std::size_t>(first - annotations.begin()),
          static_cast<std::size_t>(last - annotations.begin())};
}

std::vector<const CocoAnnotation*> CocoInstances::of(std::int64_t image,
                                                     std::int64_t category) const {
  std::vector<const CocoAnnotation*> out;
  const auto [first, last] = of_image(image);
  for (std::size_t i = first; i < last; ++i) {
    if (annotations[i].category == category) out.push_back(&annotations[i]);
  }
  return out;
}

CocoInstances read_coco_instances(const std::filesystem::path& path) {
  CocoInstances out;
  out.path = path;
  CocoSax* sax = nullptr;
  CocoSax handler(path.string(), false, [&](CocoSection section, CocoElement& element) {
    if (section == CocoSection::images) out.images.push_back(to_image(element, sax->where()));
    if (section == CocoSection::categories) {
      if (element.name.empty()) fail(sax->where(), ": field 'name' is empty");
      out.categories.push_back(
          {element.id, element.name, static_cast<std::int32_t>(element.index)});
    }
    if (section == CocoSection::annotations) {
      out.annotations.push_back(to_annotation(element, sax->where()));
    }
  });
  sax = &handler;
  stream(path, handler);
  const std::string file = path.string();
  for (const auto& [section, name] :
       {std::pair{CocoSection::images, "images"}, std::pair{CocoSection::categories, "categories"},
        std::pair{CocoSection::annotations, "annotations"}}) {
    if (!handler.saw(section)) fail(file, ": '", name, "' is missing; is it an instances file?");
  }
  sort_by_id(out.images, file, "images");
  sort_by_id(out.categories, file, "categories");
  sort_by_id(out.annotations, file, "annotations");
  for (const CocoAnnotation& a : out.annotations) {
    if (out.find_image(a.image) == nullptr) {
      fail(file, ": annotations[", a.index, "]: field 'image_id' is ", a.image,
           ", which is not in 'images'");
    }
    if (out.find_category(a.category) == nullptr) {
      fail(file, ": annotations[", a.index, "]: field 'category_id' is ", a.category,
           ", which is not in 'categories'");
    }
  }
  std::sort(out.annotations.begin(), out.annotations.end(),
            [](const CocoAnnotation& a, const CocoAnnotation& b) {
              return std::tie(a.image, a.category, a.id) < std::tie(b.image, b.category, b.id);
            });
  return out;
}

CocoPolygons read_coco_polygons(const std::filesystem::path& path,
                                const std::set<std::int64_t>& annotations) {
  CocoPolygons out;
  CocoSax handler(path.string(), true, [&](CocoSection section, CocoElement& element) {
    if (section != CocoSection::annotations || !annotations.contains(element.id)) return;
    std::erase_if(element.polygons, [](const auto& polygon) {
      return polygon.size() < 6 || polygon.size() % 2 != 0;
    });
    out[element.id] = std::move(element.polygons);
  });
  stream(path, handler);
  return out;
}

}  // namespace vrp
