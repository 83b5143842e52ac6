#pragma once
// Adjusted p over a family of tests. Absent p (undefined statistics) stay absent and do not count
// in the family's size.
#include <optional>
#include <span>
#include <vector>

namespace vrp::stats {

using PValues = std::vector<std::optional<double>>;

/// Holm's step-down: running maximum of (m - k) p_(k), k = 0.., at most 1. Order of input kept.
PValues holm(std::span<const std::optional<double>> p);
/// Benjamini-Hochberg's step-up: running minimum from the largest of m p_(k) / (k+1), at most 1.
PValues benjamini_hochberg(std::span<const std::optional<double>> p);

}  // namespace vrp::stats
