#include "stages/reduce/effects.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/means_bootstrap.hpp"

namespace vrp {
namespace {

constexpr double kBothPowers = 2.8015852181129914;  // z_0.975 + z_0.8

/// A condition with all its draws.
struct Drawn {
  const EffectCondition* first = nullptr;
  std::vector<const EffectCondition*> draws;
  std::vector<double> y, margin, changed;  ///< [N] mean over the draws that are defined
  std::vector<std::int8_t> state;          ///< [N] 0 used, 1 failed, 2 unlabelled, 3 undefined
};

double label_value(const EffectCondition& condition, std::size_t i) {
  return condition.y[i] < 0 ? kUndefined : static_cast<double>(condition.y[i]);
}

Drawn combine(const EffectColumns& cell, std::vector<const EffectCondition*> draws) {
  Drawn out;
  out.first = draws.front();
  out.draws = std::move(draws);
  for (std::size_t i = 0; i < cell.key.size(); ++i) {
    std::vector<double> y, margin, changed;
    bool all_undefined = true;
    for (const EffectCondition* draw : out.draws) {
      y.push_back(label_value(*draw, i));
      margin.push_back(draw->margin[i]);
      changed.push_back(draw->changed[i]);
      all_undefined = all_undefined && draw->undefined[i] != 0;
    }
    out.y.push_back(mean_of(y));
    out.margin.push_back(mean_of(margin));
    out.changed.push_back(mean_of(changed));
    out.state.push_back(cell.failed[i]             ? std::int8_t{1}
                        : all_undefined            ? std::int8_t{3}
                        : std::isnan(out.y.back()) ? std::int8_t{2}
                                                   : std::int8_t{0});
  }
  return out;
}

/// Conditions in the order of their first draw.
std::vector<Drawn> combine_draws(const EffectColumns& cell) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<const EffectCondition*>> draws;
  for (const EffectCondition& condition : cell.conditions) {
    auto& list = draws[condition.group];
    if (list.empty()) order.push_back(condition.group);
    list.push_back(&condition);
  }
  std::vector<Drawn> out;
  for (const std::string& name : order) {
    auto& list = draws[name];
    if (list.size() > 1 && list.front()->draw < 0)
      fail(cell.model, "/", cell.benchmark, ": conditions '", list[0]->name, "' and '",
           list[1]->name, "' share the name '", name, "' but are no random draws");
    out.push_back(combine(cell, list));
  }
  return out;
}

/// A comparison to make: condition minus `against`, on the items of a type ("" = all).
struct Comparison {
  const Drawn *condition, *against;
  std::string type;
};

std::vector<double> paired(const EffectColumns& cell, const Comparison& c,
                           const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out = difference(a, b);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!c.type.empty() && cell.type[i] != c.type) out[i] = kUndefined;
  return out;
}

bool same_site(const EffectCondition& a, const EffectCondition& b) {
  const bool same_value = a.value == b.value || (std::isnan(a.value) && std::isnan(b.value));
  return a.family == b.family && a.operation == b.operation && a.layer == b.layer &&
         a.count == b.count && a.scope == b.scope && same_value;
}

std::vector<Comparison> comparisons(const EffectColumns& cell, const std::vector<Drawn>& drawn,
                                    bool by_type) {
  std::vector<Comparison> out;
  const Drawn& baseline = drawn.front();
  for (const Drawn& condition : drawn) out.push_back({&condition, &baseline, ""});
  constexpr const char* kPairs[][2] = {
      {"high", "random"}, {"high", "low"}, {"region", "outside"}, {"top", "random"}};
  for (const auto& [target, control] : kPairs)
    for (const Drawn& a : drawn)
      for (const Drawn& b : drawn)
        if (a.first->target == target && b.first->target == control &&
            same_site(*a.first, *b.first))
          out.push_back({&a, &b, ""});
  if (by_type)
    for (const std::string& type : std::set<std::string>(cell.type.begin(), cell.type.end()))
      for (const Drawn& condition : drawn)
        if (!type.empty()) out.push_back({&condition, &baseline, type});
  return out;
}

