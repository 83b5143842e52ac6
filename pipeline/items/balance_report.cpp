#include <algorithm>
#include <map>

#include "pipeline/items/set_files.hpp"

namespace vrp {
namespace {

/// Linear interpolation between order statistics; values not empty.
double quantile(const std::vector<double>& sorted, double q) {
  const double rank = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (rank - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// Which third of the side a centre lies in: 0, 1 or 2.
std::size_t third(double centre, double side) {
  const double place = std::clamp(3 * centre / side, 0.0, 2.0);
  return static_cast<std::size_t>(place);
}

}  // namespace

Json balance_report(const BuiltSet& set) {
  std::map<std::string, int> answers, types, strata, categories, pairs;
  std::map<std::string, std::vector<double>> areas;
  std::vector<std::vector<int>> grid(3, std::vector<int>(3, 0));
  int ascending = 0, descending = 0;
  for (const Json& row : set.rows) {
    const double width = row.at("width").get<double>(), height = row.at("height").get<double>();
    const std::string stratum = row.at("stratum").get<std::string>();
    ++answers[row.at("answer").get<std::string>()];
    ++types[row.at("type").get<std::string>()];
    ++strata[stratum];
    const Json& objects = row.at("objects");
    for (const Json& object : objects) ++categories[object.at("category").get<std::string>()];
    if (objects.size() == 2) {
      ++pairs[objects[0].at("category").get<std::string>() + " > " +
              objects[1].at("category").get<std::string>()];
      ++(objects[0].at("category_id") < objects[1].at("category_id") ? ascending : descending);
    }
    for (const Json& box : row.at("boxes")) {
      const double x = box[0], y = box[1], w = box[2], h = box[3];
      areas[stratum].push_back(w * h / (width * height));
      ++grid[third(y + h / 2, height)][third(x + w / 2, width)];
    }
  }
  Json area = Json::object();
  for (auto& [stratum, values] : areas) {
    std::sort(values.begin(), values.end());
    area[stratum] = {
        {"min", values.front()}, {"median", quantile(values, 0.5)}, {"max", values.back()}};
  }
  Json out = {{"n", set.rows.size()},     {"answers", answers},
              {"types", types},           {"strata", strata},
              {"categories", categories}, {"candidates", set.candidates},
              {"raised_caps", set.log},   {"shortages", set.shortages},
              {"box_area_share", area},   {"box_centres_3x3", grid}};
  if (!pairs.empty()) {
    out["ordered_pairs"] = pairs;
    out["pair_order"] = {{"lower_category_id_first", ascending},
                         {"higher_category_id_first", descending}};
  }
  return out;
}

}  // namespace vrp
