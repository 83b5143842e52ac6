#include "pipeline/control/compare_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/signal_bootstrap.hpp"

namespace vrp {
namespace {

using stats::Estimate;
using stats::Flag;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool has_clusters(const std::vector<std::int32_t>& group) {
  std::set<std::int32_t> seen;
  return std::any_of(group.begin(), group.end(),
                     [&](std::int32_t g) { return !seen.insert(g).second; });
}

/// Columns at the rows `keep`, groups renumbered without gaps.
PairedColumns rows_of(const PairedColumns& columns, const std::vector<std::size_t>& keep) {
  PairedColumns out;
  const auto pick = [&](const auto& from, auto& to) {
    if (from.empty()) return;
    to.reserve(keep.size());
    for (const std::size_t i : keep) to.push_back(from[i]);
  };
  pick(columns.group, out.group);
  pick(columns.label_a, out.label_a);
  pick(columns.label_b, out.label_b);
  for (const PairedSignal& signal : columns.signals) {
    PairedSignal& to = out.signals.emplace_back();
    to.name = signal.name;
    to.orientation = signal.orientation;
    pick(signal.a, to.a);
    pick(signal.b, to.b);
  }
  std::vector<std::int32_t> used = out.group;
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  for (std::int32_t& g : out.group)
    g = static_cast<std::int32_t>(std::lower_bound(used.begin(), used.end(), g) - used.begin());
  return out;
}

PairedColumns labelled_rows(const PairedColumns& columns) {
  std::vector<std::size_t> keep;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns.label_a[i] != stats::kNoLabel && columns.label_b[i] != stats::kNoLabel)
      keep.push_back(i);
  return rows_of(columns, keep);
}

AccuracyComparison compare_accuracy(const PairedColumns& labelled, const CompareOptions& options) {
  AccuracyComparison out;
  out.a = stats::accuracy(labelled.label_a, options.level);
  out.b = stats::accuracy(labelled.label_b, options.level);
  out.by_group = has_clusters(labelled.group);
  out.groups = labelled.group.empty()
                   ? 0
                   : 1 + *std::max_element(labelled.group.begin(), labelled.group.end());
  out.paired = stats::compare_paired(labelled.label_a, labelled.label_b, labelled.group,
                                     {.replicates = options.replicates,
                                      .level = options.level,
                                      .seed = options.seed,
                                      .purpose = options.purpose});
  std::vector<double> difference;
  for (std::size_t i = 0; i < labelled.size(); ++i)
    difference.push_back(100.0 * (labelled.label_a[i] - labelled.label_b[i]));
  out.clustered = clustered_mean(difference, labelled.group, options.level);
  if (out.paired.n == 0) return out;
  if (out.by_group) {
    if (out.clustered.se) out.detectable = stats::minimum_detectable(*out.clustered.se);
  } else {
    const double discordant = static_cast<double>(out.paired.only_a + out.paired.only_b) /
                              static_cast<double>(out.paired.n);
    const auto found = stats::minimum_detectable_difference(out.paired.n, discordant);
    if (found) out.detectable = 100 * *found;
  }
  return out;
}

AnswerAgreement compare_answers(const PairedColumns& columns, const CompareOptions& options) {
  AnswerAgreement out;
  std::int64_t equal = 0, equal_norm = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    equal += columns.answer_a[i] == columns.answer_b[i];
    equal_norm += norm(columns.answer_a[i]) == norm(columns.answer_b[i]);
  }
  const auto n = static_cast<std::int64_t>(columns.size());
  out.same_text = stats::wilson(equal, n, options.level);
  out.same_norm = stats::wilson(equal_norm, n, options.level);
  out.labels = stats::compare_labels(columns.label_a, columns.label_b, options.level);
  return out;
}

/// Values of A and B, NaN in both where one is undefined.
void keep_common(PairedSignal& signal) {
  for (std::size_t i = 0; i < signal.a.size(); ++i)
    if (std::isnan(signal.a[i]) || std::isnan(signal.b[i])) signal.a[i] = signal.b[i] = kNaN;
}

