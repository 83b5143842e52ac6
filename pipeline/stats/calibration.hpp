#pragma once
// Calibration of signals that claim to be probabilities of being correct.
#include <cstdint>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"

namespace vrp::stats {

struct ReliabilityBin {
  double low = 0, high = 0;  ///< [low, high), the last bin closed
  std::int64_t n = 0;
  double confidence = 0, accuracy = 0;  ///< means over the bin; 0 when n = 0
};
struct Calibration {
  Estimate ece;    ///< expected calibration error: sum n_b/n |accuracy_b - confidence_b|
  Estimate brier;  ///< mean (p - y)^2
  std::vector<ReliabilityBin> bins;
};
/// Values outside [0, 1]: undefined, flag out_of_range. No row: undefined, flag empty.
Calibration calibration(Values probability, Labels y, int bins = 15);

}  // namespace vrp::stats
