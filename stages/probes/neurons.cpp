#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "stages/probes/sparse.hpp"

namespace vrp {

std::vector<NeuronRow> rank_neurons(const SparseFit& fit, std::int64_t layer, std::int64_t fold,
                                    bool by_delta, std::int64_t kept) {
  std::vector<NeuronRow> rows;
  const std::size_t d = fit.weight.size();
  const auto add = [&](const char* kind, const std::function<bool(std::size_t)>& belongs,
                       const std::function<double(std::size_t)>& first,
                       const std::function<double(std::size_t)>& second) {
    std::vector<std::size_t> order;
    for (std::size_t j = 0; j < d; ++j)
      if (belongs(j)) order.push_back(j);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return first(a) != first(b) ? first(a) > first(b) : second(a) > second(b);
    });
    if (order.size() > static_cast<std::size_t>(kept)) order.resize(static_cast<std::size_t>(kept));
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      const std::size_t j = order[rank];
      rows.push_back({layer, fold, kind, static_cast<std::int64_t>(rank),
                      static_cast<std::int64_t>(j), fit.weight[j], fit.delta[j], fit.mean[j]});
    }
  };
  const std::vector<double>& value = by_delta ? fit.delta : fit.weight;
  add(
      "success", [&](std::size_t j) { return value[j] > 0; },
      [&](std::size_t j) { return value[j]; }, [](std::size_t) { return 0.0; });
  add(
      "failure", [&](std::size_t j) { return value[j] < 0; },
      [&](std::size_t j) { return -value[j]; }, [](std::size_t) { return 0.0; });
  add(
      "ranked", [](std::size_t) { return true; }, [&](std::size_t j) { return std::abs(value[j]); },
      [&](std::size_t j) { return std::abs(fit.delta[j]); });
  return rows;
}

std::vector<DeltaBinRow> delta_histogram(const std::vector<double>& delta, std::int64_t layer,
                                         int bins) {
  std::vector<DeltaBinRow> rows;
  if (delta.empty()) return rows;
  const auto [low, high] = std::minmax_element(delta.begin(), delta.end());
  const double width = (*high - *low) / bins;
  for (int b = 0; b < bins; ++b)
    rows.push_back({layer, *low + b * width, b + 1 == bins ? *high : *low + (b + 1) * width, 0});
  for (const double value : delta) {
    const auto bin = width > 0 ? static_cast<int>((value - *low) / width) : 0;
    ++rows[static_cast<std::size_t>(std::min(bin, bins - 1))].count;
  }
  return rows;
}

}  // namespace vrp
