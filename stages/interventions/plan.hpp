#pragma once
// The conditions of a cell as data, from the parameters and the model's shape alone: the same list
// for every unit. Which neurons or cells they name is found item by item. No torch here.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "stages/interventions/params.hpp"

namespace vrp {

struct InterventionShape {
  int layers = 0;
  int hidden = 0;        ///< D, neurons of mlp_out
  int intermediate = 0;  ///< neurons of mlp_act
};

/// One condition; the fields are the columns edit/* of record.hpp.
struct PlannedCondition {
  std::string name = "baseline";
  std::string family = "baseline";  ///< baseline | mask | neuron | scaled | bypass
  std::string target;               ///< high | low | ... | single | top | random; "" = none
  std::string operation;            ///< pixel | embed | attn | zero | clamp | mean | bypass
  int layer = -1;
  int count = -1;  ///< neurons; -1: all of them, or cells
  float value = std::numeric_limits<float>::quiet_NaN();
  int draw = -1;
  std::string scope = "all";
  int rank = -1;  ///< of a single neuron: 0 = first
};

/// Number 0 is the baseline; names are unique. Error (usage) naming field, value and valid range
/// for a block, a neuron or a number of neurons that the model does not have.
std::vector<PlannedCondition> plan_conditions(const InterventionsParams& params,
                                              const InterventionShape& shape);

/// Most targets that any condition takes.
int targets_needed(const InterventionsParams& params);

}  // namespace vrp
