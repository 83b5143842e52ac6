#include "pipeline/stats/rank_plan.hpp"

#include <algorithm>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/sort_rows.hpp"

namespace vrp::stats {
namespace {

// Adds rows [begin, end) of one stratum, sorted by value, positives before negatives inside a tie.
void add_stratum(const std::vector<RankedRow>& rows, std::size_t begin, std::size_t end,
                 RankPlan& plan) {
  Segment open;  // untied run: positives, then negatives
  const auto close = [&] {
    if (open.positives + open.negatives > 0) plan.segments.push_back(open);
    open = {};
  };
  for (std::size_t i = begin; i < end;) {
    Segment block;
    std::size_t j = i;
    for (; j < end && rows[j].x == rows[i].x; ++j) {
      ++(rows[j].y == 1 ? block.positives : block.negatives);
    }
    if (block.positives > 0 && block.negatives > 0) {
      close();
      block.tied = true;
      plan.segments.push_back(block);
    } else {
      if (block.positives > 0 && open.negatives > 0) close();
      open.positives += block.positives;
      open.negatives += block.negatives;
    }
    i = j;
  }
  close();
  plan.stratum_end.push_back(static_cast<std::uint32_t>(plan.segments.size()));
}

// Calls visit(first entry, segment, stratum) for each segment in order.
template <class Visit>
void for_each_segment(const RankPlan& plan, Visit&& visit) {
  std::size_t first = 0, s = 0;
  for (std::size_t stratum = 0; stratum < plan.stratum_end.size(); ++stratum) {
    for (; s < plan.stratum_end[stratum]; ++s) {
      visit(first, plan.segments[s], stratum);
      first += plan.segments[s].positives + plan.segments[s].negatives;
    }
  }
}

struct ClassCounts {
  std::uint64_t positives = 0, negatives = 0;
};
std::vector<ClassCounts> class_counts(const RankPlan& plan) {
  std::vector<ClassCounts> counts(plan.stratum_end.size());
  for_each_segment(plan, [&](std::size_t, const Segment& s, std::size_t stratum) {
    counts[stratum].positives += s.positives;
    counts[stratum].negatives += s.negatives;
  });
  return counts;
}

}  // namespace

double RankSum::auroc() const {
  if (pairs == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(twice_wins) / (2.0 * static_cast<double>(pairs));
}

RankPlan make_rank_plan(Values x, Labels y, Types strata,
                        std::span<const std::uint32_t> unit_of_row) {
  const UsedRows used = used_rows(x, y);
  if (x.size() >= (std::size_t{1} << 31) || (!strata.empty() && strata.size() != x.size()) ||
      unit_of_row.size() != x.size()) {
    throw Error(ExitCode::internal, "statistics: columns of different length, or over 2^31 rows");
  }
  std::vector<RankedRow> rows;
  rows.reserve(used.x.size());
  for (std::size_t i = 0; i < used.x.size(); ++i) {
    const std::int32_t row = used.row[i];
    const std::int32_t stratum = strata.empty() ? 0 : strata[static_cast<std::size_t>(row)];
    if (stratum != kNoType) rows.push_back({stratum, used.x[i], used.y[i], row});
  }
  sort_rows(rows);
  RankPlan plan;
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t j = i;
    std::int64_t positives = 0;
    for (; j < rows.size() && rows[j].stratum == rows[i].stratum; ++j) positives += rows[j].y;
    const bool has_pairs = positives > 0 && positives < static_cast<std::int64_t>(j - i);
    plan.varies = plan.varies || (has_pairs && rows[i].x != rows[j - 1].x);
    plan.positives += positives;
    add_stratum(rows, i, j, plan);
    i = j;
  }
  plan.used = static_cast<std::int64_t>(rows.size());
  plan.entry.reserve(rows.size());
  plan.unit.reserve(rows.size());
  for (const RankedRow& row : rows) {
    plan.entry.push_back(row.row);
    plan.unit.push_back(unit_of_row[static_cast<std::size_t>(row.row)]);
  }
  return plan;
}

RankSum rank_sum(const RankPlan& plan) {
  RankSum out;
  std::uint64_t below = 0;
  std::size_t current = 0;
  for_each_segment(plan, [&](std::size_t, const Segment& s, std::size_t stratum) {
    if (stratum != current) below = 0;
    current = stratum;
    out.twice_wins += s.positives * (2 * below + (s.tied ? s.negatives : 0));
    below += s.negatives;
  });
  for (const ClassCounts& c : class_counts(plan)) out.pairs += c.positives * c.negatives;
  return out;
}

std::vector<std::uint64_t> twice_placements(const RankPlan& plan) {
  const std::vector<ClassCounts> counts = class_counts(plan);
  std::vector<std::uint64_t> twice(plan.unit.size());
  std::uint64_t below = 0, positives_seen = 0;
  std::size_t current = 0;
  for_each_segment(plan, [&](std::size_t first, const Segment& s, std::size_t stratum) {
    if (stratum != current) below = positives_seen = 0;
    current = stratum;
    positives_seen += s.positives;
    const std::uint64_t above = counts[stratum].positives - positives_seen;
    const std::uint64_t of_positive = 2 * below + (s.tied ? s.negatives : 0);
    const std::uint64_t of_negative = 2 * above + (s.tied ? s.positives : 0);
    std::fill_n(twice.begin() + static_cast<std::ptrdiff_t>(first), s.positives, of_positive);
    std::fill_n(twice.begin() + static_cast<std::ptrdiff_t>(first + s.positives), s.negatives,
                of_negative);
    below += s.negatives;
  });
  return twice;
}

std::vector<double> jackknife_auroc(const RankPlan& plan, std::uint32_t units) {
  const std::vector<ClassCounts> counts = class_counts(plan);
  const std::vector<std::uint64_t> placements = twice_placements(plan);
  const RankSum all = rank_sum(plan);
  // Walking the sorted order once, each unit keeps its own running counts: what it loses against
  // everybody, and what was thereby subtracted twice because both of the pair are its own.
  struct Unit {
    std::uint64_t lost = 0, own_twice_wins = 0, lost_pairs = 0;
    std::uint64_t below = 0, positives = 0;  // of this stratum
    std::uint64_t tied_positives = 0;        // of this segment
    std::size_t segment = std::numeric_limits<std::size_t>::max();
    std::size_t stratum = std::numeric_limits<std::size_t>::max();
    bool used = false;
  };
  std::vector<Unit> unit(units);
  const auto finish_stratum = [&](Unit& u) {
    if (u.stratum >= counts.size()) return;
    const ClassCounts& c = counts[u.stratum];
    u.lost_pairs += u.positives * c.negatives + u.below * c.positives - u.positives * u.below;
    u.below = u.positives = 0;
  };
  std::size_t segment_index = 0;
  for_each_segment(plan, [&](std::size_t first, const Segment& s, std::size_t stratum) {
    const std::size_t end = first + s.positives + s.negatives;
    for (std::size_t k = first; k < end; ++k) {
      Unit& u = unit[plan.unit[k]];
      if (u.stratum != stratum) finish_stratum(u);
      if (u.segment != segment_index) u.tied_positives = 0;
      u.used = true;
      u.stratum = stratum;
      u.segment = segment_index;
      u.lost += placements[k];
      if (k < first + s.positives) {
        u.own_twice_wins += 2 * u.below;
        u.tied_positives += s.tied ? 1 : 0;
        ++u.positives;
      } else {
        u.own_twice_wins += u.tied_positives;
        ++u.below;
      }
    }
    ++segment_index;
  });
  std::vector<double> jackknife;
  for (Unit& u : unit) {
    if (!u.used) continue;
    finish_stratum(u);
    const RankSum rest{all.twice_wins + u.own_twice_wins - u.lost, all.pairs - u.lost_pairs};
    jackknife.push_back(rest.auroc());
  }
  return jackknife;
}

}  // namespace vrp::stats
