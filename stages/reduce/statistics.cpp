#include "stages/reduce/statistics.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/signal_summary.hpp"
#include "pipeline/store/frame.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/intervals.hpp"
#include "stages/reduce/means.hpp"
#include "stages/reduce/selective.hpp"
#include "stages/reduce/shares.hpp"

namespace vrp {
namespace {

constexpr double kEquivalenceAlpha = 0.05;
constexpr const char* kTypeOnly = "control/type_only";

/// Control: what the question type alone explains.
SignalColumn type_only(const CellColumns& cell, const std::vector<std::int8_t>& labels) {
  SignalColumn signal;
  signal.name = signal.path = kTypeOnly;
  signal.orientation = 1;
  signal.units = "1";
  signal.description =
      "control: accuracy of the other items of the question type (leave one out; below 0.5 where "
      "types do not differ)";
  signal.value = stats::type_only_score(labels, stats::number_texts(cell.type));
  for (std::size_t i = 0; i < cell.size(); ++i)
    if (labels[i] == stats::kNoLabel) signal.value[i] = kUndefined;
  return signal;
}

StatRow accuracy_row(const CellColumns& cell, const std::vector<std::int8_t>& labels,
                     const ReduceParams& params, const Draws& draws) {
  StatRow row = blank_row(cell, nullptr, "accuracy", draws);
  count_rows(cell, {}, labels, row);
  const stats::Estimate accuracy = stats::wilson(row.correct, row.n, params.level);
  set_estimate(row, accuracy);
  row.low = accuracy.low.value_or(kUndefined);
  row.high = accuracy.high.value_or(kUndefined);
  row.interval = "Wilson";
  row.method = "correct / n";
  return row;
}

/// One analysis: several signals against one label column, all on the same bootstrap draws.
class SignalTable {
 public:
  SignalTable(const CellColumns& cell, const std::vector<SignalColumn>& signals,
              std::vector<std::int8_t> labels, std::string label_name, const ReduceParams& params,
              const Draws& draws)
      : cell_(cell),
        signals_(signals),
        labels_(std::move(labels)),
        label_name_(std::move(label_name)),
        params_(params),
        draws_(draws),
        groups_(draws_groups(cell, labels_, params)) {}

  std::vector<StatRow> rows() const {
    stats::Columns columns;
    columns.label = labels_;
    columns.type = stats::number_texts(cell_.type);
    if (groups_) columns.group = stats::number_texts(cell_.group);
    for (const SignalColumn& signal : signals_)
      columns.signals.push_back({signal.name, signal.value});
    stats::AnalysisOptions options;
    options.replicates = params_.replicates;
    options.level = params_.level;
    options.seed = draws_.seed();
    options.purpose = cell_.model + "/" + cell_.benchmark + "/" + label_name_;
    const stats::Analysis analysis(std::move(columns), options);
    const stats::Replicates replicates =
        signal_replicates(analysis, options.purpose, params_.replicates, draws_);
    if (draws_.only_block()) return {};
    const auto summaries = analysis.summaries(replicates);
    std::vector<StatRow> rows;
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      const std::size_t first = rows.size();
      rows.push_back(correlation(signals_[i], summaries[i]));
      rows.push_back(equivalence(signals_[i], summaries[i]));
      rows.push_back(auroc(signals_[i], summaries[i]));
      rows.push_back(within_type(signals_[i], summaries[i]));
      // A score made from the labels of the other items has no independent items to test.
      if (signals_[i].name == kTypeOnly)
        for (std::size_t k = first; k < rows.size(); ++k) {
          rows[k].p = kUndefined;
          rows[k].test = "";
        }
    }
    return rows;
  }

 private:
  StatRow blank(const SignalColumn& signal, const char* statistic) const {
    StatRow row = blank_row(cell_, &signal, statistic, draws_);
    row.label = label_name_;
    count_rows(cell_, signal.value, labels_, row);
    return row;
  }

  StatRow correlation(const SignalColumn& signal, const stats::SignalSummary& summary) const {
    StatRow row = blank(signal, "r");
    set_estimate(row, summary.r);
    set_intervals(row, summary.r_intervals, groups_);
    row.low_fisher = summary.r.low.value_or(kUndefined);
    row.high_fisher = summary.r.high.value_or(kUndefined);
    row.test = "R = 0, t-test, items taken as independent";
    row.method = "point-biserial R of the raw value; " + signal.description;
    return row;
  }

