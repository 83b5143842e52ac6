#include "stages/reduce/signal_tests.hpp"

#include <cmath>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/correlation.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/intervals.hpp"
#include "stages/reduce/table.hpp"

namespace vrp {
namespace {

constexpr double kEquivalenceAlpha = 0.05;

/// Every row a cluster of its own.
std::vector<std::int32_t> each_alone(std::size_t rows) {
  std::vector<std::int32_t> out(rows);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

std::optional<double> variance_ratio(const stats::Estimate& clustered,
                                     const stats::Estimate& alone) {
  if (!clustered.se || !alone.se || !(*alone.se > 0)) return std::nullopt;
  return (*clustered.se / *alone.se) * (*clustered.se / *alone.se);
}

}  // namespace

bool TestPair::by_cluster(const ReduceParams& params) const {
  return params.tests == "cluster" && !clustered.flags.has(stats::Flag::not_given);
}

const stats::Estimate& TestPair::tested(const ReduceParams& params) const {
  return by_cluster(params) ? clustered : item;
}

const char* TestPair::test(const ReduceParams& params) const {
  return by_cluster(params) ? clustered_test : item_test;
}

TestPair r_test(stats::Values x, stats::Labels y, stats::Groups group, double level) {
  TestPair out;
  out.item_test = "R = 0, t-test, items taken as independent";
  out.clustered_test =
      "R = 0, cluster-robust (Liang and Zeger 1986), images as clusters, t with G-1 df";
  out.item = stats::point_biserial(x, y, level);
  const double r = out.item.value.value_or(kUndefined);
  if (out.item.p && out.item.n > 2 && std::abs(r) < 1)
    out.item.se = std::sqrt((1 - r * r) / static_cast<double>(out.item.n - 2));
  out.clustered = stats::point_biserial_clustered(x, y, group, level);
  if (group.empty()) return out;
  out.design_effect = variance_ratio(
      out.clustered, stats::point_biserial_clustered(x, y, each_alone(x.size()), level));
  return out;
}

TestPair auroc_test(stats::Values x, stats::Labels y, stats::Groups group, double level) {
  TestPair out;
  out.item_test = "AUROC = 0.5, DeLong, items taken as independent";
  out.clustered_test =
      "AUROC = 0.5, cluster-robust (Obuchowski 1997), images as clusters, t with G-1 df";
  out.item = stats::auroc(x, y, level);
  out.clustered = stats::auroc_clustered(x, y, group, level);
  out.design_effect = variance_ratio(out.clustered, out.item);
  return out;
}

TestPair difference_test(stats::Values a, stats::Values b, stats::Labels y, stats::Groups group,
                         double level) {
  TestPair out;
  out.item_test = "equal AUROC, paired DeLong, items taken as independent";
  out.clustered_test =
      "equal AUROC, paired, cluster-robust (Obuchowski 1997), images as clusters, t with G-1 df";
  out.item = stats::auroc_difference(a, b, y, level);
  out.clustered = stats::auroc_difference_clustered(a, b, y, group, level);
  out.design_effect = variance_ratio(out.clustered, out.item);
  return out;
}

void set_test(StatRow& row, const TestPair& pair, const ReduceParams& params) {
  const stats::Estimate& tested = pair.tested(params);
  set_estimate(row, pair.item);
  row.p_item = pair.item.p.value_or(kUndefined);
  row.p = tested.p.value_or(kUndefined);
  add_flags(row, tested.flags);
  row.se = tested.se.value_or(kUndefined);
  if (tested.se) row.detectable = stats::minimum_detectable(*tested.se).value_or(kUndefined);
  row.design_effect = pair.design_effect.value_or(kUndefined);
  row.test = pair.test(params);
}

void set_equivalence(StatRow& row, const TestPair& r, const ReduceParams& params) {
  const stats::Estimate item = stats::equivalence_r(r.item, params.equivalence, kEquivalenceAlpha);
  const bool clustered = r.by_cluster(params);
  const stats::Estimate tost =
      clustered ? stats::equivalence_r_clustered(r.clustered, params.equivalence, kEquivalenceAlpha)
                : item;
  set_estimate(row, tost);
  row.p_item = item.p.value_or(kUndefined);
  row.low = tost.low.value_or(kUndefined);
  row.high = tost.high.value_or(kUndefined);
  row.interval = clustered ? "90 % Fisher, cluster-robust" : "90 % Fisher";
  row.test = concat("|R| >= ", number_text(params.equivalence), ", two one-sided tests, ",
                    clustered ? "cluster-robust, images as clusters, t with G-1 df"
                              : "items taken as independent");
  row.method = "a small p says that R is near zero";
}

std::vector<std::int32_t> test_groups(const CellColumns& cell,
                                      const std::vector<std::int8_t>& labels,
                                      const ReduceParams& params) {
  return draws_groups(cell, labels, params) ? stats::number_texts(cell.group)
                                            : std::vector<std::int32_t>();
}

}  // namespace vrp
