#include "pipeline/stats/multiplicity.hpp"

#include <algorithm>

namespace vrp::stats {
namespace {

// Places of the p that are there, smallest first.
std::vector<std::size_t> order_of(std::span<const std::optional<double>> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i]) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return *p[a] < *p[b]; });
  return order;
}

}  // namespace

PValues holm(std::span<const std::optional<double>> p) {
  const std::vector<std::size_t> order = order_of(p);
  PValues out(p.size());
  double running = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    running = std::max(running, static_cast<double>(order.size() - k) * *p[order[k]]);
    out[order[k]] = std::min(1.0, running);
  }
  return out;
}

PValues benjamini_hochberg(std::span<const std::optional<double>> p) {
  const std::vector<std::size_t> order = order_of(p);
  const double m = static_cast<double>(order.size());
  PValues out(p.size());
  double running = 1;
  for (std::size_t k = order.size(); k-- > 0;) {
    running = std::min(running, m * *p[order[k]] / static_cast<double>(k + 1));
    out[order[k]] = running;
  }
  return out;
}

}  // namespace vrp::stats
