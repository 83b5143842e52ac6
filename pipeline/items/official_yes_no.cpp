#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/official_parts.hpp"
#include "pipeline/items/yes_no_summary.hpp"

namespace vrp::official {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Shown {
  const char* figure;
  std::optional<double> YesNoSummary::*value;
  const char* definition;
  const char* undefined;
};

constexpr Shown kShown[] = {
    {"accuracy", &YesNoSummary::accuracy, "(TP + TN) / n, positive = yes", "no labelled row"},
    {"precision", &YesNoSummary::precision, "TP / (TP + FP)",
     "undefined: nothing is predicted yes"},
    {"recall", &YesNoSummary::recall, "TP / rows whose truth is yes", "undefined: no truth is yes"},
    {"f1", &YesNoSummary::f1, "2 PR / (P + R)", "undefined: precision or recall is, or both are 0"},
    {"yes_ratio", &YesNoSummary::yes_ratio, "predicted yes / n", "no labelled row"},
    {"unparsed", &YesNoSummary::unparsed, "answers read as neither yes nor no / n",
     "no labelled row"}};

YesNoSummary summary(const Input& in, const Rows& rows) {
  std::vector<std::string> parsed, truth;
  for (const std::size_t row : rows) {
    const std::string read = to_lower_ascii(in.labels.parsed[row]);
    parsed.push_back(read == "yes" || read == "no" ? read : "");
    truth.push_back(in.items.answer[row]);
  }
  return summarise_yes_no(parsed, truth);
}

std::string joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "; " + b;
}

void add_group(const Input& in, const std::string& kind, const std::string& name, const Rows& rows,
               const std::string& note, std::vector<OfficialFigure>& out) {
  const YesNoSummary s = summary(in, rows);
  for (const Shown& shown : kShown) {
    const auto& value = s.*(shown.value);
    const char* undefined =
        in.labels.scorer == "vlmevalkit" ? "undefined; VLMEvalKit prints 0" : shown.undefined;
    out.push_back({kind, name, shown.figure, s.n, value.value_or(kNaN), "1", shown.definition,
                   value ? note : joined(undefined, note)});
  }
}

/// "popular" of the key "pope/popular/7".
std::string split_of(const std::string& key) {
  const auto parts = split(key, '/');
  return parts.size() > 2 ? parts[1] : "";
}

void add_mean(const Groups& groups, const std::string& name, std::vector<OfficialFigure>& out) {
  const std::size_t per_split = std::size(kShown), first = out.size() - groups.size() * per_split;
  for (std::size_t f = 0; f < per_split; ++f) {
    OfficialFigure mean = out[first + f];
    double sum = 0;
    mean.n = 0;
    for (std::size_t s = 0; s < groups.size(); ++s) {
      sum += out[first + s * per_split + f].value;
      mean.n += out[first + s * per_split + f].n;
    }
    mean.group_kind = "mean";
    mean.group = name;
    mean.value = sum / static_cast<double>(groups.size());
    mean.definition = concat("mean over ", groups.size(), " ", name, " of ", mean.definition);
    mean.note = std::isnan(mean.value) ? "undefined in one of them" : "";
    out.push_back(mean);
  }
}

}  // namespace

std::vector<OfficialFigure> yes_no_figures(const Input& in) {
  const Labelled rows = labelled(in);
  const std::string note = without_label(rows.without);
  std::vector<OfficialFigure> out;
  // VLMEvalKit's POPE table names several categories in one row and counts the row in each.
  const bool repeated = has_category_lists(in);
  const Groups groups = group_rows(rows.rows, [&](std::size_t row) {
    return repeated ? categories_of(in, row)
                    : std::vector<std::string>{split_of(in.items.key[row])};
  });
  const char* kind = repeated ? "category" : "split";
  for (const auto& [name, of_group] : groups) add_group(in, kind, name, of_group, "", out);
  if (groups.size() > 1) add_mean(groups, repeated ? "categories" : "splits", out);
  Rows all = rows.rows;
  if (repeated) {
    all.clear();
    for (const auto& group : groups)
      all.insert(all.end(), group.second.begin(), group.second.end());
  }
  add_group(in, "all", "all", all,
            joined(repeated ? "a row counts once in each of its categories" : "", note), out);
  return out;
}

}  // namespace vrp::official
