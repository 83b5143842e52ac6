#include "pipeline/items/official_figures.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/official_parts.hpp"

namespace vrp {
namespace {

void check_columns(const ItemTable& items, const RowLabels& labels, const Reviews& reviews) {
  const std::array<std::pair<const char*, std::size_t>, 4> columns = {
      {{"y", labels.y.size()},
       {"invalid", labels.invalid.size()},
       {"score", labels.score.size()},
       {"parsed", labels.parsed.size()}}};
  for (const auto& [name, rows] : columns) {
    if (rows != items.size()) {
      fail("official figures of '", items.benchmark, "': labels have ", rows, " values of ", name,
           ", expected ", items.size());
    }
  }
  if (!reviews.empty() && reviews.size() != items.size()) {
    fail("official figures of '", items.benchmark, "': ", reviews.size(), " reviews, expected ",
         items.size());
  }
}

/// "mme" of the fact "mme@1"; "" when the table does not say.
std::string importer_of(const ItemTable& items) {
  const auto found = items.facts.find("importer");
  return found == items.facts.end() ? "" : found->second.substr(0, found->second.find('@'));
}

bool reads_yes_no(const std::string& scorer) {
  static const std::set<std::string> kScorers = {"yes_no",  "pope_official", "vlmevalkit",
                                                 "mme",     "lmms_eval",     "mme_lmms_eval",
                                                 "lenient", "exact"};
  return kScorers.contains(scorer);
}

}  // namespace

std::vector<OfficialFigure> official_figures(const ItemTable& items, const RowLabels& labels,
                                             const Reviews& reviews) {
  check_columns(items, labels, reviews);
  official::Input in{items, labels, reviews, {}};
  for (std::size_t row = 0; row < items.size(); ++row) {
    in.metadata.push_back(parse_json(items.metadata[row], concat("metadata of ", items.key[row])));
  }
  const std::string importer = importer_of(items), &scorer = labels.scorer;
  if (items.kind == "yes_no") {
    if (!reads_yes_no(scorer)) return {};
    const bool mme = importer == "mme" ||
                     (!items.scorers.empty() && items.scorers.front().substr(0, 4) == "mme@");
    return mme ? official::mme_figures(in) : official::yes_no_figures(in);
  }
  if (items.kind == "vqa") return official::vqa_figures(in);
  if (scorer == "grade") return official::mm_vet_figures(in);
  if (scorer == "judge") return official::llava_bench_figures(in);
  if (items.kind == "open") return {};
  return official::accuracy_figures(in);
}

RowLabels row_labels(const Record& capture, const ItemTable& items, const std::string& scorer) {
  RowLabels out;
  out.scorer = scorer;
  out.y.assign(items.size(), -1);
  out.invalid.assign(items.size(), 0);
  out.score.assign(items.size(), std::numeric_limits<double>::quiet_NaN());
  out.parsed.assign(items.size(), "");
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < items.size(); ++row) row_of.emplace(items.key[row], row);
  const auto& keys = capture.values<std::string>("item/key");
  const auto& y = capture.values<std::int32_t>("label/" + scorer);
  const auto& invalid = capture.values<std::uint8_t>("label_invalid/" + scorer);
  const auto& soft = capture.values<double>("label_score/" + scorer);
  const auto& parsed = capture.values<std::string>("label_parsed/" + scorer);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = row_of.find(keys[i]);
    if (found == row_of.end()) {
      fail(capture.origin, ": item '", excerpt(keys[i]), "' is not in the item table of '",
           items.benchmark, "'");
    }
    out.y[found->second] = y[i];
    out.invalid[found->second] = invalid[i];
    out.score[found->second] = soft[i];
    out.parsed[found->second] = parsed[i];
  }
  return out;
}

double round_decimal(double value, int digits) {
  std::array<char, 400> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return std::strtod(text.data(), nullptr);
}

}  // namespace vrp
