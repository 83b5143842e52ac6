#include "pipeline/stats/signal_summary.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/correlation.hpp"

namespace vrp::stats {
namespace {

// Percentile and BCa of one statistic under one way of resampling.
void set_intervals(const Estimate& observed, std::span<const double> replicates,
                   std::span<const double> jackknife, const char* over, double level,
                   Interval& percentile, Interval& bca) {
  if (!observed.value) {
    percentile.flags = bca.flags = observed.flags;
    return;
  }
  percentile = percentile_interval(replicates, over, level);
  bca = bca_interval(replicates, *observed.value, jackknife, over, level);
}

void check_size(const std::vector<SignalReplicates>& replicates, std::size_t signals,
                std::int64_t expected) {
  for (const SignalReplicates& signal : replicates) {
    const std::int64_t found = static_cast<std::int64_t>(signal.auroc.size());
    if (found != expected) {
      throw Error(ExitCode::internal,
                  concat("statistics: ", found, " replicates, expected ", expected));
    }
  }
  if (replicates.size() != signals) {
    throw Error(ExitCode::internal, concat("statistics: replicates of ", replicates.size(),
                                           " signals, expected ", signals));
  }
}

}  // namespace

Columns labelled(const Columns& columns) {
  Columns out;
  std::vector<std::size_t> keep;
  for (std::size_t i = 0; i < columns.label.size(); ++i) {
    if (columns.label[i] != kNoLabel) keep.push_back(i);
  }
  const auto pick = [&](const auto& from, auto& to) {
    if (from.empty()) return;
    if (from.size() != columns.label.size()) {
      throw Error(ExitCode::internal, concat("statistics: a column has ", from.size(),
                                             " rows, the labels ", columns.label.size()));
    }
    to.reserve(keep.size());
    for (const std::size_t i : keep) to.push_back(from[i]);
  };
  pick(columns.label, out.label);
  pick(columns.group, out.group);
  pick(columns.type, out.type);
  for (const Signal& signal : columns.signals) {
    out.signals.push_back({signal.name, {}});
    pick(signal.values, out.signals.back().values);
  }
  out.group = without_gaps(out.group);
  return out;
}

void append(Replicates& all, const Replicates& more) {
  append(all.items, more.items);
  append(all.groups, more.groups);
}

Analysis::Analysis(Columns columns, AnalysisOptions options)
    : columns_(labelled(columns)),
      options_(std::move(options)),
      unlabelled_(static_cast<std::int64_t>(columns.label.size() - columns_.label.size())),
      items_(columns_.signals, columns_.label, columns_.type, item_units(columns_.label.size())) {
  if (columns_.group.empty()) return;
  const ResampleUnits units = group_units(columns_.group);
  groups_ = units.count;
  by_group_.emplace(columns_.signals, columns_.label, columns_.type, units);
}

Replicates Analysis::replicates(ReplicateRange range) const {
  Replicates out;
  out.items = items_.replicate(bootstrap_key(options_.seed, options_.purpose + "/items"), range);
  if (by_group_) {
    out.groups =
        by_group_->replicate(bootstrap_key(options_.seed, options_.purpose + "/groups"), range);
  }
  return out;
}

std::vector<SignalSummary> Analysis::summaries(const Replicates& all) const {
  check_size(all.items, columns_.signals.size(), options_.replicates);
  if (by_group_) check_size(all.groups, columns_.signals.size(), options_.replicates);
  const Flag no_groups = columns_.label.empty() ? Flag::empty : Flag::not_given;
  std::vector<SignalSummary> out;
  for (std::size_t s = 0; s < columns_.signals.size(); ++s) {
    const Signal& signal = columns_.signals[s];
    SignalSummary& row = out.emplace_back();
    row.name = signal.name;
    row.auroc = auroc(signal.values, columns_.label, options_.level);
    row.within = auroc_within_type(signal.values, columns_.label, columns_.type);
    row.r = point_biserial(signal.values, columns_.label, options_.level);
    row.auroc_clustered =
        auroc_clustered(signal.values, columns_.label, columns_.group, options_.level);
    row.r_clustered =
        point_biserial_clustered(signal.values, columns_.label, columns_.group, options_.level);
    row.n = row.auroc.n;
    row.invalid = row.auroc.invalid + unlabelled_;
    const auto fill = [&](const SignalBootstrap& bootstrap, const SignalReplicates& replicates,
                          const char* over, Interval Intervals::*percentile,
                          Interval Intervals::*bca) {
      const SignalJackknife jackknife = bootstrap.jackknife(s);
      const auto set = [&](const Estimate& observed, const std::vector<double>& values,
                           const std::vector<double>& left_out, Intervals& to) {
        set_intervals(observed, values, left_out, over, options_.level, to.*percentile, to.*bca);
      };
      set(row.auroc, replicates.auroc, jackknife.auroc, row.auroc_intervals);
      set(row.within.estimate, replicates.within, jackknife.within, row.within_intervals);
      set(row.r, replicates.r, jackknife.r, row.r_intervals);
    };
    fill(items_, all.items[s], "items", &Intervals::item_percentile, &Intervals::item_bca);
    if (by_group_) {
      fill(*by_group_, all.groups[s], "groups", &Intervals::group_percentile,
           &Intervals::group_bca);
    } else {
      for (Intervals* to : {&row.auroc_intervals, &row.within_intervals, &row.r_intervals}) {
        to->group_percentile.flags = to->group_bca.flags = no_groups;
      }
    }
  }
  return out;
}

Interval Analysis::auroc_difference_interval(const Replicates& all, std::size_t a,
                                             std::size_t b) const {
  const std::vector<SignalReplicates>& replicates = by_group_ ? all.groups : all.items;
  check_size(replicates, columns_.signals.size(), options_.replicates);
  std::vector<double> difference(replicates.at(a).auroc);
  for (std::size_t i = 0; i < difference.size(); ++i) {
    difference[i] -= replicates.at(b).auroc[i];
  }
  return percentile_interval(difference, by_group_ ? "groups" : "items", options_.level);
}

}  // namespace vrp::stats
