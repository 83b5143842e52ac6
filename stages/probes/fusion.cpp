#include "stages/probes/fusion.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/text.hpp"
#include "stages/probes/linear.hpp"

namespace vrp {
namespace {

/// The hidden probe's score as outer fold o may see it: inner scores in training, its own in test.
std::vector<double> hidden_score(const std::vector<ProbeCandidate>& hidden,
                                 const ProbeSelection& selection, const Task& task, int o) {
  const auto fold = static_cast<std::size_t>(o);
  std::vector<double> score(task.y.size(), kUndefined);
  const int chosen = selection.chosen[fold];
  if (chosen < 0) return score;
  const ProbeCandidate& candidate = hidden[static_cast<std::size_t>(chosen)];
  if (candidate.inner_score.empty()) return score;
  score = candidate.inner_score[fold];
  for (std::size_t i = 0; i < score.size(); ++i)
    if (task.folds.fold[i] == o) score[i] = candidate.score[i];
  return score;
}

bool has_value(const std::vector<double>& column) {
  return std::any_of(column.begin(), column.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

ProbeOutcome fuse(const std::vector<FusionSignal>& signals,
                  const std::vector<ProbeCandidate>& hidden, const ProbeSelection& selection,
                  const Task& task, double c) {
  const std::size_t n = task.y.size();
  std::vector<const FusionSignal*> used;
  std::vector<std::string> names;
  for (const FusionSignal& signal : signals)
    if (has_value(signal.value)) {
      used.push_back(&signal);
      names.push_back(signal.name);
    }
  const bool with_hidden = !hidden.empty();
  if (with_hidden) names.emplace_back("hidden_probe");
  ProbeCandidate fused;
  fused.choice = names.empty() ? "no signal" : join(names, " ");
  fused.score.assign(n, kUndefined);
  fused.inner_auroc.assign(static_cast<std::size_t>(task.folds.outer), kUndefined);
  for (int o = 0; o < task.folds.outer; ++o) {
    fused.note.push_back(names.empty() ? "no signal has a value" : task.folds.note);
    if (!fused.note.back().empty()) continue;
    std::vector<std::vector<double>> columns;
    for (const FusionSignal* signal : used) columns.push_back(signal->value);
    if (with_hidden) columns.push_back(hidden_score(hidden, selection, task, o));
    Task of_fold = task;
    FeatureSource source(n, {static_cast<std::int64_t>(columns.size())}, std::size_t{1} << 30);
    std::vector<std::uint8_t> defined(n, 1);
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<float> row;
      for (const auto& column : columns) row.push_back(static_cast<float>(column[i]));
      defined[i] = std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); });
      if (defined[i]) source.set_row(0, i, row);
    }
    for (std::size_t i = 0; i < n; ++i)
      if (!defined[i]) of_fold.y[i] = of_fold.folds.fold[i] = -1;
    const std::vector<LinearFit> fits = fit_linear({&source, 0}, {of_fold}, {{0, {o, -1}, c}});
    const auto rows = rows_of(of_fold.folds, {o, -1}, Use::test);
    fused.note.back() = fits.front().note;
    if (fits.front().score.size() != rows.size()) continue;
    for (std::size_t i = 0; i < rows.size(); ++i)
      fused.score[static_cast<std::size_t>(rows[i])] = fits.front().score[i];
  }
  const ProbeSelection only = select({fused}, task.folds);
  ProbeOutcome out;
  out.columns.push_back({"fusion", 1, only.score, "logit", "logistic fusion: " + fused.choice});
  out.folds = fold_rows("fusion", {fused}, only, task);
  return out;
}

}  // namespace vrp
