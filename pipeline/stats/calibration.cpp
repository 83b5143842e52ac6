#include "pipeline/stats/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp::stats {

Calibration calibration(Values probability, Labels y, int bins) {
  const UsedRows used = used_rows(probability, y);
  Calibration out;
  out.ece.n = out.brier.n = used.size();
  out.ece.invalid = out.brier.invalid = used.invalid;
  const auto outside = [](double p) { return !(p >= 0 && p <= 1); };
  if (used.size() == 0) out.ece.flags |= Flag::empty;
  if (std::any_of(used.x.begin(), used.x.end(), outside)) out.ece.flags |= Flag::out_of_range;
  out.brier.flags = out.ece.flags;
  if (out.ece.flags.any()) return out;
  const double width = 1.0 / bins, n = static_cast<double>(used.size());
  for (int b = 0; b < bins; ++b) {
    out.bins.push_back({b * width, b + 1 == bins ? 1.0 : (b + 1) * width, 0, 0, 0});
  }
  double squares = 0;
  for (std::size_t i = 0; i < used.x.size(); ++i) {
    const double p = used.x[i], label = used.y[i];
    const int b = std::min(bins - 1, static_cast<int>(p * bins));
    ReliabilityBin& bin = out.bins[static_cast<std::size_t>(b)];
    ++bin.n;
    bin.confidence += p;
    bin.accuracy += label;
    squares += (p - label) * (p - label);
  }
  double error = 0;
  for (ReliabilityBin& bin : out.bins) {
    if (bin.n == 0) continue;
    const double count = static_cast<double>(bin.n);
    error += std::abs(bin.accuracy - bin.confidence) / n;
    bin.confidence /= count;
    bin.accuracy /= count;
  }
  out.ece.value = error;
  out.ece.method = concat(bins, " equal-width bins");
  out.brier.value = squares / n;
  out.brier.method = "mean squared error";
  return out;
}

}  // namespace vrp::stats
