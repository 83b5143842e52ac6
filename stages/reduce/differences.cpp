#include "stages/reduce/differences.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/families.hpp"
#include "stages/reduce/intervals.hpp"
#include "stages/reduce/signal_tests.hpp"

namespace vrp {
namespace {

struct Pair {
  std::size_t a, b;                   ///< of the table's signals
  std::optional<std::size_t> masked;  ///< first of two columns of the analysis of common items
};

std::optional<std::size_t> place_of(const std::vector<SignalColumn>& signals,
                                    const std::string& name) {
  for (std::size_t i = 0; i < signals.size(); ++i)
    if (signals[i].name == name) return i;
  return std::nullopt;
}

/// True when both are defined on the same labelled items.
bool same_items(const ComparedSignals& table, const Pair& pair) {
  const auto& a = table.signals[pair.a].value;
  const auto& b = table.signals[pair.b].value;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (table.labels[i] != stats::kNoLabel && std::isnan(a[i]) != std::isnan(b[i])) return false;
  return true;
}

std::vector<double> where_defined(std::vector<double> values, const std::vector<double>& other) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isnan(other[i])) values[i] = kUndefined;
  return values;
}

double turned(double auroc, int orientation) { return orientation < 0 ? 1 - auroc : auroc; }

/// Replicates of the difference of oriented AUROCs.
std::vector<double> differences_of(const std::vector<stats::SignalReplicates>& all, std::size_t a,
                                   std::size_t b, int sign_a, int sign_b) {
  std::vector<double> out(all[a].auroc.size());
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = turned(all[a].auroc[k], sign_a) - turned(all[b].auroc[k], sign_b);
  return out;
}

void count(const ComparedSignals& table, const std::vector<double>& values, DifferenceRow& row) {
  StatRow counted;
  count_rows(table.cell, values, table.labels, counted);
  row.n = counted.n;
  row.correct = counted.correct;
  row.invalid = counted.invalid;
  row.failed = counted.failed;
  row.unlabelled = counted.unlabelled;
  row.undefined = counted.undefined;
  row.groups = counted.groups;
}

DifferenceRow difference_row(const ComparedSignals& table, const Pair& pair,
                             const stats::Replicates& replicates, std::size_t a, std::size_t b,
                             const ReduceParams& params, const Draws& draws) {
  const SignalColumn &of_a = table.signals[pair.a], &of_b = table.signals[pair.b];
  DifferenceRow row;
  row.model = table.cell.model;
  row.benchmark = table.cell.benchmark;
  row.signal_a = of_a.name;
  row.signal_b = of_b.name;
  row.label = table.label_name;
  row.orientation_a = of_a.orientation;
  row.orientation_b = of_b.orientation;
  row.seed = static_cast<std::int64_t>(draws.seed());
  row.method =
      "AUROC of a minus AUROC of b, each in its declared orientation (raw where none is declared), "
      "on the items where both are defined";
  const std::vector<double> x = where_defined(oriented(of_a), of_b.value);
  const std::vector<double> y = where_defined(oriented(of_b), of_a.value);
  count(table, x, row);
  const auto auroc = [&](const std::vector<double>& values) {
    return stats::auroc(values, table.labels, params.level).value.value_or(kUndefined);
  };
  row.auroc_a = auroc(x);
  row.auroc_b = auroc(y);
  StatRow tested;
  set_test(tested, difference_test(x, y, table.labels, table.group, params.level), params);
  row.estimate = tested.estimate;
  row.p = tested.p;
  row.p_item = tested.p_item;
  row.se = tested.se;
  row.detectable = tested.detectable;
  row.design_effect = tested.design_effect;
  row.test = tested.test;
  const auto& all = table.group.empty() ? replicates.items : replicates.groups;
  const stats::Interval interval =
      stats::percentile_interval(differences_of(all, a, b, of_a.orientation, of_b.orientation),
                                 table.group.empty() ? "items" : "groups", params.level);
  row.low = interval.low.value_or(kUndefined);
  row.high = interval.high.value_or(kUndefined);
  row.interval = interval.method;
  row.replicates = interval.replicates;
  row.skipped = interval.skipped;
  add_flags(tested, interval.flags);
  row.flags = tested.flags;
  row.note = tested.note;
  if (of_a.needs_reference || of_b.needs_reference)
    row.flags += (row.flags.empty() ? "" : ",") + std::string(kNeedsReference);
  return row;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& declared_differences() {
  static const auto kPairs = [] {
    std::vector<std::pair<std::string, std::string>> pairs;
    const auto add = [&](const std::string& a, const std::string& b) {
      const bool known = std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
        return (pair.first == a && pair.second == b) || (pair.first == b && pair.second == a);
      });
      if (a != b && !known) pairs.emplace_back(a, b);
    };
    for (const char* baseline : {"s_sc", "confidence"})
      for (const char* signal : kPrimarySignals) add(signal, baseline);
    add("hidden_probe", "fusion");
    add("top2_last", "confidence");
    return pairs;
  }();
  return kPairs;
}

std::vector<DifferenceRow> difference_rows(const ComparedSignals& table,
                                           const stats::Replicates& replicates,
                                           const stats::AnalysisOptions& options,
                                           const ReduceParams& params, const Draws& draws) {
  std::vector<Pair> pairs;
  stats::Columns common;
  common.label = table.labels;
  common.group = table.group;
  for (const auto& [a, b] : declared_differences()) {
    const auto of_a = place_of(table.signals, a), of_b = place_of(table.signals, b);
    if (!of_a || !of_b) continue;
    Pair pair{*of_a, *of_b, std::nullopt};
    if (!same_items(table, pair)) {
      pair.masked = common.signals.size();
      const auto &x = table.signals[pair.a].value, &y = table.signals[pair.b].value;
      common.signals.push_back({a, where_defined(x, y)});
      common.signals.push_back({b, where_defined(y, x)});
    }
    pairs.push_back(pair);
  }
  stats::Replicates of_common;
  if (!common.signals.empty())
    of_common = signal_replicates(stats::Analysis(std::move(common), options),
                                  options.purpose + "/differences", params.replicates, draws);
  std::vector<DifferenceRow> rows;
  if (draws.only_block()) return rows;
  for (const Pair& pair : pairs)
    rows.push_back(
        pair.masked
            ? difference_row(table, pair, of_common, *pair.masked, *pair.masked + 1, params, draws)
            : difference_row(table, pair, replicates, pair.a, pair.b, params, draws));
  return rows;
}

}  // namespace vrp
