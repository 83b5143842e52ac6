#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/items/coco_set_rows.hpp"

namespace vrp {
namespace {

constexpr const char* kRelations[] = {"left", "right", "above", "below"};

std::string opposite(const std::string& relation) {
  if (relation == "left") return "right";
  if (relation == "right") return "left";
  return relation == "above" ? "below" : "above";
}

bool is_horizontal(const std::string& relation) {
  return relation == "left" || relation == "right";
}

std::string yes_no_question(const std::string& a, const std::string& b,
                            const std::string& relation) {
  const std::string phrase = is_horizontal(relation) ? "to the " + relation + " of" : relation;
  return "Is the " + a + " " + phrase + " the " + b + "?";
}

std::string open_question(const std::string& a, const std::string& b, const std::string& relation) {
  return "Is the " + a +
         (is_horizontal(relation) ? " to the left or the right of the " : " above or below the ") +
         b + "?";
}

void check_params(const SpatialParams& p) {
  if (p.per_stratum < 1) fail_usage("per_stratum is ", p.per_stratum, ", expected >= 1");
  if (p.form != "yes_no" && p.form != "open") {
    fail_usage("form '", p.form, "', expected yes_no or open");
  }
  for (const double share : {p.pair_cap, p.cap_step}) {
    if (!(share > 0 && share <= 1)) fail_usage("a cap or its step is ", share, ", expected 0..1");
  }
  if (!(p.min_ratio >= 1)) fail_usage("min_ratio is ", p.min_ratio, ", expected >= 1");
}

class SpatialSet {
 public:
  SpatialSet(const CocoInstances& instances, const SpatialParams& params,
             const Exclusions& exclusions)
      : instances_(instances),
        params_(params),
        exclusions_(exclusions),
        kept_(kept_categories(instances, params.leave_out)) {
    for (const char* relation : kRelations) {
      if (params.form == "open") {
        add_stratum(relation);
      } else {
        add_stratum(concat(relation, "/yes"));
        add_stratum(concat(relation, "/no"));
      }
    }
  }

  BuiltSet build() {
    for (const CocoImage* image : usable_images(instances_, params_.min_side, exclusions_)) {
      const auto single = single_objects(*image);
      for (const CocoAnnotation* a : single) {
        for (const CocoAnnotation* b : single) {
          if (a->category == b->category || box_iou(a->box, b->box) >= params_.max_iou) continue;
          const std::string relation = relation_of_boxes(a->box, b->box, *image, params_);
          if (!relation.empty()) add_pair(*image, *a, *b, relation);
        }
      }
    }
    return fill_and_write(instances_, std::move(strata_),
                          [this](std::size_t payload) { return make(payload); },
                          {params_.cap_step, true});
  }

 private:
  void add_stratum(const std::string& name) {
    index_[name] = strata_.size();
    strata_names_.push_back(name);
    strata_.push_back({name, params_.per_stratum, {}});
  }

  /// The instances that are the only one of their category, large enough and no crowd.
  std::vector<const CocoAnnotation*> single_objects(const CocoImage& image) const {
    std::vector<const CocoAnnotation*> out;
    const double smallest = params_.min_area_share * image.width * image.height;
    const auto [first, last] = instances_.of_image(image.id);
    for (std::size_t i = first; i < last;) {
      const CocoAnnotation& a = instances_.annotations[i];
      std::size_t end = i;
      while (end < last && instances_.annotations[end].category == a.category) ++end;
      const bool alone = end == i + 1;
      if (alone && !a.crowd && a.area >= smallest && kept_.contains(a.category)) out.push_back(&a);
      i = end;
    }
    return out;
  }

  void add_pair(const CocoImage& image, const CocoAnnotation& a, const CocoAnnotation& b,
                const std::string& relation) {
    if (params_.form == "open") {
      add(image, a, b, relation, relation, relation);
    } else {
      add(image, a, b, relation, "yes", relation + "/yes");
      add(image, a, b, opposite(relation), "no", opposite(relation) + "/no");
    }
  }