Estimate mean_of(const std::vector<double>& values) {
  Estimate out;
  double sum = 0;
  for (const double v : values) {
    if (std::isnan(v)) {
      ++out.invalid;
    } else {
      sum += v;
      ++out.n;
    }
  }
  if (out.n == 0)
    out.flags |= Flag::empty;
  else
    out.value = sum / static_cast<double>(out.n);
  return out;
}

std::vector<double> times(const std::vector<double>& values, double factor) {
  std::vector<double> out = values;
  for (double& v : out) v *= factor;
  return out;
}

/// Interval of a statistic in each run, and A - B with interval and p, from joint replicates.
void set_difference(const std::vector<double>& a, const std::vector<double>& b, const char* over,
                    double level, DifferenceOfTwo& out) {
  const auto take = [](const stats::Interval& interval, Estimate& to) {
    to.low = interval.low;
    to.high = interval.high;
    to.method = interval.method;
    to.p.reset();
    to.flags |= interval.flags;
  };
  if (out.a.value) take(stats::percentile_interval(a, over, level), out.a);
  if (out.b.value) take(stats::percentile_interval(b, over, level), out.b);
  Estimate& d = out.difference;
  d.n = out.a.n;
  d.invalid = out.a.invalid;
  if (!out.a.value || !out.b.value) {
    d.flags = out.a.value ? out.b.flags : out.a.flags;
    return;
  }
  std::vector<double> differences(a);
  for (std::size_t i = 0; i < b.size(); ++i) differences[i] -= b[i];
  d.value = *out.a.value - *out.b.value;
  take(stats::percentile_interval(differences, over, level), d);
  d.p = bootstrap_p(differences);
  d.method = concat("joint bootstrap, ", d.method);
}

/// AUROC and R of each signal in both runs and what they differ by.
void compare_with_labels(PairedColumns labelled, const CompareOptions& options,
                         std::vector<SignalComparison>& out) {
  const bool by_group = has_clusters(labelled.group);
  const char* over = by_group ? "groups" : "items";
  std::vector<stats::Signal> a, b;
  for (PairedSignal& signal : labelled.signals) {
    keep_common(signal);
    const double orientation = signal.orientation < 0 ? -1 : 1;
    a.push_back({signal.name, times(signal.a, orientation)});
    b.push_back({signal.name, times(signal.b, orientation)});
  }
  const stats::ResampleUnits units =
      by_group ? stats::group_units(labelled.group) : stats::item_units(labelled.size());
  const PhiloxKey key =
      stats::bootstrap_key(options.seed, concat(options.purpose, "/signals/", over));
  const stats::ReplicateRange range{0, options.replicates};
  std::vector<stats::SignalReplicates> drawn_a, drawn_b;
  if (labelled.size() > 0) {
    drawn_a = stats::SignalBootstrap(a, labelled.label_a, {}, units).replicate(key, range);
    drawn_b = stats::SignalBootstrap(b, labelled.label_b, {}, units).replicate(key, range);
  }
  for (std::size_t s = 0; s < out.size(); ++s) {
    SignalComparison& to = out[s];
    to.auroc.a = stats::auroc(a[s].values, labelled.label_a, options.level);
    to.auroc.b = stats::auroc(b[s].values, labelled.label_b, options.level);
    to.r.a = stats::point_biserial(labelled.signals[s].a, labelled.label_a, options.level);
    to.r.b = stats::point_biserial(labelled.signals[s].b, labelled.label_b, options.level);
    to.equal_labels = true;
    for (std::size_t i = 0; i < labelled.size(); ++i)
      if (!std::isnan(a[s].values[i]) && labelled.label_a[i] != labelled.label_b[i])
        to.equal_labels = false;
    if (drawn_a.empty()) {
      to.auroc.difference.flags = to.auroc.a.flags;
      to.r.difference.flags = to.r.a.flags;
      continue;
    }
    set_difference(drawn_a[s].auroc, drawn_b[s].auroc, over, options.level, to.auroc);
    // The replicates of R are of the oriented value; its sign is that of the orientation.
    const double sign = labelled.signals[s].orientation < 0 ? -1 : 1;
    set_difference(times(drawn_a[s].r, sign), times(drawn_b[s].r, sign), over, options.level, to.r);
    if (to.equal_labels)
      to.auroc.p_paired = stats::auroc_difference_clustered(a[s].values, b[s].values,
                                                            labelled.label_a, labelled.group)
                              .p;
  }
}

