#include "stages/reduce/format_confound.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "pipeline/base/text.hpp"
#include "pipeline/items/normalise.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/stats/logistic_ridge.hpp"
#include "pipeline/stats/signal_summary.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/intervals.hpp"
#include "stages/reduce/signal_tests.hpp"

namespace vrp {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(const std::string& word) {
  return !word.empty() &&
         (std::all_of(word.begin(), word.end(), is_digit) || number_word(word).has_value());
}

/// Characters of valid UTF-8; bytes of anything else.
double characters(std::string_view text) {
  return static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// Rows whose out-of-fold score is known keep their label.
std::vector<std::int8_t> with_score(std::vector<std::int8_t> y, const std::vector<double>& score) {
  for (std::size_t i = 0; i < y.size(); ++i)
    if (std::isnan(score[i])) y[i] = stats::kNoLabel;
  return y;
}

FormatRow format_row(const CellColumns& cell, const LabelColumn& label,
                     const std::vector<double>& score, const ReduceParams& params,
                     const Draws& draws) {
  const std::vector<std::int8_t> y = with_score(narrow_labels(label.y), score);
  const std::vector<std::int32_t> group = test_groups(cell, y, params);
  stats::Columns columns;
  columns.label = y;
  columns.group = group;
  columns.signals.push_back({"format", score});
  stats::AnalysisOptions options;
  options.replicates = params.replicates;
  options.level = params.level;
  options.seed = draws.seed();
  options.purpose = cell.model + "/" + cell.benchmark + "/format/" + label.scorer;
  const stats::Analysis analysis(std::move(columns), options);
  const stats::Replicates replicates =
      signal_replicates(analysis, options.purpose, params.replicates, draws);
  if (draws.only_block()) return {};
  const stats::SignalSummary summary = analysis.summaries(replicates).front();
  StatRow found;
  count_rows(cell, score, y, found);
  const std::int64_t n = found.n;
  set_test(found, auroc_test(score, y, group, params.level), params);
  set_intervals(found, summary.auroc_intervals, !group.empty());
  FormatRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.scorer = label.scorer;
  row.n = n;
  row.correct = found.correct;
  row.invalid = static_cast<std::int64_t>(cell.size()) - n;
  row.groups = found.groups;
  row.folds = kFormatFolds;
  row.features = join(form_features(), ",");
  row.auroc = found.estimate;
  row.low = found.low;
  row.high = found.high;
  row.interval = found.interval;
  row.p = found.p;
  row.p_item = found.p_item;
  row.se = found.se;
  row.test = found.test;
  row.flags = found.flags;
  row.note = found.note;
  if (row.low > 0.5) row.flags += (row.flags.empty() ? "" : ",") + std::string("confound");
  if (n == 0)
    row.note = "no out-of-fold score: the labels of the training folds have one class only";
  return row;
}

}  // namespace

const std::vector<std::string>& form_features() {
  static const std::vector<std::string> kNames = {
      "log_characters", "log_words", "log_tokens",     "upper_start",   "final_period",
      "digits",         "comma",     "first_word_yes", "first_word_no", "first_word_number",
      "empty",          "ended"};
  return kNames;
}

std::vector<double> answer_form(std::string_view answer, double tokens, double ended) {
  const std::string text = trim(answer);
  const std::vector<std::string> words = split_white_space(text);
  const std::string first = words.empty() ? "" : norm(words.front());
  const auto flag = [](bool value) { return value ? 1.0 : 0.0; };
  return {std::log1p(characters(text)),
          std::log1p(static_cast<double>(words.size())),
          std::isnan(tokens) ? 0 : std::log1p(tokens),
          flag(!text.empty() && text.front() >= 'A' && text.front() <= 'Z'),
          flag(!text.empty() && text.back() == '.'),
          flag(std::any_of(text.begin(), text.end(), is_digit)),
          flag(text.find(',') != std::string::npos),
          flag(first == "yes"),
          flag(first == "no"),
          flag(is_number(first)),
          flag(text.empty()),
          std::isnan(ended) ? 0 : ended};
}

FormatProbe format_probe(const CellColumns& cell, const ReduceParams& params, const Draws& draws) {
  FormatProbe out;
  if (cell.size() == 0 || cell.labels.empty()) return out;
  std::vector<double> values;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const double tokens = cell.answer_tokens.empty() ? kUndefined : cell.answer_tokens[i];
    const double ended = cell.ended.empty() ? kUndefined : cell.ended[i];
    const std::vector<double> form = answer_form(cell.answer[i], tokens, ended);
    values.insert(values.end(), form.begin(), form.end());
  }
  const stats::Features features{values, form_features().size()};
  const std::vector<std::int32_t> fold =
      stats::group_folds(cell.group, kFormatFolds, draws.seed(), "format probe/" + cell.benchmark);
  for (const LabelColumn& label : cell.labels) {
    out.scores.push_back(stats::out_of_fold_logits(features, narrow_labels(label.y), fold,
                                                   kFormatFolds, kFormatRidge));
    out.rows.push_back(format_row(cell, label, out.scores.back(), params, draws));
  }
  return out;
}

}  // namespace vrp
