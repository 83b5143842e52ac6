#pragma once
// Rows as structs, columns as arrays: a struct with a static `fields` becomes the arrays
// PREFIX/FIELD of dimension PREFIX_row, and back.
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {

/// A number of a row that is not defined; the row's note says why.
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

template <class Row>
void add_frame(Record& record, const std::string& prefix, const std::vector<Row>& rows) {
  Row::fields([&](const char* name, auto member, const char* units, const char* description) {
    using Value = std::remove_cvref_t<decltype(std::declval<Row>().*member)>;
    std::vector<Value> column;
    column.reserve(rows.size());
    for (const Row& row : rows) column.push_back(row.*member);
    record.add(prefix + "/" + name, {prefix + "_row"}, {static_cast<std::int64_t>(rows.size())},
               std::move(column), units, description);
  });
}

/// An absent frame is an empty one; Error when some of its columns are missing or of other lengths.
template <class Row>
std::vector<Row> read_frame(const Record& record, const std::string& prefix) {
  std::vector<Row> rows;
  bool any = false, sized = false;
  Row::fields([&](const char* name, auto, const char*, const char*) {
    any = any || record.find(prefix + "/" + name);
  });
  if (!any) return rows;
  Row::fields([&](const char* name, auto member, const char*, const char*) {
    using Value = std::remove_cvref_t<decltype(std::declval<Row>().*member)>;
    const std::string path = prefix + "/" + name;
    const std::vector<Value>& column = record.values<Value>(path);
    if (!sized) rows.resize(column.size());
    sized = true;
    if (column.size() != rows.size())
      fail(record.origin, ": array '", path, "' has ", column.size(), " rows, expected ",
           rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*member = column[i];
  });
  return rows;
}

}  // namespace vrp
