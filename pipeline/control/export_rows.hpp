#pragma once
// The items of one capture unit with everything that is exported of them.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/control/export_fields.hpp"

namespace vrp {

/// One item's value of a field: numbers or texts, row-major. Empty `shape` = one value. `defined`
/// is false for an item that failed, was not computed, or that the stage has no row of.
struct ExportValue {
  bool defined = false;
  std::vector<std::int64_t> shape;
  std::vector<double> numbers;  ///< NaN = not defined
  std::vector<std::string> texts;
};

struct ExportItem {
  std::string model, benchmark, key, id, group, type, question, reference;
  std::string status, reason;  ///< status: ok, failed, attention_invalid, not_computed
  std::string answer, parsed, scorer;
  std::optional<int> label;                          ///< of the primary scorer
  std::map<std::string, std::optional<int>> labels;  ///< by scorer with version
  std::vector<std::string> paths;                    ///< sampled answers
  std::vector<ExportValue> values;                   ///< one for each field
};

/// Reads a cell unit by unit; what is kept in memory is one unit's arrays (and, of stages that
/// write a whole cell as one file, the exported arrays of that file).
class ExportReader {
 public:
  /// `fields`: in the order of the values; an absent one (nullptr) is not defined in this cell.
  /// `items` is labelled_table's; everything must outlive the reader.
  ExportReader(const StoredRun& run, const CellWork& cell, const ItemTable& items,
               std::vector<const ExportField*> fields, bool with_paths);

  /// Calls `each` for every item that the run asks, in the order of the table.
  void read(const std::function<void(const ExportItem&)>& each);

 private:
  struct File {
    Record record;
    std::map<std::string, std::size_t, std::less<>> row;  ///< by item key
  };
  using Files = std::vector<std::shared_ptr<const File>>;

  bool needed(const std::string& stage, const std::string& name) const;
  Files files_of(const std::string& stage, std::int64_t first, std::int64_t last);
  void read_unit(const std::string& file, std::int64_t first, std::int64_t last,
                 const std::function<void(const ExportItem&)>& each);

  const StoredRun& run_;
  const CellWork& cell_;
  const ItemTable& items_;
  Reviews reviews_;
  std::vector<const ExportField*> fields_;
  bool with_paths_;
  std::map<std::string, std::pair<std::string, std::shared_ptr<const File>>> last_;  ///< by stage
};

/// Value of an array for the item at `row` of its record. Error when the array is too short or its
/// offsets do not fit.
ExportValue value_at(const Record& record, const ExportField& field, std::size_t row);

}  // namespace vrp
