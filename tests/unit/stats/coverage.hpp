#pragma once
// Counts for the coverage tests. A share over n experiments has a standard error of
// sqrt(0.95 * 0.05 / n): 0.5 points for 2000. A 95 % interval has to hold the truth in 93 .. 97 %
// of 2000 experiments: four standard errors, the room for its own error in small samples included.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>

#include "pipeline/stats/estimate.hpp"

namespace vrp::stats::test {

struct Tally {
  int held = 0, total = 0;
  void add(bool holds) {
    ++total;
    held += holds ? 1 : 0;
  }
  void add(const std::optional<double>& low, const std::optional<double>& high, double truth) {
    add(low && high && *low <= truth && truth <= *high);
  }
  void add(const Estimate& e, double truth) { add(e.low, e.high, truth); }
  void add(const Interval& i, double truth) { add(i.low, i.high, truth); }
  double percent() const { return 100.0 * held / total; }
  /// Standard error of `percent` when the true share is `expected` %.
  double error(double expected) const { return std::sqrt(expected * (100 - expected) / total); }
};

/// `total` experiments, and a share of 95 % within four standard errors.
inline void check_covers(const char* what, const Tally& tally, int total) {
  const double room = 4 * tally.error(95);
  INFO(what << ": " << tally.held << " of " << tally.total);
  CHECK(tally.total == total);
  CHECK(tally.percent() >= 95 - room);
  CHECK(tally.percent() <= 95 + room);
  WARN(what << ": covers " << tally.percent() << " %");
}

/// An interval that does not deserve its name: more than eight standard errors below 95 %.
inline void check_too_narrow(const char* what, const Tally& tally) {
  INFO(what << ": " << tally.held << " of " << tally.total);
  CHECK(tally.percent() < 95 - 8 * tally.error(95));
  WARN(what << ": covers " << tally.percent() << " % only");
}

}  // namespace vrp::stats::test
