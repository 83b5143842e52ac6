#pragma once
// The counting and spatial sets drawn from COCO instances (methods section 13).
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/items/coco.hpp"

namespace vrp {

/// Names that do not count safely: pairs and mass names.
inline constexpr const char* kLeaveOut = "scissors,skis,broccoli,carrot,banana,orange,apple,book";

struct CountingParams {
  std::string answers = "1,2,3,4,5";
  std::int64_t per_answer = 200;
  std::int64_t min_side = 200;
  double min_area_pixels = 1024;
  double min_area_share = 0.002;
  double border_pixels = 2;
  std::int64_t border_instances = 1;
  double person_cap = 0.20;
  double category_cap = 0.08;
  double cap_step = 0.02;
  std::string leave_out = kLeaveOut;
  std::uint64_t seed = 42;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("answers", answers,
          "counts asked for, comma list of 0..20; 0 asks for absent categories");
    visit("per_answer", per_answer, "items per count, >= 1");
    visit("min_side", min_side, "smallest image side in pixels");
    visit("min_area_pixels", min_area_pixels, "smallest instance area in pixels");
    visit("min_area_share", min_area_share, "smallest instance area as a share of the image");
    visit("border_pixels", border_pixels, "a box this near to the border touches it");
    visit("border_instances", border_instances, "instances that may touch the border");
    visit("person_cap", person_cap, "largest share of 'person' in a stratum");
    visit("category_cap", category_cap, "largest share of any other category in a stratum");
    visit("cap_step", cap_step, "by which caps rise when a stratum cannot be filled");
    visit("leave_out", leave_out, "categories left out, comma list");
    visit("seed", seed, "seed of the order of candidates");
  }
};

struct SpatialParams {
  std::int64_t per_stratum = 125;
  std::int64_t min_side = 200;
  double min_area_share = 0.01;
  double max_iou = 0.05;
  double min_offset = 0.15;
  double min_ratio = 1.5;
  double pair_cap = 0.03;
  double cap_step = 0.02;
  std::string form = "yes_no";
  std::string leave_out = kLeaveOut;
  std::uint64_t seed = 42;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("per_stratum", per_stratum, "items per relation and answer (open: per relation), >= 1");
    visit("min_side", min_side, "smallest image side in pixels");
    visit("min_area_share", min_area_share, "smallest object area as a share of the image");
    visit("max_iou", max_iou, "boxes overlap less than this");
    visit("min_offset", min_offset, "smallest offset of box centres as a share of the side");
    visit("min_ratio", min_ratio, "the offset is at least this many times the other one");
    visit("pair_cap", pair_cap, "largest share of an ordered pair, in a stratum and in the set");
    visit("cap_step", cap_step, "by which caps rise when a stratum cannot be filled");
    visit("form", form, "yes_no: 'Is the A to the left of the B?'; open: '... left or the right'");
    visit("leave_out", leave_out, "categories left out, comma list");
    visit("seed", seed, "seed of the order of candidates");
  }
};

/// What a set must not use.
struct Exclusions {
  std::set<std::string> images;  ///< names without folders and extension
  std::set<std::string> vetoes;  ///< "image id without extension\nquestion" of vetoed items
};

/// A set as rows of JSON: question_id, image_id, question, answer, kind, type, stratum,
/// category_ids, annotation_ids, boxes, objects (with polygons), width, height. Strata take turns,
/// so that any first part of the set is balanced.
struct BuiltSet {
  Json rows = Json::array();
  Json candidates = Json::object();    ///< number per stratum
  std::vector<std::string> log;        ///< relaxed caps
  std::vector<std::string> shortages;  ///< strata that stayed short
};

/// Error (usage) on parameters out of range. Shortages are returned, not thrown.
BuiltSet build_counting_set(const CocoInstances& instances, CountingParams params,
                            const Exclusions& exclusions);
BuiltSet build_spatial_set(const CocoInstances& instances, SpatialParams params,
                           const Exclusions& exclusions);

/// Relation of A to B from box centres: "left", "right", "above", "below", or "" when neither
/// offset is clear. Boxes x, y, width, height; y grows downwards.
std::string relation_of_boxes(const std::array<double, 4>& a, const std::array<double, 4>& b,
                              const CocoImage& image, const SpatialParams& params);
double box_iou(const std::array<double, 4>& a, const std::array<double, 4>& b);

}  // namespace vrp
