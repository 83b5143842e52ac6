#include "stages/reduce/label_audit.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/stats/label_agreement.hpp"
#include "pipeline/stats/proportions.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/effects.hpp"
#include "stages/reduce/format_confound.hpp"
#include "stages/reduce/signal_tests.hpp"
#include "stages/reduce/table.hpp"
#include "stages/reduce/yes_no_said.hpp"

namespace vrp {
namespace {

std::string percent_text(double share) { return fixed(100 * share, 1) + " %"; }

/// Yes/no figures of a scorer; nothing is set unless every labelled item asks for yes or no.
void add_yes_no(const CellColumns& cell, const LabelColumn& label, ScorerRow& row) {
  YesNoCounts counts;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (label.y[i] < 0) continue;
    if (cell.kind[i] != "yes_no") return;
    counts.add(said(cell, label, i), is_yes(cell.reference[i]));
  }
  if (counts.n == 0) return;
  row.reference_yes = counts.reference_yes;
  row.said_yes = counts.said_yes;
  row.both_yes = counts.both_yes;
  row.precision = counts.precision();
  row.recall = counts.recall();
  row.f1 = counts.f1();
  row.yes_ratio = counts.yes_ratio();
  row.yes_share = counts.yes_share();
  row.note = counts.note();
  if (std::abs(row.yes_share - 0.5) > kBalanced || !(row.high < 0.5)) return;
  row.flags = kExtractionFailure;
  row.note =
      concat("far below chance on a balanced yes/no set (accuracy ", percent_text(row.accuracy),
             ", Wilson interval up to ", percent_text(row.high),
             "): the answers were probably not read rightly; ", percent_text(row.unparsed_share),
             " of them are unparsed", row.note.empty() ? "" : "; " + row.note);
}

/// Groups that the bootstrap would draw on the items that both scorers label; or none.
std::vector<std::int32_t> pair_groups(const CellColumns& cell, const std::vector<std::int8_t>& a,
                                      const std::vector<std::int8_t>& b,
                                      const ReduceParams& params) {
  if (params.tests == "item") return {};
  std::vector<std::int8_t> both = a;
  for (std::size_t i = 0; i < both.size(); ++i)
    if (b[i] == stats::kNoLabel) both[i] = stats::kNoLabel;
  return test_groups(cell, both, params);
}

/// By group: answers right under a only, minus those right under b only.
std::vector<std::int64_t> paired_sums(const std::vector<std::int8_t>& a,
                                      const std::vector<std::int8_t>& b,
                                      const std::vector<std::int32_t>& group) {
  std::vector<std::int64_t> sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto g = static_cast<std::size_t>(group[i]);
    if (g >= sums.size()) sums.resize(g + 1);
    if (a[i] != stats::kNoLabel && b[i] != stats::kNoLabel) sums[g] += a[i] - b[i];
  }
  return sums;
}

struct PairTest {
  double p, p_item;
  const char* test;
};

/// Are as many answers right under a alone as under b alone?
PairTest pair_test(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b,
                   const std::vector<std::int32_t>& group, double mcnemar) {
  if (group.empty())
    return {mcnemar, mcnemar, "equally many right, exact McNemar, items taken as independent"};
  return {sign_flip_p(paired_sums(a, b, group)), mcnemar,
          "equally many right, exact sign-flip of images (McNemar's test where an image has one "
          "item)"};
}