SignalComparison compare_values(const PairedSignal& given, const std::vector<std::int32_t>& group,
                                double level) {
  PairedSignal signal = given;
  keep_common(signal);
  SignalComparison out;
  out.name = signal.name;
  out.units = signal.units;
  out.needs_reference = signal.needs_reference;
  out.control = signal.control;
  out.orientation = signal.orientation;
  out.mean_a = mean_of(signal.a);
  out.mean_b = mean_of(signal.b);
  std::vector<double> difference = signal.a;
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= signal.b[i];
  out.mean_difference = clustered_mean(difference, group, level);
  out.correlation = stats::pearson(signal.a, signal.b, level);
  return out;
}

}  // namespace

Estimate clustered_mean(stats::Values x, stats::Groups group, double level) {
  Estimate out = mean_of({x.begin(), x.end()});
  if (!out.value) return out;
  const double mean = *out.value;
  std::vector<double> sum;
  std::set<std::int32_t> groups;
  bool constant = true;
  double first = kNaN;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) continue;
    if (std::isnan(first)) first = x[i];
    constant = constant && x[i] == first;
    const std::size_t g = static_cast<std::size_t>(group[i]);
    groups.insert(group[i]);
    if (sum.size() <= g) sum.resize(g + 1);
    sum[g] += x[i] - mean;
  }
  const auto count = static_cast<double>(groups.size());
  out.method = "t over groups";
  if (groups.size() < 2) {
    out.flags |= Flag::too_few;
    return out;
  }
  double squares = 0;
  for (const double s : sum) squares += s * s;
  const auto n = static_cast<double>(out.n);
  out.se = constant ? 0 : std::sqrt(squares * count / (count - 1)) / n;
  if (constant) {
    out.low = out.high = mean;
    if (mean == 0)
      out.p = 1;
    else
      out.flags |= Flag::zero_variance;
    return out;
  }
  if (*out.se == 0) {  // the values differ, the sums of the groups do not
    out.flags |= Flag::zero_variance;
    return out;
  }
  const double half = stats::critical_t(level, count - 1) * *out.se;
  out.low = mean - half;
  out.high = mean + half;
  out.p = stats::two_sided_t_p(mean / *out.se, count - 1);
  return out;
}

std::optional<double> bootstrap_p(const std::vector<double>& replicates) {
  std::int64_t below = 0, above = 0, defined = 0;
  for (const double t : replicates) {
    if (std::isnan(t)) continue;
    ++defined;
    below += t <= 0;
    above += t >= 0;
  }
  if (defined == 0) return std::nullopt;
  return std::min(1.0, 2.0 * (1.0 + static_cast<double>(std::min(below, above))) /
                           (1.0 + static_cast<double>(defined)));
}

PairResult compare_columns(const PairedColumns& columns, const CompareOptions& options) {
  PairResult out;
  out.items = static_cast<std::int64_t>(columns.size());
  PairedColumns labelled = labelled_rows(columns);
  out.accuracy = compare_accuracy(labelled, options);
  out.agreement = compare_answers(columns, options);
  for (const PairedSignal& signal : columns.signals)
    out.signals.push_back(compare_values(signal, columns.group, options.level));
  compare_with_labels(std::move(labelled), options, out.signals);
  return out;
}

}  // namespace vrp
