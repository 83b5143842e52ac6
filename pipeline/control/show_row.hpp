#pragma once
// One item's values in the joined record of a stage, as JSON: undefined numbers are null.
#include <optional>
#include <string>

#include "pipeline/base/json.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {

/// The place of an item in a record; nothing when the record does not hold it.
std::optional<std::size_t> row_of(const Record& record, const std::string& key);

class ItemRow {
 public:
  ItemRow(const Record& record, std::size_t row) : record_(record), row_(row) {}

  /// A scalar of arrays [item], a list of arrays [item, x]; null when there is no such array, no
  /// value, or an array of more axes.
  Json value(const std::string& name) const;
  std::string text(const std::string& name) const;              ///< "" when there is no such array
  std::optional<double> number(const std::string& name) const;  ///< nothing when undefined
  /// First and last place of the item in the ragged arrays behind `offsets`; {0, 0} without them.
  std::pair<std::size_t, std::size_t> range(const std::string& offsets) const;
  const Record& record() const { return record_; }

 private:
  const Record& record_;
  std::size_t row_;
};

/// Value `index` of an array as JSON.
Json json_value(const Array& array, std::size_t index);

/// Of the finite values: 100 (those below + half of those equal) / all of them.
struct Percentile {
  double value = 0;
  std::size_t n = 0;
};
std::optional<Percentile> percentile(const std::vector<double>& values, double of);

}  // namespace vrp
