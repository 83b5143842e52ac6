#include "stages/interventions/masks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

using Cells = std::vector<std::int64_t>;

Rng rng_of(const MaskItem& item, const char* purpose) {
  return Rng(item.seed, "interventions", item.model, item.key, purpose);
}

/// The n best cells by `better`, the lower index on ties.
template <class Better>
Cells best(const std::vector<double>& scores, std::int64_t n, Better better) {
  Cells order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return better(scores[static_cast<std::size_t>(a)], scores[static_cast<std::size_t>(b)]);
  });
  order.resize(static_cast<std::size_t>(n));
  return order;
}

Cells block(const MaskItem& item, std::int64_t n) {
  const std::int64_t rows = item.grid.rows, cols = item.grid.cols;
  Cells widths, square;
  for (std::int64_t w = (n + rows - 1) / rows; w <= std::min(cols, n); ++w) {
    const std::int64_t h = (n + w - 1) / w;
    widths.push_back(w);
    if (w <= 2 * h && h <= 2 * w) square.push_back(w);
  }
  if (!square.empty()) widths = square;
  const Rng rng = rng_of(item, "mask block");
  const std::int64_t w =
      widths[static_cast<std::size_t>(rng.below(static_cast<std::uint64_t>(widths.size()), 0))];
  const std::int64_t h = (n + w - 1) / w;
  const auto top =
      static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(rows - h + 1), 1));
  const auto left =
      static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(cols - w + 1), 2));
  Cells cells;
  for (std::int64_t i = 0; i < n; ++i) cells.push_back((top + i / w) * cols + left + i % w);
  return cells;
}

Cells cells_where(const std::vector<std::uint8_t>& region, bool inside) {
  Cells cells;
  for (std::size_t s = 0; s < region.size(); ++s) {
    if ((region[s] != 0) == inside) cells.push_back(static_cast<std::int64_t>(s));
  }
  return cells;
}

Cells outside(const MaskItem& item) {
  const Cells inside = cells_where(item.region, true), others = cells_where(item.region, false);
  if (others.size() < inside.size()) return {};
  Cells cells;
  for (const std::int64_t i : draw_without_replacement(rng_of(item, "mask outside"), 0,
                                                       std::ssize(others), std::ssize(inside))) {
    cells.push_back(others[static_cast<std::size_t>(i)]);
  }
  return cells;
}

Cells choose(const PlannedCondition& condition, const MaskItem& item) {
  const std::int64_t size = item.grid.cells();
  const auto n = static_cast<std::int64_t>(std::floor(item.share * static_cast<double>(size)));
  const std::string& target = condition.target;
  if (target == "region") return cells_where(item.region, true);
  if (target == "outside") return outside(item);
  if (n < 1) return {};
  if (target == "random") {
    return draw_without_replacement(rng_of(item, "mask random"),
                                    static_cast<std::uint64_t>(condition.draw), size, n);
  }
  if (target == "block") return block(item, n);
  if (item.scores.empty()) return {};
  if (target == "high") return best(item.scores, n, std::greater<double>());
  if (target == "low") return best(item.scores, n, std::less<double>());
  throw Error(ExitCode::internal, "mask target '" + target + "' is not known");
}

}  // namespace

std::vector<std::int64_t> draw_without_replacement(const Rng& rng, std::uint64_t draw,
                                                   std::int64_t size, std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t k = 0; k < count; ++k) {
    const auto j =
        rng.below(static_cast<std::uint64_t>(size - k), draw, static_cast<std::uint64_t>(k));
    std::swap(order[static_cast<std::size_t>(k)],
              order[static_cast<std::size_t>(k) + static_cast<std::size_t>(j)]);
  }
  order.resize(static_cast<std::size_t>(count));
  return order;
}

std::optional<std::vector<std::int64_t>> mask_of(const PlannedCondition& condition,
                                                 const MaskItem& item) {
  Cells cells = choose(condition, item);
  if (cells.empty()) return std::nullopt;
  std::ranges::sort(cells);
  return cells;
}

}  // namespace vrp