  /// What a candidate's payload stands for.
  struct Pair {
    const CocoImage* image;
    const CocoAnnotation *a, *b;
    std::size_t stratum;
    std::string asked, answer;
  };

  void add(const CocoImage& image, const CocoAnnotation& a, const CocoAnnotation& b,
           const std::string& asked, const std::string& answer, const std::string& name) {
    const std::size_t stratum = index_.at(name);
    pairs_.push_back({&image, &a, &b, stratum, asked, answer});
    Candidate candidate;
    candidate.image = image.id;
    candidate.cap = instances_.find_category(a.category)->name + " > " +
                    instances_.find_category(b.category)->name;
    candidate.share = params_.pair_cap;
    candidate.ticket = ticket(
        params_.seed, "spatial/" + name, static_cast<std::uint64_t>(image.id),
        (static_cast<std::uint64_t>(a.category) << 32) | static_cast<std::uint32_t>(b.category));
    candidate.payload = pairs_.size() - 1;
    candidate.vetoed =
        !exclusions_.vetoes.empty() &&
        exclusions_.vetoes.contains(image_stem(image) + '\n' + question(pairs_.back()));
    strata_[stratum].candidates.push_back(std::move(candidate));
  }

  std::string question(const Pair& pair) const {
    const std::string& first = instances_.find_category(pair.a->category)->name;
    const std::string& second = instances_.find_category(pair.b->category)->name;
    return params_.form == "open" ? open_question(first, second, pair.asked)
                                  : yes_no_question(first, second, pair.asked);
  }

  AskedItem make(std::size_t payload) const {
    const Pair& pair = pairs_[payload];
    const bool open = params_.form == "open";
    AskedItem item;
    item.image = pair.image;
    item.id = concat(pair.image->id, "-", pair.a->category, "-", pair.b->category,
                     open ? "" : "-" + pair.asked);
    item.question = question(pair);
    item.answer = pair.answer;
    item.kind = "spatial";
    item.type = !open ? pair.asked : is_horizontal(pair.asked) ? "left/right" : "above/below";
    item.stratum = strata_names_[pair.stratum];
    item.objects = {{instances_.find_category(pair.a->category), {pair.a}},
                    {instances_.find_category(pair.b->category), {pair.b}}};
    return item;
  }

  const CocoInstances& instances_;
  const SpatialParams& params_;
  const Exclusions& exclusions_;
  std::set<std::int64_t> kept_;
  std::map<std::string, std::size_t> index_;
  std::vector<Stratum> strata_;
  std::vector<std::string> strata_names_;
  std::vector<Pair> pairs_;
};

}  // namespace

double box_iou(const std::array<double, 4>& a, const std::array<double, 4>& b) {
  const double width = std::min(a[0] + a[2], b[0] + b[2]) - std::max(a[0], b[0]);
  const double height = std::min(a[1] + a[3], b[1] + b[3]) - std::max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  return both / (a[2] * a[3] + b[2] * b[3] - both);
}

std::string relation_of_boxes(const std::array<double, 4>& a, const std::array<double, 4>& b,
                              const CocoImage& image, const SpatialParams& params) {
  const double dx = (b[0] + b[2] / 2) - (a[0] + a[2] / 2);
  const double dy = (b[1] + b[3] / 2) - (a[1] + a[3] / 2);
  const double x = std::abs(dx), y = std::abs(dy);
  if (x > 0 && x >= params.min_offset * image.width && x >= params.min_ratio * y) {
    return dx > 0 ? "left" : "right";
  }
  if (y > 0 && y >= params.min_offset * image.height && y >= params.min_ratio * x) {
    return dy > 0 ? "above" : "below";
  }
  return {};
}

BuiltSet build_spatial_set(const CocoInstances& instances, SpatialParams params,
                           const Exclusions& exclusions) {
  check_params(params);
  return SpatialSet(instances, params, exclusions).build();
}

}  // namespace vrp
