#include "pipeline/stats/placements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vrp::stats {

Placements placements(Values x, Labels y) {
  Placements out{used_rows(x, y), {}, false, {}};
  const std::vector<std::uint32_t> no_units(out.used.x.size(), 0);
  const RankPlan plan = make_rank_plan(out.used.x, out.used.y, {}, no_units);
  const std::vector<std::uint64_t> twice = twice_placements(plan);
  out.sum = rank_sum(plan);
  out.varies = plan.varies;
  out.twice_wins.resize(twice.size());
  for (std::size_t k = 0; k < twice.size(); ++k) {
    out.twice_wins[static_cast<std::size_t>(plan.entry[k])] = static_cast<double>(twice[k]);
  }
  return out;
}

bool set_auroc(const Placements& rows, Estimate& out) {
  out.n = rows.used.size();
  out.invalid = rows.used.invalid;
  if (out.n == 0) {
    out.flags |= Flag::empty;
  } else if (rows.used.positives == 0 || rows.used.positives == out.n) {
    out.flags |= Flag::single_class;
  } else {
    out.value = rows.sum.auroc();
    if (!rows.varies) out.flags |= Flag::constant;
  }
  return out.value && !out.flags.any();
}

std::pair<Placements, Placements> paired_placements(Values a, Values b, Labels y) {
  std::vector<double> first(a.begin(), a.end());
  std::vector<double> second(b.begin(), b.end());
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
    if (std::isnan(first[i]) || std::isnan(second[i])) first[i] = second[i] = kNaN;
  }
  return {placements(first, y), placements(second, y)};
}

bool set_auroc_difference(const Placements& a, const Placements& b, Estimate& out) {
  Estimate other;
  set_auroc(a, out);
  set_auroc(b, other);
  out.flags |= other.flags;
  if (!out.value || !other.value) {
    out.value.reset();
    return false;
  }
  *out.value -= *other.value;
  return true;
}

}  // namespace vrp::stats
