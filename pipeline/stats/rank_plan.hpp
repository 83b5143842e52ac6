#pragma once
// A signal sorted once, for rank statistics under any row weights. Internal to stats.
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/stats/columns.hpp"

namespace vrp::stats {

/// A run of the sorted order: `positives` entries with label 1, then `negatives` with label 0.
/// tied: all have one value. Not tied: every positive lies below every negative.
struct Segment {
  std::uint32_t positives = 0, negatives = 0;
  bool tied = false;
};

/// Rows of one signal sorted by (stratum, value), cut into segments. AUROC is the plan with one
/// stratum; AUROC within type has one stratum per type, pairs counted inside strata only.
struct RankPlan {
  std::vector<std::int32_t> entry;  ///< rows of the full columns, segment after segment; may be
                                    ///< dropped where units are enough
  std::vector<std::uint32_t> unit;  ///< unit of each entry
  std::vector<Segment> segments;
  std::vector<std::uint32_t> stratum_end;  ///< index of the segment after each stratum
  bool varies = false;  ///< some stratum that has pairs holds two different values
  std::int64_t used = 0, positives = 0;
};

/// Rows with NaN, without a label, or with stratum kNoType are left out. Empty strata: one stratum.
RankPlan make_rank_plan(Values x, Labels y, Types strata,
                        std::span<const std::uint32_t> unit_of_row);

/// Twice the weighted number of (positive above negative) pairs, ties one half, and the weighted
/// number of pairs. AUROC = twice_wins / (2 pairs); undefined without pairs.
struct RankSum {
  std::uint64_t twice_wins = 0, pairs = 0;
  double auroc() const;  ///< NaN without pairs
};
RankSum rank_sum(const RankPlan& plan);  ///< every weight 1

/// Per entry of the plan: twice its wins against the other class of its stratum (for a positive:
/// negatives below; for a negative: positives above; ties one half).
std::vector<std::uint64_t> twice_placements(const RankPlan& plan);

/// AUROC with each unit left out; units without an entry are not in the result. NaN: no pairs left.
std::vector<double> jackknife_auroc(const RankPlan& plan, std::uint32_t units);

}  // namespace vrp::stats
