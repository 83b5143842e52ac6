#include <initializer_list>
#include <utility>

#include "pipeline/base/text.hpp"
#include "pipeline/control/stats_report.hpp"

namespace vrp {
namespace {

using stats::Flags;
using stats::Interval;
using Number = std::optional<double>;

// {"key": number or null, ...}, "flags" when there are any and "reason" when a number is missing.
Json numbers(std::initializer_list<std::pair<const char*, Number>> entries, Flags flags) {
  Json out = Json::object();
  bool missing = false;
  for (const auto& [key, value] : entries) {
    out[key] = value ? Json(*value) : Json(nullptr);
    missing = missing || !value;
  }
  if (missing) out["reason"] = stats::flag_reason(flags);
  if (flags.any()) out["flags"] = stats::flag_names(flags);
  return out;
}

// Interval and p over groups; null without groups.
Json cluster_json(const stats::Estimate& e) {
  if (e.flags.has(stats::Flag::not_given)) return nullptr;
  Json out =
      numbers({{"low", e.low}, {"high", e.high}, {"p", e.p}, {"se", e.se}, {"df", e.df}}, e.flags);
  out["method"] = e.method;
  return out;
}

Json signal_json(const stats::SignalSummary& row) {
  const Interval& auroc = row.auroc_intervals.item_bca;
  const Interval& cluster = row.auroc_intervals.group_percentile;
  const Interval& within = row.within_intervals.item_bca;
  const Interval& r = row.r_intervals.item_bca;
  const Number no_number;
  const bool typed = !row.within.estimate.flags.has(stats::Flag::not_given);
  Json out;
  out["name"] = row.name;
  out["n"] = row.n;
  out["auroc"] = numbers({{"estimate", row.auroc.value},
                          {"low", auroc.low},
                          {"high", auroc.high},
                          {"low_cluster", cluster.low},
                          {"high_cluster", cluster.high},
                          {"p", row.auroc.p}},
                         row.auroc.flags | auroc.flags | cluster.flags);
  out["auroc"]["cluster"] = cluster_json(row.auroc_clustered);
  out["auroc_within_type"] =
      numbers({{"estimate", row.within.estimate.value}, {"low", within.low}, {"high", within.high}},
              row.within.estimate.flags | within.flags);
  out["auroc_within_type"]["pairs"] = typed ? Json(row.within.pairs) : Json(nullptr);
  out["r"] = numbers({{"estimate", row.r.value},
                      {"p", row.r.p},
                      {"fisher_low", row.r.low},
                      {"fisher_high", row.r.high},
                      {"low", r.low},
                      {"high", r.high}},
                     row.r.flags | r.flags);
  out["r"]["cluster"] = cluster_json(row.r_clustered);
  return out;
}

Json compare_json(const CompareReport& compare) {
  const stats::Estimate& d = compare.difference;
  Json out = numbers({{"auroc_a", compare.auroc_a.value},
                      {"auroc_b", compare.auroc_b.value},
                      {"difference", d.value},
                      {"low", d.low},
                      {"high", d.high},
                      {"p", d.p},
                      {"se", d.se},
                      {"low_bootstrap", compare.bootstrap.low},
                      {"high_bootstrap", compare.bootstrap.high}},
                     d.flags | compare.bootstrap.flags);
  out["columns"] = {compare.a, compare.b};
  out["n"] = d.n;
  out["invalid"] = d.invalid + compare.unlabelled;
  out["method"] = d.method;
  out["bootstrap"] = compare.bootstrap.method;
  out["cluster"] = cluster_json(compare.clustered);
  return out;
}

Json pair_json(const PairReport& pair) {
  const stats::PairedComparison& c = pair.comparison;
  Json out = numbers({{"difference_pp", c.difference_pp.value},
                      {"low", c.interval_items.low},
                      {"high", c.interval_items.high},
                      {"low_cluster", c.interval_groups.low},
                      {"high_cluster", c.interval_groups.high},
                      {"p", c.difference_pp.p}},
                     c.difference_pp.flags | c.interval_items.flags | c.interval_groups.flags);
  out["columns"] = {pair.a, pair.b};
  out["n"] = c.n;
  out["b"] = c.only_a;
  out["c"] = c.only_b;
  return out;
}

}  // namespace

Json stats_json(const StatsReport& report) {
  Json out;
  out["n"] = report.rows;
  out["groups"] = report.group.empty() ? Json(nullptr) : Json(report.groups);
  out["signals"] = Json::array();
  for (const stats::SignalSummary& row : report.signals) out["signals"].push_back(signal_json(row));
  if (report.compare) out["compare"] = compare_json(*report.compare);
  if (report.pair) out["pair"] = pair_json(*report.pair);
  return out;
}

}  // namespace vrp