  StatRow equivalence(const SignalColumn& signal, const stats::SignalSummary& summary) const {
    StatRow row = blank(signal, "r_equivalence");
    const stats::Estimate tost =
        stats::equivalence_r(summary.r, params_.equivalence, kEquivalenceAlpha);
    set_estimate(row, tost);
    row.low = tost.low.value_or(kUndefined);
    row.high = tost.high.value_or(kUndefined);
    row.interval = "90 % Fisher";
    row.test = "|R| >= " + number(params_.equivalence) + ", two one-sided tests";
    row.method = "a small p says that R is near zero";
    return row;
  }

  StatRow auroc(const SignalColumn& signal, const stats::SignalSummary& summary) const {
    StatRow row = blank(signal, "auroc");
    set_estimate(row, summary.auroc);
    set_intervals(row, summary.auroc_intervals, groups_);
    row.test = "AUROC = 0.5, DeLong, items taken as independent";
    finish_auroc(signal, row);
    return row;
  }

  StatRow within_type(const SignalColumn& signal, const stats::SignalSummary& summary) const {
    StatRow row = blank(signal, "auroc_within_type");
    if (signal.name == kTypeOnly) {
      row.note = "the score is the same rule for every item of a type";
      return row;
    }
    set_estimate(row, summary.within.estimate);
    set_intervals(row, summary.within_intervals, groups_);
    row.pairs = summary.within.pairs;
    finish_auroc(signal, row);
    return row;
  }

  void finish_auroc(const SignalColumn& signal, StatRow& row) const {
    if (signal.orientation < 0) mirror(row);
    row.method = signal.orientation < 0   ? "declared orientation -1: smaller means right; "
                 : signal.orientation > 0 ? "declared orientation +1: larger means right; "
                                          : "no declared orientation, raw value; ";
    row.method += signal.description;
  }

  static std::string number(double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    return text;
  }

  const CellColumns& cell_;
  const std::vector<SignalColumn>& signals_;
  std::vector<std::int8_t> labels_;
  std::string label_name_;
  const ReduceParams& params_;
  const Draws& draws_;
  bool groups_;
};

void append(std::vector<StatRow>& rows, std::vector<StatRow> more) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

/// S_SC against the label of the majority answer instead of the greedy one (methods, section 9).
std::vector<StatRow> majority_rows(const CellColumns& cell, const ReduceParams& params,
                                   const Draws& draws) {
  const SignalColumn* s_sc = cell.signal("s_sc");
  if (!s_sc || cell.labels.empty() || cell.labels.front().majority.empty()) return {};
  CellColumns sampled = cell;
  sampled.labels.front().y = cell.labels.front().majority;
  sampled.labels.front().scorer = "majority:" + cell.labels.front().scorer;
  const std::vector<SignalColumn> signals = {*s_sc};
  std::vector<StatRow> rows = SignalTable(sampled, signals, primary_labels(sampled),
                                          sampled.labels.front().scorer, params, draws)
                                  .rows();
  rows.push_back(precision_at_full_agreement(sampled, *s_sc, params, draws));
  return rows;
}

}  // namespace

std::vector<StatRow> statistic_rows(const CellColumns& cell, const ReduceParams& params,
                                    const Draws& draws) {
  const std::vector<std::int8_t> labels = primary_labels(cell);
  std::vector<StatRow> rows = {accuracy_row(cell, labels, params, draws)};
  std::vector<SignalColumn> signals = cell.signals;
  signals.push_back(type_only(cell, labels));
  append(rows, SignalTable(cell, signals, labels,
                           cell.labels.empty() ? "" : cell.labels.front().scorer, params, draws)
                   .rows());
  append(rows, mean_rows(cell, params, draws));
  append(rows, selective_rows(cell, params, draws));
  append(rows, calibration_rows(cell, params, draws));
  append(rows, probe_accuracy_rows(cell, params, draws));
  append(rows, qualitative_rows(cell, params, draws));
  if (const SignalColumn* s_sc = cell.signal("s_sc"))
    rows.push_back(precision_at_full_agreement(cell, *s_sc, params, draws));
  append(rows, majority_rows(cell, params, draws));
  return rows;
}

Record statistics_record(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                         bool by_type) {
  Record record;
  add_frame(record, "statistic", statistic_rows(cell, params, draws));
  add_frame(record, "balance", balance_rows(cell, params, by_type));
  add_frame(record, "agreement", agreement_rows(cell, params));
  add_frame(record, "risk_coverage", curve_rows(cell, params));
  add_frame(record, "reliability", reliability_rows(cell, params));
  return record;
}

}  // namespace vrp
