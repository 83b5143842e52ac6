#pragma once
// Tests of a signal in closed form, without the bootstrap: R against 0, AUROC against 0.5, and the
// difference of two AUROCs. Each with items taken as independent and with images as clusters.
#include <optional>
#include <string>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// One statistic under both views of the items.
struct TestPair {
  stats::Estimate item;       ///< items independent; `se` is set where p is
  stats::Estimate clustered;  ///< images as clusters; without groups no p (flag not_given)
  std::optional<double> design_effect;  ///< clustered variance / the same with items as clusters
  const char* item_test = "";
  const char* clustered_test = "";

  /// True when the clustered p is the one to print: groups were given and params.tests says so.
  bool by_cluster(const ReduceParams& params) const;
  const stats::Estimate& tested(const ReduceParams& params) const;
  const char* test(const ReduceParams& params) const;
};

// x, y, a, b: [N] as in stats::Columns. group: [N], or empty where the bootstrap draws items.
TestPair r_test(stats::Values x, stats::Labels y, stats::Groups group, double level);
TestPair auroc_test(stats::Values x, stats::Labels y, stats::Groups group, double level);
TestPair difference_test(stats::Values a, stats::Values b, stats::Labels y, stats::Groups group,
                         double level);

/// Estimate, p, p_item, se, detectable, design_effect, test, flags and note of a row.
void set_test(StatRow& row, const TestPair& pair, const ReduceParams& params);

/// The row of the two one-sided tests that |R| < params.equivalence, from the test of R; `row`
/// holds names and counts.
void set_equivalence(StatRow& row, const TestPair& r, const ReduceParams& params);

/// Numbers of the groups that tests and bootstrap use; empty when items are drawn (draws_groups).
std::vector<std::int32_t> test_groups(const CellColumns& cell,
                                      const std::vector<std::int8_t>& labels,
                                      const ReduceParams& params);

}  // namespace vrp
