#pragma once
// The fusion of scalar signals with the hidden-state probe (methods 8.3).
#include <string>
#include <vector>

#include "stages/probes/candidates.hpp"
#include "stages/probes/outcome.hpp"

namespace vrp {

/// A signal that enters the fusion, [N], NaN = undefined.
struct FusionSignal {
  std::string name;
  std::vector<double> value;
};

/// Logistic regression (C as given) on z-scored signals and the hidden probe's score. In every
/// outer fold it trains on scores that are out of fold within the training part (inner folds, the
/// layer chosen there) and is applied to the outer fold's own score: no fit has seen a test image.
/// Signals without any value are left out, the fold rows name those used; items without one of
/// the used signals have no score.
ProbeOutcome fuse(const std::vector<FusionSignal>& signals,
                  const std::vector<ProbeCandidate>& hidden, const ProbeSelection& selection,
                  const Task& task, double c);

}  // namespace vrp
