#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/items/official_parts.hpp"

namespace vrp::official {
namespace {

bool is_soft(const std::string& scorer) {
  return scorer == "textvqa" || scorer.substr(0, 4) == "vqa_";
}

}  // namespace

std::vector<OfficialFigure> vqa_figures(const Input& in) {
  if (!is_soft(in.labels.scorer)) return {};
  const Labelled rows = labelled(in);
  std::vector<OfficialFigure> out;
  const auto add = [&](const char* kind, const std::string& name, const Rows& of_group,
                       const std::string& note) {
    const double percent = 100 * mean_score(in, of_group);
    out.push_back({kind, name, "accuracy", static_cast<std::int64_t>(of_group.size()),
                   of_group.empty() ? percent : round_decimal(percent, 2), "%",
                   "100 x mean soft accuracy, 2 decimals", note});
  };
  add("all", "all", rows.rows, without_label(rows.without));
  for (const char* field : {"answer_type", "question_type"}) {
    for (const auto& [name, of_group] : group_by_field(in, rows.rows, field)) {
      add(field, name, of_group, "");
    }
  }
  return out;
}

std::vector<OfficialFigure> accuracy_figures(const Input& in) {
  const Labelled rows = labelled(in);
  std::vector<OfficialFigure> out;
  const auto add = [&](const char* kind, const std::string& name, const Rows& of_group,
                       const std::string& note) {
    out.push_back({kind, name, "accuracy", static_cast<std::int64_t>(of_group.size()),
                   100 * mean_correct(in, of_group), "%", "100 x correct / questions", note});
  };
  const Groups types = group_rows(
      rows.rows, [&](std::size_t row) { return std::vector<std::string>{in.items.type[row]}; });
  for (const auto& [name, of_group] : types) add("type", name, of_group, "");
  for (const auto& [name, of_group] : group_by_field(in, rows.rows, "data_type")) {
    add("data_type", name, of_group, "");
  }
  add("all", "all", rows.rows, without_label(rows.without));
  return out;
}

}  // namespace vrp::official
