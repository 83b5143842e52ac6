#pragma once
// COCO instances written out for a test, and readers of what came of them.
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "scratch.hpp"

struct CocoWorld : Scratch {
  vrp::Json images = vrp::Json::array(), annotations = vrp::Json::array(),
            categories = vrp::Json::array();

  static std::string image_name(int id) {
    char text[64];
    std::snprintf(text, sizeof text, "COCO_val2014_%012d.jpg", id);
    return text;
  }
  void add_category(int id, const std::string& name) {
    categories.push_back({{"id", id}, {"name", name}, {"supercategory", "thing"}});
  }
  void add_image(int id, int width = 400, int height = 300) {
    images.push_back(
        {{"id", id}, {"file_name", image_name(id)}, {"width", width}, {"height", height}});
  }
  /// A square outline that fills the box; returns the annotation's id.
  int add_object(int image_id, int category, double x, double y, double w, double h,
                 bool crowd = false) {
    const int id = 1000 + static_cast<int>(annotations.size());
    vrp::Json segmentation =
        vrp::Json::array({vrp::Json::array({x, y, x + w, y, x + w, y + h, x, y + h})});
    if (crowd) segmentation = {{"counts", {1, 2, 3}}, {"size", {300, 400}}};
    annotations.push_back({{"id", id},
                           {"image_id", image_id},
                           {"category_id", category},
                           {"bbox", {x, y, w, h}},
                           {"area", w * h},
                           {"iscrowd", crowd ? 1 : 0},
                           {"segmentation", segmentation}});
    return id;
  }
  std::string text() const {
    return vrp::Json{{"info", {{"year", 2014}}},
                     {"images", images},
                     {"annotations", annotations},
                     {"categories", categories}}
        .dump();
  }
  std::filesystem::path write() const { return file("instances_val2014.json", text()); }
};
