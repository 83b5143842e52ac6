#include <array>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/items/official_parts.hpp"

namespace vrp::official {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The rows of each known name in its published order, then the others.
Groups in_order(Groups groups, const std::vector<std::string>& names) {
  Groups out;
  for (const auto& name : names) {
    for (auto& group : groups) {
      if (group.first == name) out.push_back(std::move(group));
    }
  }
  for (auto& group : groups) {
    if (!group.second.empty()) out.push_back(std::move(group));
  }
  return out;
}

}  // namespace

std::vector<OfficialFigure> mm_vet_figures(const Input& in) {
  const Labelled rows = labelled(in);
  std::vector<OfficialFigure> out;
  const auto add = [&](const char* kind, const std::string& name, const Rows& of_group,
                       const std::string& note) {
    const double percent = 100 * mean_score(in, of_group);
    out.push_back({kind, name, "score", static_cast<std::int64_t>(of_group.size()),
                   of_group.empty() ? percent : round_decimal(percent, 1), "%",
                   "100 x mean grade over runs and entries, 1 decimal", note});
  };
  Groups single = group_by_field(in, rows.rows, "capability");
  if (single.empty()) {
    single = group_rows(rows.rows, [&](std::size_t row) { return categories_of(in, row); });
  }
  single = in_order(std::move(single), {"rec", "ocr", "know", "gen", "spat", "math"});
  for (const auto& [name, of_group] : single) add("capability", name, of_group, "");
  const Groups sets = group_rows(
      rows.rows, [&](std::size_t row) { return std::vector<std::string>{in.items.type[row]}; });
  for (const auto& [name, of_group] : sets) add("capability_set", name, of_group, "");
  add("all", "all", rows.rows, without_label(rows.without));
  return out;
}

std::vector<OfficialFigure> llava_bench_figures(const Input& in) {
  Rows rows;
  for (std::size_t row = 0; row < in.reviews.size(); ++row) {
    if (!std::isnan(in.reviews[row].score) && !std::isnan(in.reviews[row].reference)) {
      rows.push_back(row);
    }
  }
  std::vector<OfficialFigure> out;
  const auto add = [&](const char* kind, const std::string& name, const Rows& of_group,
                       const std::string& more) {
    double model = 0, reference = 0;
    std::size_t unreadable = 0;
    for (const std::size_t row : of_group) {
      model += in.reviews[row].score;
      reference += in.reviews[row].reference;
      unreadable += in.reviews[row].score < 0 ? 1 : 0;
    }
    const auto n = static_cast<std::int64_t>(of_group.size());
    const auto count = static_cast<double>(n);
    const double mean = n == 0 ? kNaN : round_decimal(model / count, 3);
    const double base = n == 0 ? kNaN : round_decimal(reference / count, 3);
    std::string note = unreadable == 0 ? ""
                                       : concat(unreadable, " unreadable reviews averaged in as ",
                                                "-1, as the official summary does");
    if (!more.empty()) note += (note.empty() ? "" : "; ") + more;
    const bool defined = base > 0;
    out.push_back({kind, name, "ratio", n, defined ? round_decimal(100 * (mean / base), 1) : kNaN,
                   "%", "100 x mean(model) / mean(reference), means rounded to 3 decimals",
                   defined ? note : "undefined: no positive mean of the reference scores"});
    out.push_back({kind, name, "reference", n, n == 0 ? kNaN : round_decimal(base * 10, 1), "%",
                   "10 x mean(reference score)", note});
    out.push_back({kind, name, "model", n, n == 0 ? kNaN : round_decimal(mean * 10, 1), "%",
                   "10 x mean(model score)", note});
  };
  const Groups groups =
      in_order(group_by_field(in, rows, "category"), {"conv", "detail", "complex"});
  for (const auto& [name, of_group] : groups) add("category", name, of_group, "");
  const std::size_t without = in.items.size() - rows.size();
  add("all", "all", rows,
      without == 0 ? "" : concat(without, " rows without a pair of scores left out"));
  return out;
}

}  // namespace vrp::official
