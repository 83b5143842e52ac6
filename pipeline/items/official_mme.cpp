#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/official_parts.hpp"

namespace vrp::official {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<std::string_view, 10> kPerception = {
    "existence", "count", "position", "color",   "posters",
    "celebrity", "scene", "landmark", "artwork", "OCR"};
constexpr std::array<std::string_view, 4> kCognition = {
    "commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"};

std::string only_text(const Input& in, std::size_t row, const char* field,
                      const std::string& otherwise) {
  const auto texts = field_texts(in.metadata[row], field);
  return texts.empty() ? otherwise : texts.front();
}

/// Images whose two questions are labelled, and how many of them have both right.
struct Pairs {
  std::int64_t images = 0, both = 0, incomplete = 0;
};

Pairs pairs_of(const Input& in, const Rows& rows) {
  std::map<std::string, std::pair<int, int>> images;  // questions, right ones
  for (const std::size_t row : rows) {
    auto& [questions, right] = images[only_text(in, row, "pair", in.items.image[row])];
    ++questions;
    right += in.labels.y[row] == 1 ? 1 : 0;
  }
  Pairs out;
  for (const auto& [name, counts] : images) {
    if (counts.first != 2) {
      ++out.incomplete;
      continue;
    }
    ++out.images;
    out.both += counts.second == 2 ? 1 : 0;
  }
  return out;
}

template <std::size_t N>
OfficialFigure sum_of(const char* name, const std::array<std::string_view, N>& categories,
                      const std::map<std::string, std::pair<double, std::int64_t>>& scores) {
  OfficialFigure out{
      "sum", name, "score", 0, 0, "points", concat("sum of the category scores, at most ", 200 * N),
      ""};
  std::vector<std::string> missing;
  for (const std::string_view category : categories) {
    const auto found = scores.find(std::string(category));
    if (found == scores.end()) {
      missing.emplace_back(category);
    } else {
      out.value += found->second.first;
      out.n += found->second.second;
    }
  }
  if (missing.size() == N) out.value = kNaN;
  if (!missing.empty()) out.note = "without " + join(missing, ", ");
  return out;
}

}  // namespace

std::vector<OfficialFigure> mme_figures(const Input& in) {
  const Labelled rows = labelled(in);
  const std::string note = without_label(rows.without);
  const Groups groups = group_rows(rows.rows, [&](std::size_t row) {
    return std::vector<std::string>{only_text(in, row, "category", in.items.type[row])};
  });
  std::vector<OfficialFigure> out;
  std::map<std::string, std::pair<double, std::int64_t>> scores;
  const auto add_group = [&](const std::string& name, const Rows& of_group) {
    const double accuracy = 100 * mean_correct(in, of_group);
    const Pairs pairs = pairs_of(in, of_group);
    const double plus = pairs.images == 0 ? kNaN
                                          : 100 * static_cast<double>(pairs.both) /
                                                static_cast<double>(pairs.images);
    const auto n = static_cast<std::int64_t>(of_group.size());
    const std::string left_out =
        pairs.incomplete == 0
            ? ""
            : concat(pairs.incomplete, " images without two labelled questions left out");
    out.push_back({"category", name, "acc", n, accuracy, "%", "correct / questions", ""});
    out.push_back({"category", name, "acc+", 2 * pairs.images, plus, "%",
                   "images with both right / images", left_out});
    out.push_back({"category", name, "score", n, accuracy + plus, "points",
                   "100 (acc + acc+), at most 200", left_out});
    scores[name] = {accuracy + plus, n};
  };
  // The published order, then whatever else the table holds.
  const auto published = [&](const std::string& name) {
    return std::find(kPerception.begin(), kPerception.end(), name) != kPerception.end() ||
           std::find(kCognition.begin(), kCognition.end(), name) != kCognition.end();
  };
  const auto add_named = [&](std::string_view name) {
    for (const auto& group : groups) {
      if (group.first == name) add_group(group.first, group.second);
    }
  };
  for (const auto name : kPerception) add_named(name);
  for (const auto name : kCognition) add_named(name);
  for (const auto& group : groups) {
    if (!published(group.first)) add_group(group.first, group.second);
  }
  out.push_back(sum_of("perception", kPerception, scores));
  out.push_back(sum_of("cognition", kCognition, scores));
  out.push_back({"all", "all", "acc", static_cast<std::int64_t>(rows.rows.size()),
                 100 * mean_correct(in, rows.rows), "%", "correct / questions", note});
  return out;
}

}  // namespace vrp::official