void count_items(const EffectColumns& cell, const Comparison& c, const std::vector<double>& delta,
                 EffectRow& row) {
  std::set<std::string_view> groups;
  for (std::size_t i = 0; i < cell.key.size(); ++i) {
    if (!c.type.empty() && cell.type[i] != c.type) continue;
    ++row.items;
    const std::int8_t state = std::max(c.condition->state[i], c.against->state[i]);
    if (!std::isnan(delta[i])) {
      ++row.n;
      groups.insert(cell.group[i]);
    } else if (cell.failed[i]) {
      ++row.failed;
    } else if (state == 3) {
      ++row.undefined;
    } else {
      ++row.unlabelled;
    }
  }
  row.invalid = row.failed + row.unlabelled + row.undefined;
  row.groups = static_cast<std::int64_t>(groups.size());
}

/// Flips over all pairs of a draw of one side and a draw of the other, mean over pairs.
void count_flips(const Comparison& c, const std::vector<double>& delta, EffectRow& row) {
  row.lost = row.gained = 0;
  const double pairs = static_cast<double>(c.condition->draws.size() * c.against->draws.size());
  for (std::size_t i = 0; i < delta.size(); ++i) {
    if (std::isnan(delta[i])) continue;
    for (const EffectCondition* a : c.condition->draws)
      for (const EffectCondition* b : c.against->draws) {
        row.lost += a->y[i] == 0 && b->y[i] == 1 ? 1 / pairs : 0;
        row.gained += a->y[i] == 1 && b->y[i] == 0 ? 1 / pairs : 0;
      }
  }
}

/// Quantiles of the effect of single draws, in pp.
void spread_over_draws(const EffectColumns& cell, const Comparison& c, EffectRow& row) {
  std::vector<double> effects;
  const bool side = c.condition->draws.size() >= c.against->draws.size();
  for (const EffectCondition* draw : side ? c.condition->draws : c.against->draws) {
    std::vector<double> y;
    for (std::size_t i = 0; i < cell.key.size(); ++i) y.push_back(label_value(*draw, i));
    const double effect = side ? mean_of(paired(cell, c, y, c.against->y))
                               : mean_of(paired(cell, c, c.condition->y, y));
    if (!std::isnan(effect)) effects.push_back(100 * effect);
  }
  if (effects.size() < 2) return;
  std::sort(effects.begin(), effects.end());
  row.draw_low = stats::sorted_quantile(effects, 0.025);
  row.draw_high = stats::sorted_quantile(effects, 0.975);
}

/// Labels of each draw on the items that are compared.
std::vector<std::vector<double>> used_draws(const std::vector<double>& delta,
                                            const std::vector<const EffectCondition*>& draws) {
  std::vector<std::vector<double>> out;
  for (const EffectCondition* draw : draws) {
    std::vector<double> y;
    for (std::size_t i = 0; i < delta.size(); ++i)
      y.push_back(std::isnan(delta[i]) ? kUndefined : label_value(*draw, i));
    out.push_back(std::move(y));
  }
  return out;
}

/// By group: answers gained minus answers lost.
std::vector<std::int64_t> group_sums(const std::vector<double>& delta,
                                     const std::vector<std::int32_t>& group) {
  std::vector<std::int64_t> sums;
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const auto g = static_cast<std::size_t>(group[i]);
    if (g >= sums.size()) sums.resize(g + 1);
    if (!std::isnan(delta[i])) sums[g] += std::llround(delta[i]);
  }
  return sums;
}

