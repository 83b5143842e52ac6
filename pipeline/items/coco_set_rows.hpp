#pragma once
// What the two set builders share: seeded tickets, exclusions and the JSON rows.
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/items/coco_sets.hpp"
#include "pipeline/items/set_fill.hpp"

namespace vrp {

/// One object of a question: a category and its annotations.
struct AskedObject {
  const CocoCategory* category = nullptr;
  std::vector<const CocoAnnotation*> annotations;
};

/// A candidate question in full.
struct AskedItem {
  const CocoImage* image = nullptr;
  std::string id, question, answer, kind, type, stratum;
  std::vector<AskedObject> objects;
};

/// Image id of a file name: "COCO_val2014_000000000042".
std::string image_stem(const CocoImage& image);

/// Ids of categories that are not on the comma list. Names that the file does not have are passed
/// over, since the default list is COCO's.
std::set<std::int64_t> kept_categories(const CocoInstances& instances,
                                       const std::string& leave_out);

/// Images of sufficient size that are not excluded, by ascending id.
std::vector<const CocoImage*> usable_images(const CocoInstances& instances, std::int64_t min_side,
                                            const Exclusions& exclusions);

/// Seeded place of candidate (a, b) in `stratum`: a function of these alone, so that leaving out
/// other candidates changes no order.
std::uint64_t ticket(std::uint64_t seed, const std::string& stratum, std::uint64_t a,
                     std::uint64_t b);

/// Fills the strata and turns what was taken into rows; `make` writes out the question of a
/// candidate's payload. Outlines come from a second pass over the instances file.
BuiltSet fill_and_write(const CocoInstances& instances, std::vector<Stratum> strata,
                        const std::function<AskedItem(std::size_t)>& make, const FillRules& rules);

}  // namespace vrp
