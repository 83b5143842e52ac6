#pragma once
// What `vrp stats` says: the JSON document and the table for reading.
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/signal_summary.hpp"

namespace vrp {

struct PairReport {
  std::string a, b;  ///< column names
  stats::PairedComparison comparison;
};

/// AUROC(a) - AUROC(b) on the rows that have a label and both signals.
struct CompareReport {
  std::string a, b;                  ///< column names
  std::int64_t unlabelled = 0;       ///< rows without a label, not in the estimates' `invalid`
  stats::Estimate auroc_a, auroc_b;  ///< on the same rows, DeLong
  stats::Estimate difference;        ///< paired DeLong
  stats::Estimate clustered;         ///< paired Obuchowski; no p without groups
  stats::Interval bootstrap;         ///< percentile over groups, without groups over items
};

struct StatsReport {
  std::string table, label, group, type;  ///< path and column names; group, type "" = not given
  std::int64_t rows = 0, unlabelled = 0;  ///< rows of the table; those without a label
  std::int64_t groups = 0;                ///< groups among the rows with a label
  stats::Estimate accuracy;               ///< of the label, Wilson
  std::int64_t replicates = 0;
  std::uint64_t seed = 0;
  std::vector<stats::SignalSummary> signals;
  std::optional<CompareReport> compare;
  std::optional<PairReport> pair;
};

/// {"n", "groups", "signals": [{"name", "n", "auroc", "auroc_within_type", "r"}], "compare",
/// "pair"}. A number that is not defined is null; its object then has a "reason". Remarks are in
/// "flags". "cluster" of auroc, r and compare: {"low", "high", "p", "se", "df", "method"} over
/// groups, null without groups.
Json stats_json(const StatsReport& report);

void print_stats(std::ostream& out, const StatsReport& report);

}  // namespace vrp
