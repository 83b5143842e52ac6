#include "pipeline/items/official_parts.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp::official {

Labelled labelled(const Input& in) {
  Labelled out;
  for (std::size_t row = 0; row < in.items.size(); ++row) {
    if (in.labels.y[row] < 0) {
      ++out.without;
    } else {
      out.rows.push_back(row);
    }
  }
  return out;
}

Groups group_rows(const Rows& rows,
                  const std::function<std::vector<std::string>(std::size_t)>& names_of) {
  std::map<std::string, Rows> groups;
  for (const std::size_t row : rows) {
    for (const auto& name : names_of(row)) groups[name].push_back(row);
  }
  return {groups.begin(), groups.end()};
}

std::vector<std::string> field_texts(const Json& metadata, const char* field) {
  const auto found = metadata.find(field);
  if (found == metadata.end() || found->is_null()) return {};
  std::vector<std::string> out;
  const auto add = [&](const Json& value) {
    out.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  };
  if (found->is_array()) {
    for (const Json& value : *found) add(value);
  } else {
    add(*found);
  }
  return out;
}

Groups group_by_field(const Input& in, const Rows& rows, const char* field) {
  std::size_t lacking = 0, first_lacking = 0;
  for (const std::size_t row : rows) {
    if (!field_texts(in.metadata[row], field).empty()) continue;
    if (lacking++ == 0) first_lacking = row;
  }
  if (lacking == rows.size()) return {};
  if (lacking > 0) {
    fail("item table '", in.items.benchmark, "': metadata of ", lacking, " of ", rows.size(),
         " rows has no '", field, "', the first is '", excerpt(in.items.key[first_lacking]), "'");
  }
  return group_rows(rows, [&](std::size_t row) { return field_texts(in.metadata[row], field); });
}

bool has_category_lists(const Input& in) {
  return std::any_of(in.metadata.begin(), in.metadata.end(),
                     [](const Json& metadata) { return metadata.contains("categories"); });
}

std::vector<std::string> categories_of(const Input& in, std::size_t row) {
  auto list = field_texts(in.metadata[row], "categories");
  if (list.empty()) list.push_back(in.items.type[row]);
  return list;
}

double mean_score(const Input& in, const Rows& rows) {
  if (rows.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const std::size_t row : rows) sum += in.labels.score[row];
  return sum / static_cast<double>(rows.size());
}

double mean_correct(const Input& in, const Rows& rows) {
  if (rows.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const std::size_t row : rows) sum += in.labels.y[row] == 1 ? 1 : 0;
  return sum / static_cast<double>(rows.size());
}

std::string without_label(std::size_t count) {
  if (count == 0) return {};
  return concat(count, count == 1 ? " row" : " rows", " without a label left out");
}

}  // namespace vrp::official