/// `group`: number of each item's image, or empty where items are taken as independent.
void set_test(const EffectColumns& cell, const Comparison& c, const std::vector<double>& delta,
              const std::vector<std::int32_t>& group, const ReduceParams& params,
              const Draws& draws, EffectRow& row) {
  const std::size_t ours = c.condition->draws.size(), theirs = c.against->draws.size();
  if (ours == 1 && theirs == 1) {
    row.p_item = stats::mcnemar_exact_p(std::llround(row.lost), std::llround(row.gained));
    row.p = group.empty() ? row.p_item : sign_flip_p(group_sums(delta, group));
    row.test = group.empty() ? "exact McNemar, items taken as independent"
                             : "exact sign-flip of images: all changes of an image change sign "
                               "together (McNemar's test where an image has one item)";
    return;
  }
  if (!c.type.empty()) {
    row.test = "none: several draws, one question type";
    return;
  }
  // The side with one draw is the target; a condition of several draws against one other is the
  // same test with the roles turned.
  const auto a = used_draws(delta, c.condition->draws);
  const auto b = used_draws(delta, c.against->draws);
  if (ours > 1 && theirs > 1) {
    row.test = "none: both sides are means over draws";
    return;
  }
  const std::string purpose =
      concat(cell.model, "/", cell.benchmark, "/", row.condition, "/", row.against, "/exchange");
  const auto& target = theirs > 1 ? a.front() : b.front();
  const auto& others = theirs > 1 ? b : a;
  row.p_item = exchange_p(target, others, params.replicates, draws, purpose).value_or(kUndefined);
  row.p = group.empty()
              ? row.p_item
              : exchange_p(target, others, params.replicates, draws, purpose + "/groups", group)
                    .value_or(kUndefined);
  row.test = concat(
      "permutation within ", group.empty() ? "items" : "images", " over ", std::max(ours, theirs),
      " random draws and the other condition, ", params.replicates, " permutations, ",
      group.empty() ? "items taken as independent" : "all items of an image exchanged together");
}

EffectRow blank_row(const EffectColumns& cell, const Comparison& c, const ReduceParams& params,
                    const Draws& draws) {
  const EffectCondition& condition = *c.condition->first;
  EffectRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.type = c.type;
  row.condition = condition.group;
  row.against = c.against->first->group;
  row.family = condition.family;
  row.target = condition.target;
  row.operation = condition.operation;
  row.layer = condition.layer;
  row.count = condition.count;
  row.value = condition.value;
  row.scope = condition.scope;
  row.draws =
      static_cast<std::int64_t>(std::max(c.condition->draws.size(), c.against->draws.size()));
  row.seed = static_cast<std::int64_t>(draws.seed());
  row.replicates = params.replicates;
  row.method =
      "difference of accuracies on the same items; McNemar's discordant answers as lost and "
      "gained; "
      "minimum detectable: 80 % power at two-sided 0.05";
  return row;
}

void say(std::string& note, const std::string& text) { note += (note.empty() ? "" : "; ") + text; }

/// Variance of the replicates of a mean; NaN below two of them.
double variance_of(const std::vector<double>& replicates) {
  double mean = 0, squares = 0, n = 0;
  for (const double value : replicates)
    if (!std::isnan(value)) mean += value, n += 1;
  mean /= n;
  for (const double value : replicates)
    if (!std::isnan(value)) squares += (value - mean) * (value - mean);
  return n > 1 ? squares / (n - 1) : kUndefined;
}

/// How much wider the difference varies over images than over as many independent items; NaN when
/// no answer changed.
double design_effect(const std::vector<double>& delta, double over_groups) {
  const double mean = mean_of(delta), n = static_cast<double>(count_defined(delta));
  double squares = 0;
  for (const double value : delta)
    if (!std::isnan(value)) squares += (value - mean) * (value - mean);
  return squares > 0 ? over_groups / (squares / (n * n)) : kUndefined;
}

