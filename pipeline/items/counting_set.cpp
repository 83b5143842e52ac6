#include <algorithm>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/coco_set_rows.hpp"
#include "pipeline/items/plural.hpp"

namespace vrp {
namespace {

std::vector<std::int64_t> asked_counts(const CountingParams& params) {
  std::vector<std::int64_t> out;
  for (const auto& piece : split(params.answers, ',')) {
    const std::string text = trim(piece);
    const bool digits = !text.empty() && text.size() <= 2 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
    const std::int64_t count = digits ? std::stoll(text) : -1;
    if (count < 0 || count > 20 || std::find(out.begin(), out.end(), count) != out.end()) {
      fail_usage("answers '", params.answers, "': expected different counts 0..20, comma list");
    }
    out.push_back(count);
  }
  return out;
}

void check_params(const CountingParams& p) {
  if (p.per_answer < 1) fail_usage("per_answer is ", p.per_answer, ", expected >= 1");
  for (const double share : {p.person_cap, p.category_cap, p.cap_step}) {
    if (!(share > 0 && share <= 1)) fail_usage("a cap or its step is ", share, ", expected 0..1");
  }
  if (!(p.min_area_share >= 0 && p.min_area_share < 1)) {
    fail_usage("min_area_share is ", p.min_area_share, ", expected 0..1");
  }
}

bool touches_border(const CocoAnnotation& a, const CocoImage& image, double margin) {
  return a.box[0] <= margin || a.box[1] <= margin || a.box[0] + a.box[2] >= image.width - margin ||
         a.box[1] + a.box[3] >= image.height - margin;
}

/// The count-safe pairs: no crowd, no small instance, at most `border_instances` at the border.
bool is_countable(const std::vector<const CocoAnnotation*>& instances, const CocoImage& image,
                  const CountingParams& params) {
  const double smallest =
      std::max(params.min_area_pixels, params.min_area_share * image.width * image.height);
  std::int64_t at_border = 0;
  for (const CocoAnnotation* a : instances) {
    if (a->crowd || a->area < smallest) return false;
    at_border += touches_border(*a, image, params.border_pixels) ? 1 : 0;
  }
  return at_border <= params.border_instances;
}

class CountingSet {
 public:
  CountingSet(const CocoInstances& instances, const CountingParams& params,
              const Exclusions& exclusions)
      : instances_(instances),
        params_(params),
        exclusions_(exclusions),
        kept_(kept_categories(instances, params.leave_out)) {
    for (const std::int64_t count : asked_counts(params)) {
      index_[count] = strata_.size();
      strata_.push_back({std::to_string(count), params.per_answer, {}});
    }
  }

  BuiltSet build() {
    if (index_.contains(0)) count_frequencies();
    for (const CocoImage* image : usable_images(instances_, params_.min_side, exclusions_)) {
      std::map<std::int64_t, std::vector<const CocoAnnotation*>> by_category;
      const auto [first, last] = instances_.of_image(image->id);
      for (std::size_t i = first; i < last; ++i) {
        const CocoAnnotation& a = instances_.annotations[i];
        by_category[a.category].push_back(&a);
      }
      for (const auto& [category, found] : by_category) {
        const auto count = static_cast<std::int64_t>(found.size());
        if (!kept_.contains(category) || !index_.contains(count)) continue;
        if (is_countable(found, *image, params_)) add(*image, category, count);
      }
      if (index_.contains(0) && !by_category.empty()) add_absent(*image, by_category);
    }
    return fill_and_write(instances_, std::move(strata_),
                          [this](std::size_t payload) { return make(payload); },
                          {params_.cap_step, false});
  }

 private:
  /// What a candidate's payload stands for.
  struct Pair {
    const CocoImage* image;
    const CocoCategory* category;
    std::int64_t count;
  };

  void add(const CocoImage& image, std::int64_t category, std::int64_t count) {
    Stratum& stratum = strata_[index_.at(count)];
    const CocoCategory* named = instances_.find_category(category);
    Candidate candidate;
    candidate.image = image.id;
    candidate.cap = named->name;
    candidate.share = named->name == "person" ? params_.person_cap : params_.category_cap;
    candidate.ticket =
        ticket(params_.seed, "counting/" + stratum.name, static_cast<std::uint64_t>(image.id),
               static_cast<std::uint64_t>(category));
    candidate.payload = pairs_.size();
    candidate.vetoed =
        !exclusions_.vetoes.empty() &&
        exclusions_.vetoes.contains(image_stem(image) + '\n' + question(named->name));
    stratum.candidates.push_back(std::move(candidate));
    pairs_.push_back({&image, named, count});
  }

  static std::string question(const std::string& name) {
    return "How many " + plural(name) + " are in the image?";
  }

  AskedItem make(std::size_t payload) const {
    const Pair& pair = pairs_[payload];
    AskedItem item;
    item.image = pair.image;
    item.id = concat(pair.image->id, "-", pair.category->id);
    item.question = question(pair.category->name);
    item.answer = std::to_string(pair.count);
    item.kind = "counting";
    item.type = pair.category->name;
    item.stratum = item.answer;
    item.objects.push_back({pair.category, instances_.of(pair.image->id, pair.category->id)});
    return item;
  }

  /// Number of images with a category, for drawing absent ones by frequency.
  void count_frequencies() {
    std::int64_t image = -1, category = -1;
    for (const CocoAnnotation& a : instances_.annotations) {
      if (a.image == image && a.category == category) continue;
      image = a.image;
      category = a.category;
      if (kept_.contains(category)) ++frequency_[category];
    }
  }

  /// One category that the image lacks, drawn in proportion to the images that have it.
  void add_absent(const CocoImage& image,
                  const std::map<std::int64_t, std::vector<const CocoAnnotation*>>& present) {
    std::int64_t total = 0;
    for (const auto& [category, images] : frequency_) {
      if (!present.contains(category)) total += images;
    }
    if (total == 0) return;
    const Rng rng(params_.seed, "items", "", "counting/0", "absent category");
    auto left = static_cast<std::int64_t>(
        rng.below(static_cast<std::uint64_t>(total), static_cast<std::uint64_t>(image.id)));
    for (const auto& [category, images] : frequency_) {
      if (present.contains(category)) continue;
      left -= images;
      if (left < 0) return add(image, category, 0);
    }
  }

  const CocoInstances& instances_;
  const CountingParams& params_;
  const Exclusions& exclusions_;
  std::set<std::int64_t> kept_;
  std::map<std::int64_t, std::size_t> index_;  ///< count -> stratum
  std::map<std::int64_t, std::int64_t> frequency_;
  std::vector<Stratum> strata_;
  std::vector<Pair> pairs_;
};

}  // namespace

BuiltSet build_counting_set(const CocoInstances& instances, CountingParams params,
                            const Exclusions& exclusions) {
  check_params(params);
  return CountingSet(instances, params, exclusions).build();
}

}  // namespace vrp
