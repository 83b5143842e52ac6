#pragma once
// Synthetic cells for the probes: states with planted signals, keyed random numbers.
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "pipeline/base/rng.hpp"
#include "stages/probes/cell_items.hpp"
#include "stages/probes/features.hpp"

namespace vrp::testing {

/// Standard normal number, a function of (rng, a, b).
inline double normal(const Rng& rng, std::uint64_t a, std::uint64_t b) {
  const double u = 1 - rng.uniform(a, 2 * b), v = rng.uniform(a, 2 * b + 1);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

/// n items, `per_image` to an image, two question types in turn; y with P(1) = share.
inline CellItems random_items(std::size_t n, std::size_t per_image, double share,
                              std::uint64_t seed = 3) {
  const Rng rng(seed, "items");
  CellItems items;
  items.benchmark = "planted";
  items.seed = seed;
  items.types = 2;
  for (std::size_t i = 0; i < n; ++i) {
    items.y.push_back(rng.uniform(i) < share ? 1 : 0);
    items.group.push_back("image-" + std::to_string(i / per_image));
    items.type.push_back(static_cast<std::int32_t>(i % 2));
    items.prompt_tokens.push_back(20 + std::floor(8 * rng.uniform(i, 1)));
  }
  return items;
}

/// Correlated normal features of one layer, [n, width], columns of very different size; column j
/// moves by `effect[j]` (in its own units, 0 beyond the end) with the label.
inline void fill_layer(FeatureSource& source, std::size_t layer, const CellItems& items,
                       const std::vector<double>& effect, std::uint64_t seed) {
  const Rng rng(seed, "features");
  const auto width = static_cast<std::size_t>(source.width(layer));
  std::vector<float> row(width);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double common = normal(rng, i, 1000003);
    for (std::size_t j = 0; j < width; ++j) {
      const double sign = items.y[i] == 1 ? 1 : -1;
      const double x =
          normal(rng, i, j) + 0.5 * common + (j < effect.size() ? effect[j] * sign : 0);
      row[j] = static_cast<float>(x * std::pow(10.0, static_cast<double>(j % 5) - 2) +
                                  static_cast<double>(j % 3));
    }
    source.set_row(layer, i, row);
  }
}

}  // namespace vrp::testing