ScorerRow scorer_row(const CellColumns& cell, const LabelColumn& label,
                     const ReduceParams& params) {
  const LabelColumn& primary = cell.labels.front();
  ScorerRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.scorer = label.scorer;
  row.primary = label.primary;
  row.items = static_cast<std::int64_t>(cell.size());
  double score = 0;
  std::int64_t scored = 0;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (label.y[i] < 0) continue;
    ++row.n;
    row.correct += label.y[i];
    row.unparsed += unparsed(cell, label, i);
    if (!label.score.empty() && std::isfinite(label.score[i])) {
      score += label.score[i];
      ++scored;
    }
    if (primary.y[i] < 0) continue;
    ++row.both;
    row.only_primary += primary.y[i] == 1 && label.y[i] == 0;
    row.only_this += primary.y[i] == 0 && label.y[i] == 1;
  }
  row.invalid = row.items - row.n;
  const stats::Estimate accuracy = stats::wilson(row.correct, row.n, params.level);
  row.accuracy = accuracy.value.value_or(kUndefined);
  row.low = accuracy.low.value_or(kUndefined);
  row.high = accuracy.high.value_or(kUndefined);
  if (row.n > 0)
    row.unparsed_share = static_cast<double>(row.unparsed) / static_cast<double>(row.n);
  if (scored > 0) row.score_mean = score / static_cast<double>(scored);
  if (!label.primary && row.both > 0) {
    const std::vector<std::int8_t> a = narrow_labels(primary.y), b = narrow_labels(label.y);
    const PairTest tested = pair_test(a, b, pair_groups(cell, a, b, params),
                                      stats::mcnemar_exact_p(row.only_primary, row.only_this));
    row.p = tested.p;
    row.p_item = tested.p_item;
    row.test = tested.test;
  }
  if (row.n == 0) row.note = "no item has a label under this scorer";
  add_yes_no(cell, label, row);
  return row;
}

void turn(LabelSignalRow& row) {
  const double low = row.low;
  row.auroc = 1 - row.auroc;
  row.low = 1 - row.high;
  row.high = 1 - low;
}

/// AUROC minus the format probe's, on the items where both are defined.
void add_over_format(const std::vector<double>& signal, const std::vector<double>& format,
                     const std::vector<std::int8_t>& y, const std::vector<std::int32_t>& group,
                     const ReduceParams& params, LabelSignalRow& row) {
  const TestPair pair = difference_test(signal, format, y, group, params.level);
  const stats::Estimate& difference = pair.tested(params);
  row.over_format = pair.item.value.value_or(kUndefined);
  row.over_low = difference.low.value_or(kUndefined);
  row.over_high = difference.high.value_or(kUndefined);
  row.over_p = difference.p.value_or(kUndefined);
  row.over_p_item = pair.item.p.value_or(kUndefined);
  row.over_test = pair.test(params);
  if (std::isnan(row.over_low) || std::isnan(row.low)) return;
  row.beats_format = row.over_low > 0 && row.low > 0.5;
}

}  // namespace

std::vector<ScorerRow> scorer_rows(const CellColumns& cell, const ReduceParams& params) {
  std::vector<ScorerRow> rows;
  for (const LabelColumn& label : cell.labels) rows.push_back(scorer_row(cell, label, params));
  return rows;
}

std::vector<ScorerPairRow> scorer_pair_rows(const CellColumns& cell, const ReduceParams& params) {
  std::vector<ScorerPairRow> rows;
  for (std::size_t a = 0; a < cell.labels.size(); ++a)
    for (std::size_t b = a + 1; b < cell.labels.size(); ++b) {
      const std::vector<std::int8_t> of_a = narrow_labels(cell.labels[a].y);
      const std::vector<std::int8_t> of_b = narrow_labels(cell.labels[b].y);
      const std::vector<std::int32_t> group = pair_groups(cell, of_a, of_b, params);
      const stats::LabelAgreement pair = stats::compare_labels(of_a, of_b, params.level, group);
      ScorerPairRow row;
      row.model = cell.model;
      row.benchmark = cell.benchmark;
      row.scorer_a = cell.labels[a].scorer;
      row.scorer_b = cell.labels[b].scorer;
      row.n = pair.n;
      row.both_correct = pair.both_correct;
      row.only_a = pair.only_a;
      row.only_b = pair.only_b;
      row.both_incorrect = pair.both_incorrect;
      row.equal = pair.equal.value.value_or(kUndefined);
      row.low = pair.equal.low.value_or(kUndefined);
      row.high = pair.equal.high.value_or(kUndefined);
      row.kappa = pair.kappa.value.value_or(kUndefined);
      row.kappa_low = pair.kappa.low.value_or(kUndefined);
      row.kappa_high = pair.kappa.high.value_or(kUndefined);
      row.kappa_se = pair.kappa.se.value_or(kUndefined);
      row.kappa_interval = pair.kappa.method;
      if (pair.n > 0) {
        const PairTest tested = pair_test(of_a, of_b, group, pair.p);
        row.p = tested.p;
        row.p_item = tested.p_item;
        row.test = tested.test;
      }
      if (pair.n == 0) {
        row.note = "no item has a label under both scorers";
      } else if (!pair.kappa.defined()) {
        row.note = "kappa: both scorers give every item the same label";
      }
      rows.push_back(std::move(row));
    }
  return rows;
}

