#pragma once
// The primary signals item by item, which reduce's records carry so that statistics over several
// models can be computed from the records of all of them.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"

namespace vrp {

/// Adds, N rows in the order of the keys:
///   item_signals/image  text [item]   image that the bootstrap draws
///   item_signals/label  int32 [item]  label of the primary scorer: 1, 0, -1 = none; attributes
///                       model, benchmark, scorer, and how intervals are made: replicates, level,
///                       tests, seed
///   item_signals/failed uint8 [item]  1 = no answer
///   item_signal/NAME    float64 [item]  raw value, NaN = undefined; attributes orientation,
///                       needs_reference; the primary signals of families.hpp and h_n
/// Nothing when the cell has no labels.
void add_item_signals(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                      Record& record);

struct ItemSignal {
  int orientation = 0;
  bool needs_reference = false;
  std::string description;
  std::vector<double> value;  ///< [N]
};

struct ItemSignals {
  std::string model, benchmark, scorer;
  ReduceParams params;  ///< replicates, level and tests
  std::uint64_t seed = 0;
  std::vector<std::string> image;             ///< [N]
  std::vector<std::int8_t> label;             ///< [N]
  std::vector<std::uint8_t> failed;           ///< [N] 1 = no answer
  std::map<std::string, ItemSignal> signals;  ///< by name
};

/// What add_item_signals wrote; no model when the record lacks it.
ItemSignals read_item_signals(const Record& record);

}  // namespace vrp