void set_power(const Comparison& c, const std::vector<double>& replicates,
               const std::vector<double>& delta, bool by_group, EffectRow& row) {
  const double variance = variance_of(replicates);
  if (by_group) row.design_effect = design_effect(delta, variance);
  row.item_pp = 100.0 / static_cast<double>(row.n);
  if (c.condition->draws.size() == 1 && c.against->draws.size() == 1) {
    bool one_way = false;
    const double discordant = (row.lost + row.gained) / static_cast<double>(row.n);
    row.mde_pp = minimum_detectable_pp(row.n, discordant, one_way);
    row.method += one_way ? ", at the fewest flips in one direction that could be found (the "
                            "observed ones are fewer)"
                          : ", at the observed share of discordant answers (Connor 1987)";
    if (row.design_effect > 0) {
      row.mde_pp *= std::sqrt(row.design_effect);
      row.method += ", times the square root of the design effect of images";
    }
    return;
  }
  row.mde_pp = 100 * kBothPowers * std::sqrt(variance);
  row.method += ", from the bootstrap standard error of the mean over draws";
  if (!(row.mde_pp > 0)) {
    row.mde_pp = kUndefined;
    say(row.note, "minimum detectable: no answer changed under any draw");
  }
}

}  // namespace

std::vector<EffectRow> effect_rows(const EffectColumns& cell, const ReduceParams& params,
                                   const Draws& draws, bool by_type) {
  std::vector<EffectRow> rows;
  if (cell.conditions.empty()) return rows;
  const std::vector<Drawn> drawn = combine_draws(cell);
  const std::vector<Comparison> all = comparisons(cell, drawn, by_type);
  std::set<std::string> groups;
  bool by_group = params.resample == "group";
  for (std::size_t i = 0; params.resample == "auto" && i < cell.key.size(); ++i)
    by_group = by_group || (!cell.failed[i] && !groups.insert(cell.group[i]).second);
  std::vector<std::int32_t> group;
  if (by_group && params.tests == "cluster") group = stats::number_texts(cell.group);
  const MeansBootstrap bootstrap(cell.group, by_group, params, draws,
                                 cell.model + "/" + cell.benchmark + "/effects");
  // One set of draws per call: columns in blocks, so that replicates of all types need not be held.
  constexpr std::size_t kBlock = 64;
  for (std::size_t first = 0; first < all.size(); first += kBlock) {
    const std::size_t last = std::min(all.size(), first + kBlock);
    std::vector<std::vector<double>> deltas;
    for (std::size_t k = first; k < last; ++k)
      deltas.push_back(paired(cell, all[k], all[k].condition->y, all[k].against->y));
    const auto replicates = bootstrap.replicates(concat("effects from ", first), deltas);
    for (std::size_t k = first; k < last; ++k) {
      const Comparison& c = all[k];
      const auto& delta = deltas[k - first];
      EffectRow row = blank_row(cell, c, params, draws);
      count_items(cell, c, delta, row);
      row.interval = bootstrap.name();
      if (row.n == 0) {
        row.note = row.items == 0 ? "no items"
                   : row.undefined > 0 && row.failed == 0 && row.unlabelled == 0
                       ? "the condition is not defined for any item"
                       : "no item has a label under both conditions";
        rows.push_back(std::move(row));
        continue;
      }
      std::vector<double> used = c.condition->y, before = c.against->y,
                          changed = c.condition->changed;
      for (std::size_t i = 0; i < used.size(); ++i)
        if (std::isnan(delta[i])) used[i] = before[i] = changed[i] = kUndefined;
      row.accuracy = mean_of(used);
      row.accuracy_against = mean_of(before);
      row.changed = mean_of(changed);
      row.delta_pp = 100 * mean_of(delta);
      const MeanLimits limits = bootstrap.limits(replicates[k - first]);
      row.low = 100 * limits.low;
      row.high = 100 * limits.high;
      count_flips(c, delta, row);
      const std::vector<double> margins = paired(cell, c, c.condition->margin, c.against->margin);
      row.n_margin = count_defined(margins);
      row.margin_change = mean_of(margins);
      if (row.n_margin == 0) say(row.note, "margin: no item has one");
      if (c.condition == c.against) {  // the baseline itself: its accuracy, nothing to test
        row.test = "none: this is the baseline";
        row.item_pp = 100.0 / static_cast<double>(row.n);
      } else {
        if (row.draws > 1) spread_over_draws(cell, c, row);
        set_test(cell, c, delta, group, params, draws, row);
        set_power(c, replicates[k - first], delta, !group.empty(), row);
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace vrp