std::vector<LabelSignalRow> label_signal_rows(const CellColumns& cell,
                                              const std::vector<std::vector<double>>& format,
                                              const ReduceParams& params) {
  std::vector<LabelSignalRow> rows;
  std::vector<std::vector<std::int8_t>> labels;
  std::vector<std::vector<std::int32_t>> groups;
  for (const LabelColumn& label : cell.labels) {
    labels.push_back(narrow_labels(label.y));
    groups.push_back(test_groups(cell, labels.back(), params));
  }
  for (const SignalColumn& signal : cell.signals) {
    const std::vector<double> values = oriented(signal);
    for (std::size_t k = 0; k < cell.labels.size(); ++k) {
      const std::vector<std::int8_t>& y = labels[k];
      StatRow counts;
      count_rows(cell, signal.value, y, counts);
      LabelSignalRow row;
      row.model = cell.model;
      row.benchmark = cell.benchmark;
      row.signal = signal.name;
      row.path = signal.path;
      row.scorer = cell.labels[k].scorer;
      row.orientation = signal.orientation;
      row.n = counts.n;
      row.correct = counts.correct;
      row.invalid = counts.invalid;
      const TestPair pair = auroc_test(signal.value, y, groups[k], params.level);
      const stats::Estimate& auroc = pair.tested(params);
      row.auroc = pair.item.value.value_or(kUndefined);
      row.low = auroc.low.value_or(kUndefined);
      row.high = auroc.high.value_or(kUndefined);
      row.interval = pair.by_cluster(params) ? "Obuchowski, images as clusters" : "DeLong";
      row.p = auroc.p.value_or(kUndefined);
      row.p_item = pair.item.p.value_or(kUndefined);
      row.se = auroc.se.value_or(kUndefined);
      row.test = pair.test(params);
      if (signal.orientation < 0) turn(row);
      for (const std::string& flag : stats::flag_names(auroc.flags))
        row.flags += (row.flags.empty() ? "" : ",") + flag;
      if (signal.needs_reference)
        row.flags += (row.flags.empty() ? "" : ",") + std::string(kNeedsReference);
      row.note = auroc.reason();
      if (k < format.size()) add_over_format(values, format[k], y, groups[k], params, row);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

void add_item_labels(const CellColumns& cell, Record& record) {
  const auto n = static_cast<std::int64_t>(cell.size());
  const auto add = [&](const std::string& name, ArrayData values, const char* units,
                       const char* description, const std::map<std::string, std::string>& facts) {
    record.add(Array{name, {"item"}, {n}, units, description, std::move(values), facts});
  };
  add("labels/key", cell.key, "", "item key", {});
  add("labels/answer", cell.answer, "", "greedy answer", {});
  for (const LabelColumn& label : cell.labels) {
    const auto at = label.scorer.find('@');
    const std::string name = label.scorer.substr(0, at);
    const std::map<std::string, std::string> facts = {
        {"version", at == std::string::npos ? "" : label.scorer.substr(at + 1)},
        {"primary", label.primary ? "1" : "0"}};
    add("label/" + name, std::vector<std::int32_t>(label.y.begin(), label.y.end()), "1",
        "1 correct, 0 incorrect, -1 no label", facts);
    add("label_invalid/" + name, label.unparsed, "1", "1 = nothing could be read from the answer",
        facts);
    if (!label.score.empty())
      add("label_score/" + name, label.score, "1", "soft score in [0, 1]", facts);
    if (!label.parsed.empty())
      add("label_parsed/" + name, label.parsed, "", "what the rule read from the answer", facts);
  }
}

void add_label_audit(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                     Record& record) {
  const FormatProbe format = format_probe(cell, params, draws);
  add_frame(record, "scorer", scorer_rows(cell, params));
  add_frame(record, "scorer_pair", scorer_pair_rows(cell, params));
  add_frame(record, "format_confound", format.rows);
  add_frame(record, "label_signal", label_signal_rows(cell, format.scores, params));
  add_item_labels(cell, record);
}

}  // namespace vrp
