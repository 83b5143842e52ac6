#include "stages/reduce/effect_columns.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "stages/reduce/columns_join.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {
namespace {

constexpr std::int32_t kNotEvaluated = 3;  // item/status: outside the evaluated items

/// A column of the frame of conditions.
template <class T>
const std::vector<T>& of_conditions(const CellData& cell, const char* name, std::size_t count) {
  const auto& values = cell.interventions.values<T>(name);
  if (values.size() != count)
    fail(cell_name(cell), ": array '", name, "' has ", values.size(), " rows, expected ", count,
         " conditions as edit/name has");
  return values;
}

const Array& primary_label(const CellData& cell) {
  const Array* found = nullptr;
  for (const Array& array : cell.interventions.arrays()) {
    if (!array.name.starts_with("label/") || array_attribute(array, "primary") != "1") continue;
    if (found)
      fail(cell_name(cell), ": interventions mark '", found->name, "' and '", array.name,
           "' as primary, expected one");
    found = &array;
  }
  if (!found)
    fail(cell_name(cell), ": interventions mark no label/SCORER as primary, expected one");
  return *found;
}

std::vector<std::vector<double>> by_condition(const CellData& cell, const std::string& name,
                                              const RowMap& map, std::size_t count) {
  auto columns = gather_columns(cell, cell.interventions, name, map);
  if (columns.size() != count)
    fail(cell_name(cell), ": array '", name, "' has ", columns.size(), " conditions, expected ",
         count, " as edit/name has");
  return columns;
}

std::int8_t label_of(const CellData& cell, const std::string& name, double value) {
  if (std::isnan(value)) return -1;
  if (value != 1 && value != 0 && value != -1)
    fail(cell_name(cell), ": interventions array '", name, "' holds ", value,
         ", expected 1, 0 or -1");
  return static_cast<std::int8_t>(value);
}

}  // namespace

std::string without_draw(const std::string& name, std::int64_t draw) {
  if (draw < 0) return name;
  for (const std::string word : {" draw ", " "}) {
    const std::string token = word + std::to_string(draw);
    for (std::size_t at = name.rfind(token); at != std::string::npos && at > 0;
         at = name.rfind(token, at - 1)) {
      const std::size_t end = at + token.size();
      if (end == name.size() || name[end] == ' ') return name.substr(0, at) + name.substr(end);
    }
  }
  return name;
}

EffectColumns effect_columns(const CellData& cell, const CellColumns& columns) {
  EffectColumns out;
  out.model = cell.model;
  out.benchmark = cell.benchmark;
  if (cell.interventions.arrays().empty()) return out;
  const RowMap all = rows_by_key(cell, cell.interventions, "interventions", columns.key);
  const auto status = gather_rows<std::int32_t>(
      cell, "item/status", cell.interventions.values<std::int32_t>("item/status"), all, 1);
  RowMap map;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (status[i] == kNotEvaluated) continue;
    map.push_back(all[i]);
    out.key.push_back(columns.key[i]);
    out.group.push_back(columns.group[i]);
    out.type.push_back(columns.type[i]);
    out.failed.push_back(status[i] == 1);
  }
  const auto& names = cell.interventions.values<std::string>("edit/name");
  const std::size_t count = names.size();
  const Array& label = primary_label(cell);
  const auto y = by_condition(cell, label.name, map, count);
  const auto length = by_condition(cell, "answer/length", map, count);
  const auto changed = by_condition(cell, "answer/changed", map, count);
  const auto margin = by_condition(
      cell, cell.interventions.find("answer/margin") ? "answer/margin" : "margin", map, count);
  std::set<std::string> seen;
  for (std::size_t e = 0; e < count; ++e) {
    EffectCondition condition;
    condition.name = names[e];
    if (!seen.insert(condition.name).second)
      fail(cell_name(cell), ": interventions hold condition '", condition.name,
           "' twice, expected unique names");
    condition.family = of_conditions<std::string>(cell, "edit/family", count)[e];
    condition.target = of_conditions<std::string>(cell, "edit/target", count)[e];
    condition.operation = of_conditions<std::string>(cell, "edit/operation", count)[e];
    condition.scope = of_conditions<std::string>(cell, "edit/scope", count)[e];
    condition.layer = of_conditions<std::int32_t>(cell, "edit/layer", count)[e];
    condition.count = of_conditions<std::int32_t>(cell, "edit/count", count)[e];
    condition.draw = of_conditions<std::int32_t>(cell, "edit/draw", count)[e];
    condition.value = static_cast<double>(of_conditions<float>(cell, "edit/value", count)[e]);
    condition.group = without_draw(condition.name, condition.draw);
    for (std::size_t i = 0; i < out.key.size(); ++i) {
      const bool answered = !out.failed[i] && length[e][i] >= 0;
      condition.undefined.push_back(!out.failed[i] && !answered);
      condition.y.push_back(answered ? label_of(cell, label.name, y[e][i]) : std::int8_t{-1});
      condition.changed.push_back(answered ? changed[e][i] : kUndefined);
      condition.margin.push_back(answered ? margin[e][i] : kUndefined);
    }
    out.conditions.push_back(std::move(condition));
  }
  if (out.conditions.empty() || out.conditions.front().family != "baseline")
    fail(cell_name(cell), ": the first condition of interventions is '",
         out.conditions.empty() ? "" : out.conditions.front().name, "', expected the baseline");
  return out;
}

EffectColumns pool_effects(const std::vector<EffectColumns>& cells, const CellColumns& keep) {
  EffectColumns out;
  out.model = keep.model;
  out.benchmark = keep.benchmark;
  std::map<std::string, std::size_t> uses;
  std::vector<const EffectColumns*> pooled;
  for (const EffectColumns& cell : cells) {
    if (cell.conditions.empty()) continue;
    pooled.push_back(&cell);
    for (const EffectCondition& condition : cell.conditions) ++uses[condition.name];
  }
  if (pooled.empty()) return out;
  for (const EffectCondition& condition : pooled.front()->conditions) {
    if (uses[condition.name] != pooled.size()) continue;
    out.conditions.push_back(condition);
    EffectCondition& blank = out.conditions.back();
    blank.y.clear();
    blank.undefined.clear();
    blank.changed.clear();
    blank.margin.clear();
  }
  std::map<std::string, std::string> group;
  for (std::size_t i = 0; i < keep.size(); ++i) group[keep.key[i]] = keep.group[i];
  for (const EffectColumns* cell : pooled)
    for (std::size_t i = 0; i < cell->key.size(); ++i) {
      const auto kept = group.find(cell->key[i]);
      if (kept == group.end()) continue;
      out.key.push_back(cell->key[i]);
      out.group.push_back(kept->second);
      out.type.push_back(cell->benchmark);
      out.failed.push_back(cell->failed[i]);
      for (EffectCondition& condition : out.conditions) {
        const EffectCondition& from =
            *std::find_if(cell->conditions.begin(), cell->conditions.end(),
                          [&](const EffectCondition& c) { return c.name == condition.name; });
        condition.y.push_back(from.y[i]);
        condition.undefined.push_back(from.undefined[i]);
        condition.changed.push_back(from.changed[i]);
        condition.margin.push_back(from.margin[i]);
      }
    }
  return out;
}

}  // namespace vrp
