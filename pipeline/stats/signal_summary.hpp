#pragma once
// Everything the tables print about a signal, in two steps so that the replicates can be spread
// over ranks:
//   const Analysis analysis(columns, options);                        // every rank
//   Replicates part = analysis.replicates(replicate_block(B, rank, ranks));
//   ... gather the parts in rank order, `append` ...
//   std::vector<SignalSummary> rows = analysis.summaries(all);        // rank 0
// Alone: analysis.summaries(analysis.replicates({0, B})).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"
#include "pipeline/stats/signal_bootstrap.hpp"

namespace vrp::stats {

struct Columns {
  std::vector<std::int8_t> label;   ///< [N]
  std::vector<std::int32_t> group;  ///< [N] or empty: no clusters
  std::vector<std::int32_t> type;   ///< [N] or empty: no AUROC within type
  std::vector<Signal> signals;
};

/// The rows that have a label, groups renumbered without gaps.
Columns labelled(const Columns& columns);

struct AnalysisOptions {
  std::int64_t replicates = kReplicates;
  double level = kLevel;
  std::uint64_t seed = 20260617;
  std::string purpose = "signals";  ///< one per table of signals compared on the same items
};

/// A statistic's value with every interval that belongs to it.
struct Intervals {
  Interval item_percentile, item_bca;    ///< resampling rows
  Interval group_percentile, group_bca;  ///< resampling groups; undefined without groups
};

struct SignalSummary {
  std::string name;
  std::int64_t n = 0, invalid = 0;  ///< rows used and left out (NaN or no label)
  Estimate auroc;                   ///< DeLong interval and p
  Estimate auroc_clustered;         ///< Obuchowski; no p and flag not_given without groups
  Intervals auroc_intervals;
  TypedAuroc within;  ///< flag not_given without types
  Intervals within_intervals;
  Estimate r;            ///< t-test p, Fisher interval
  Estimate r_clustered;  ///< cluster-robust; no p and flag not_given without groups
  Intervals r_intervals;
};

struct Replicates {
  std::vector<SignalReplicates> items;   ///< one per signal
  std::vector<SignalReplicates> groups;  ///< one per signal; empty without groups
};
void append(Replicates& all, const Replicates& more);

class Analysis {
 public:
  Analysis(Columns columns, AnalysisOptions options);
  Replicates replicates(ReplicateRange range) const;
  std::vector<SignalSummary> summaries(const Replicates& all) const;

  const Columns& columns() const { return columns_; }  ///< labelled rows only
  std::int64_t unlabelled() const { return unlabelled_; }
  std::int64_t groups() const { return groups_; }  ///< 0 without groups

  /// AUROC(a) - AUROC(b) of two signals (by index) from the shared replicates; percentile over
  /// groups where there are groups, else over items. Replicates undefined in either are skipped.
  Interval auroc_difference_interval(const Replicates& all, std::size_t a, std::size_t b) const;

 private:
  Columns columns_;
  AnalysisOptions options_;
  std::int64_t unlabelled_ = 0, groups_ = 0;
  SignalBootstrap items_;
  std::optional<SignalBootstrap> by_group_;
};

}  // namespace vrp::stats
