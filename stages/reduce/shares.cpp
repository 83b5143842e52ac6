#include "stages/reduce/shares.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/intervals.hpp"

namespace vrp {
namespace {

constexpr double kFocused = 0.15;  // quantile of H_s
constexpr double kDiffuse = 4.5;   // nats

void set_share(StatRow& row, std::int64_t part, std::int64_t n, const ReduceParams& params) {
  const stats::Estimate share = stats::wilson(part, n, params.level);
  set_estimate(row, share);
  row.low = share.low.value_or(kUndefined);
  row.high = share.high.value_or(kUndefined);
  row.interval = "Wilson";
}

}  // namespace

std::vector<StatRow> probe_accuracy_rows(const CellColumns& cell, const ReduceParams& params,
                                         const Draws& draws) {
  std::vector<StatRow> rows;
  const std::vector<std::int8_t> labels = primary_labels(cell);
  for (const SignalColumn& signal : cell.signals) {
    const bool probability = signal.units == "probability";
    if (!signal.path.starts_with("probe/") || signal.orientation != 1) continue;
    if (!probability && signal.units != "logit") continue;
    const double threshold = probability ? 0.5 : 0.0;
    StatRow row = blank_row(cell, &signal, "probe_accuracy", draws);
    count_rows(cell, signal.value, labels, row);
    std::int64_t hits[2] = {0, 0};
    for (std::size_t i = 0; i < cell.size(); ++i) {
      if (labels[i] == stats::kNoLabel || std::isnan(signal.value[i])) continue;
      hits[labels[i]] += (signal.value[i] >= threshold) == (labels[i] == 1);
    }
    set_share(row, hits[0] + hits[1], row.n, params);
    row.method = "share of items whose label the out-of-fold score predicts; " + signal.description;
    rows.push_back(row);
    row.statistic = "probe_balanced_accuracy";
    row.low = row.high = kUndefined;
    row.interval = "none";
    row.estimate = kUndefined;
    if (row.correct > 0 && row.correct < row.n)
      row.estimate =
          0.5 * (static_cast<double>(hits[1]) / static_cast<double>(row.correct) +
                 static_cast<double>(hits[0]) / static_cast<double>(row.n - row.correct));
    else
      row.note = "one class";
    row.method = "mean of the recalls of both classes; " + signal.description;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<StatRow> qualitative_rows(const CellColumns& cell, const ReduceParams& params,
                                      const Draws& draws) {
  const SignalColumn* h_s = cell.signal("h_s");
  if (!h_s) return {};
  const std::vector<std::int8_t> labels = primary_labels(cell);
  std::vector<double> sorted;
  for (const double value : h_s->value)
    if (!std::isnan(value)) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  const double focused = sorted.empty() ? kUndefined : stats::sorted_quantile(sorted, kFocused);
  std::vector<StatRow> rows;
  const auto add = [&](const char* statistic, int label, auto inside, const char* method) {
    StatRow row = blank_row(cell, h_s, statistic, draws);
    count_rows(cell, h_s->value, labels, row);
    std::int64_t n = 0, part = 0;
    for (std::size_t i = 0; i < cell.size(); ++i) {
      if (labels[i] != label || std::isnan(h_s->value[i])) continue;
      ++n;
      part += inside(h_s->value[i]);
    }
    row.n = n;
    row.correct = label == 1 ? n : 0;
    set_share(row, part, n, params);
    row.method = method;
    rows.push_back(std::move(row));
  };
  add(
      "focused_share_of_wrong", 0, [&](double value) { return value < focused; },
      "wrong answers whose H_s lies below the 15th percentile of the set; n = wrong answers");
  add(
      "diffuse_share_of_correct", 1, [](double value) { return value > kDiffuse; },
      "correct answers with H_s above 4.5 nats (made for 576 image tokens); n = correct answers");
  return rows;
}

}  // namespace vrp
