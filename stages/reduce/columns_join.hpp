#pragma once
// Joining a record's rows to the rows of a cell, by item key. Internal to reduce.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/base/error.hpp"
#include "stages/reduce/columns.hpp"

namespace vrp {

constexpr std::int64_t kAbsentRow = -1;

/// Row of a record for every row of the sorted cell; kAbsentRow where there is none.
using RowMap = std::vector<std::int64_t>;

/// "model/benchmark", for messages.
std::string cell_name(const CellData& cell);

/// Joins by item/key. An empty record gives a map of absent rows. Error on an item that the cell
/// did not ask for and on a key that two rows share.
RowMap rows_by_key(const CellData& cell, const Record& record, const char* stage,
                   const std::vector<std::string>& sorted_keys);

std::string array_attribute(const Array& array, const char* name);  ///< "" when it is not there

/// values[map[i]], `absent` where there is no row. Error when the array is too short.
template <class T>
std::vector<T> gather_rows(const CellData& cell, const std::string& name,
                           const std::vector<T>& values, const RowMap& map, T absent) {
  std::vector<T> out(map.size(), absent);
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (map[i] == kAbsentRow) continue;
    if (static_cast<std::size_t>(map[i]) >= values.size())
      fail(cell_name(cell), ": array '", name, "' has ", values.size(),
           " rows, expected more than ", map[i]);
    out[i] = values[static_cast<std::size_t>(map[i])];
  }
  return out;
}

/// An array [item, width] as columns: [width][N], NaN where there is no row. Empty when the record
/// lacks the array. Error when the array is not two-dimensional or too short.
std::vector<std::vector<double>> gather_columns(const CellData& cell, const Record& record,
                                                const std::string& name, const RowMap& map);

}  // namespace vrp
