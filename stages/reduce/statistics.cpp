#include "stages/reduce/statistics.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/signal_summary.hpp"
#include "pipeline/store/frame.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/differences.hpp"
#include "stages/reduce/intervals.hpp"
#include "stages/reduce/means.hpp"
#include "stages/reduce/path_intervals.hpp"
#include "stages/reduce/selective.hpp"
#include "stages/reduce/shares.hpp"
#include "stages/reduce/signal_tests.hpp"

namespace vrp {
namespace {

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
        group_(test_groups(cell, labels_, params)),
        analysis_(columns(), options()),
        replicates_(signal_replicates(analysis_, options().purpose, params.replicates, draws)) {}

  std::vector<StatRow> rows() const {
    if (draws_.only_block()) return {};
    const auto summaries = analysis_.summaries(replicates_);
    std::vector<StatRow> rows;
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      const std::size_t first = rows.size();
      const TestPair r = r_test(signals_[i].value, labels_, group_, params_.level);
      rows.push_back(correlation(signals_[i], r, summaries[i]));
      rows.push_back(blank(signals_[i], "r_equivalence"));
      set_equivalence(rows.back(), r, params_);
      rows.push_back(auroc(signals_[i], summaries[i]));
      rows.push_back(within_type(signals_[i], summaries[i]));
      // A score made from the labels of the other items has no independent items to test.
      if (signals_[i].name == kTypeOnly)
        for (std::size_t k = first; k < rows.size(); ++k) untested(rows[k]);
    }
    return rows;
  }

  /// Of the pairs of signals that are declared in differences.hpp.
  std::vector<DifferenceRow> differences() const {
    return difference_rows({cell_, signals_, labels_, label_name_, group_}, replicates_, options(),
                           params_, draws_);
  }

 private:
  stats::Columns columns() const {
    stats::Columns columns;
    columns.label = labels_;
    columns.type = stats::number_texts(cell_.type);
    columns.group = group_;
    for (const SignalColumn& signal : signals_)
      columns.signals.push_back({signal.name, signal.value});
    return columns;
  }

  stats::AnalysisOptions options() const {
    stats::AnalysisOptions options;
    options.replicates = params_.replicates;
    options.level = params_.level;
    options.seed = draws_.seed();
    options.purpose = cell_.model + "/" + cell_.benchmark + "/" + label_name_;
    return options;
  }

  StatRow blank(const SignalColumn& signal, const char* statistic) const {
    StatRow row = blank_row(cell_, &signal, statistic, draws_);
    row.label = label_name_;
    count_rows(cell_, signal.value, labels_, row);
    return row;
  }

  static void untested(StatRow& row) {
    row.p = row.p_item = row.se = row.detectable = row.design_effect = kUndefined;
    row.test = "";
  }

  StatRow correlation(const SignalColumn& signal, const TestPair& test,
                      const stats::SignalSummary& summary) const {
    StatRow row = blank(signal, "r");
    set_test(row, test, params_);
    set_intervals(row, summary.r_intervals, !group_.empty());
    row.low_fisher = test.item.low.value_or(kUndefined);
    row.high_fisher = test.item.high.value_or(kUndefined);
    row.method = "point-biserial R of the raw value; " + signal.description;
    return row;
  }

  StatRow auroc(const SignalColumn& signal, const stats::SignalSummary& summary) const {
    StatRow row = blank(signal, "auroc");
    set_test(row, auroc_test(signal.value, labels_, group_, params_.level), params_);
    set_intervals(row, summary.auroc_intervals, !group_.empty());
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
    set_intervals(row, summary.within_intervals, !group_.empty());
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

  const CellColumns& cell_;
  const std::vector<SignalColumn>& signals_;
  std::vector<std::int8_t> labels_;
  std::string label_name_;
  const ReduceParams& params_;
  const Draws& draws_;
  std::vector<std::int32_t> group_;  ///< empty = items are drawn
  stats::Analysis analysis_;
  stats::Replicates replicates_;
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

CellStatistics cell_statistics(const CellColumns& cell, const ReduceParams& params,
                               const Draws& draws) {
  const std::vector<std::int8_t> labels = primary_labels(cell);
  CellStatistics out;
  out.rows = {accuracy_row(cell, labels, params, draws)};
  std::vector<SignalColumn> signals = cell.signals;
  signals.push_back(type_only(cell, labels));
  const SignalTable table(cell, signals, labels,
                          cell.labels.empty() ? "" : cell.labels.front().scorer, params, draws);
  append(out.rows, table.rows());
  out.differences = table.differences();
  append(out.rows, mean_rows(cell, params, draws));
  append(out.rows, selective_rows(cell, params, draws));
  append(out.rows, calibration_rows(cell, params, draws));
  append(out.rows, probe_accuracy_rows(cell, params, draws));
  append(out.rows, qualitative_rows(cell, params, draws));
  if (const SignalColumn* s_sc = cell.signal("s_sc"))
    out.rows.push_back(precision_at_full_agreement(cell, *s_sc, params, draws));
  add_path_intervals(cell, params, draws, out.rows);
  append(out.rows, majority_rows(cell, params, draws));
  return out;
}

Record statistics_record(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                         bool by_type) {
  Record record;
  const CellStatistics statistics = cell_statistics(cell, params, draws);
  add_frame(record, "statistic", statistics.rows);
  add_frame(record, "signal_difference", statistics.differences);
  add_frame(record, "balance", balance_rows(cell, params, by_type));
  add_frame(record, "agreement", agreement_rows(cell, params));
  add_frame(record, "risk_coverage", curve_rows(cell, params));
  add_frame(record, "reliability", reliability_rows(cell, params));
  return record;
}

}  // namespace vrp
