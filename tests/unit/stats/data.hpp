#pragma once
// Made-up columns for the statistics tests, from keyed random numbers: the same on every machine.
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "pipeline/base/rng.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/signal_summary.hpp"

namespace vrp::stats::test {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Draws that depend on (name, a, b) alone.
class Draws {
 public:
  explicit Draws(std::string_view name) : rng_(1, name) {}
  double uniform(std::uint64_t a, std::uint64_t b = 0) const { return rng_.uniform(a, b); }
  double normal(std::uint64_t a, std::uint64_t b = 0) const {
    return normal_quantile(std::max(1e-300, rng_.uniform(a, b)));
  }
  bool chance(double p, std::uint64_t a, std::uint64_t b = 0) const { return uniform(a, b) < p; }

 private:
  Rng rng_;
};

/// n rows in groups of three and four types; signals: continuous, tied (multiples of 1/4), with
/// missing values, constant.
inline Columns example(std::size_t n) {
  const Draws y("y"), x("x"), gone("gone");
  Columns out;
  out.signals = {{"continuous", {}}, {"tied", {}}, {"missing", {}}, {"constant", {}}};
  for (std::size_t i = 0; i < n; ++i) {
    out.label.push_back(y.chance(0.3 + 0.1 * static_cast<double>(i % 4), i) ? 1 : 0);
    out.group.push_back(static_cast<std::int32_t>(i / 3));
    out.type.push_back(static_cast<std::int32_t>(i % 4));
    const double value = x.normal(i) + 0.5 * out.label.back();
    out.signals[0].values.push_back(value);
    out.signals[1].values.push_back(std::round(4 * value) / 4);
    out.signals[2].values.push_back(gone.chance(0.2, i) ? kNaN : 1e6 + 1e-3 * value);
    out.signals[3].values.push_back(2.5);
  }
  return out;
}

}  // namespace vrp::stats::test
