#pragma once
// What the interventions stage holds, as columns of a cell.
#include <cstdint>
#include <string>
#include <vector>

#include "stages/reduce/columns.hpp"

namespace vrp {

/// One condition of the interventions stage; layout in stages/interventions/record.hpp.
struct EffectCondition {
  std::string name;   ///< "L5 random5 draw 3 zero"
  std::string group;  ///< without the number of the draw: "L5 random5 zero"
  std::string family, target, operation, scope;
  std::int64_t layer = -1, count = -1, draw = -1;
  double value = 0;
  std::vector<std::int8_t> y;           ///< [N] 1, 0, -1 = none
  std::vector<std::uint8_t> undefined;  ///< [N] 1 = the condition does not exist for the item
  std::vector<double> changed;          ///< [N] 1 = other tokens than the baseline's; NaN = none
  std::vector<double> margin;           ///< [N] final margin; NaN without reference
};

/// N items in ascending order of the key.
struct EffectColumns {
  std::string model, benchmark;
  std::vector<std::string> key, group, type;
  std::vector<std::uint8_t> failed;         ///< [N]
  std::vector<EffectCondition> conditions;  ///< the baseline first; empty = not computed
};

/// Items that were left out of the evaluation (status 3) are not there. Error on an item that was
/// not asked, a repeated condition, arrays of other lengths, a label outside {1, 0, -1}, no or two
/// primary scorers, or a condition 0 that is not the baseline.
EffectColumns effect_columns(const CellData& cell, const CellColumns& columns);

/// Name of a condition without the number of its draw: (" draw N" or " N" taken out once).
/// ("mask random 2", 2) gives "mask random", ("L5 random5 draw 3 zero", 3) "L5 random5 zero".
std::string without_draw(const std::string& name, std::int64_t draw);

/// The cells of one model as one set: conditions that every cell has, items that `keep` lists (by
/// key, with their group there); type = the item's benchmark.
EffectColumns pool_effects(const std::vector<EffectColumns>& cells, const CellColumns& keep);

}  // namespace vrp
