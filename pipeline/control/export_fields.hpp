#pragma once
// What of a run can be exported: the arrays that hold something of each item, as its files say.
#include <string>
#include <vector>

#include "pipeline/control/run_columns.hpp"

namespace vrp {

/// Something of each item. `array` has no values: its type, dims and shape as in the first finished
/// file of its stage.
struct ExportField {
  std::string name;   ///< short name where it is unique in the cell, else the path
  std::string stage;  ///< whose files hold it
  Array array;
  bool signal = false;     ///< one number an item, announced as a signal
  std::string offsets;     ///< path of the array that says where an item's part begins; "" = none
  std::string ragged_dim;  ///< the dimension that `offsets` cuts; "" = none
  bool text() const;
  /// Names of the dimensions of one item's value: without "item". {} = one value.
  std::vector<std::string> item_dims() const;
  /// Extents of the same; -1 for the ragged dimension, which differs between items.
  std::vector<std::int64_t> item_shape() const;
  int orientation() const;
  /// States and maps: exported only when named, since they are large.
  bool large() const;
};

struct CellFields {
  std::vector<ExportField> fields;  ///< signals by name first, then arrays by path
  const ExportField* find(const std::string& name) const;  ///< by name or path; nullptr = none
};

/// Reads the first finished file of each stage. Error naming a damaged file.
CellFields fields_of(const StoredRun& run, const CellWork& cell);

/// Stages whose files hold arrays of items.
const std::vector<std::string>& export_stages();

}  // namespace vrp
