#include "stages/reduce/columns_join.hpp"

#include <string_view>
#include <unordered_map>

#include "stages/reduce/rows.hpp"

namespace vrp {

std::string cell_name(const CellData& cell) { return cell.model + "/" + cell.benchmark; }

std::string array_attribute(const Array& array, const char* name) {
  const auto found = array.attributes.find(name);
  return found == array.attributes.end() ? std::string() : found->second;
}

RowMap rows_by_key(const CellData& cell, const Record& record, const char* stage,
                   const std::vector<std::string>& sorted_keys) {
  RowMap map(sorted_keys.size(), kAbsentRow);
  if (record.arrays().empty()) return map;
  const auto& keys = record.values<std::string>("item/key");
  std::unordered_map<std::string_view, std::size_t> position;
  for (std::size_t i = 0; i < sorted_keys.size(); ++i) position.emplace(sorted_keys[i], i);
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const auto found = position.find(keys[row]);
    if (found == position.end())
      fail(cell_name(cell), ": ", stage, " row ", row, " is item '", keys[row],
           "', expected one of the ", sorted_keys.size(),
           " items asked; was it computed for another choice of items?");
    if (map[found->second] != kAbsentRow)
      fail(cell_name(cell), ": ", stage, " rows ", map[found->second], " and ", row,
           " are both item '", keys[row], "', expected each item once");
    map[found->second] = static_cast<std::int64_t>(row);
  }
  return map;
}

std::vector<std::vector<double>> gather_columns(const CellData& cell, const Record& record,
                                                const std::string& name, const RowMap& map) {
  const Array* array = record.find(name);
  if (!array) return {};
  if (array->shape.size() != 2)
    fail(cell_name(cell), ": array '", name, "' has ", array->shape.size(),
         " dimensions, expected 2 (item and layer)");
  const std::vector<double> values = record.as_double(name);
  const auto width = static_cast<std::size_t>(array->shape[1]);
  std::vector<std::vector<double>> out(width, std::vector<double>(map.size(), kUndefined));
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (map[i] == kAbsentRow) continue;
    if (map[i] >= array->shape[0])
      fail(cell_name(cell), ": array '", name, "' has ", array->shape[0],
           " rows, expected more than ", map[i]);
    for (std::size_t k = 0; k < width; ++k)
      out[k][i] = values[static_cast<std::size_t>(map[i]) * width + k];
  }
  return out;
}

}  // namespace vrp
