#pragma once
// Names of the parts of a cell and what they say. No torch: vrp plans with them.
#include <string>
#include <vector>

#include "stages/probes/params.hpp"

namespace vrp {

/// "hidden_linear_blank.b4-7": probe "hidden_linear", variant "blank", layers 4..7.
struct ProbePart {
  enum class Kind {
    whole,   ///< the probe with all that belongs to it: "stress"
    layers,  ///< real labels on blocks first..last
    shuffle  ///< permuted labels, draws first..last, on all layers
  };
  std::string probe;
  std::string variant;  ///< "" | blank | residualised
  Kind kind = Kind::whole;
  int first = 0, last = 0;  ///< both included

  std::string name() const;
};

/// The parts of fit_parts (probes.hpp), in the same order.
std::vector<ProbePart> probe_parts(const ProbesParams& params, int layers);

/// The part of that name among those of a model of so many layers; Error when it is none of them.
ProbePart find_part(const ProbesParams& params, int layers, const std::string& name);

}  // namespace vrp
