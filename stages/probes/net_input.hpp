#pragma once
// Private to this folder: rows of a layer as a net sees them, standardised on its training part.
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stages/probes/nets.hpp"

namespace vrp {

/// How one problem's input is standardised: (x - centre[type]) * inverse, float32.
struct NetScaling {
  std::vector<float> centre;   ///< [T * D], T = 1 without types
  std::vector<float> inverse;  ///< [D], 0 = constant in training
  std::string fault;           ///< why the problem cannot be fitted, or ""
};

/// Scalings of problems, measured layer by layer.
std::vector<NetScaling> net_scalings(const LayerInput& input, const std::vector<Task>& tasks,
                                     std::span<const NetProblem> problems, bool standardise);

/// Rows of the problem's layer into out [rows, D].
void net_rows(const LayerInput& input, std::size_t layer, const NetScaling& scaling,
              std::span<const std::int32_t> rows, float* out);

}  // namespace vrp
