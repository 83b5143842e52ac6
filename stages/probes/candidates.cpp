#include "stages/probes/candidates.hpp"

#include <algorithm>

#include "stages/probes/outcome.hpp"

namespace vrp {

ProbeSelection select(const std::vector<ProbeCandidate>& candidates, const Folds& folds) {
  ProbeSelection out;
  out.score.assign(folds.fold.size(), kUndefined);
  for (int o = 0; o < folds.outer; ++o) {
    const auto fold = static_cast<std::size_t>(o);
    int chosen = candidates.size() == 1 ? 0 : -1;
    double best = kUndefined;
    if (candidates.size() > 1) {
      for (std::size_t k = 0; k < candidates.size(); ++k) {
        const double value = candidates[k].inner_auroc[fold];
        if (!(value == value) || value <= best + 1e-12) continue;
        best = value;
        chosen = static_cast<int>(k);
      }
    }
    std::string note = folds.note;
    if (note.empty() && chosen < 0)
      note = "nothing to choose from: " +
             (candidates.empty() ? std::string("no candidate") : candidates.back().note[fold]);
    if (note.empty()) note = candidates[static_cast<std::size_t>(chosen)].note[fold];
    out.note.push_back(note);
    out.chosen.push_back(folds.defined() ? chosen : -1);
    if (out.chosen.back() < 0) continue;
    const std::vector<double>& score = candidates[static_cast<std::size_t>(chosen)].score;
    for (std::size_t i = 0; i < score.size(); ++i)
      if (folds.fold[i] == o) out.score[i] = score[i];
  }
  return out;
}

std::vector<ProbeFoldRow> fold_rows(const std::string& probe,
                                    const std::vector<ProbeCandidate>& candidates,
                                    const ProbeSelection& selection, const Task& task) {
  std::vector<ProbeFoldRow> rows;
  for (int o = 0; o < task.folds.outer; ++o) {
    const auto fold = static_cast<std::size_t>(o);
    ProbeFoldRow row;
    row.probe = probe;
    row.fold = o;
    row.note = selection.note[fold];
    if (const int k = selection.chosen[fold]; k >= 0) {
      const ProbeCandidate& candidate = candidates[static_cast<std::size_t>(k)];
      row.layer = candidate.layer;
      row.choice = candidate.choice;
      row.inner_auroc = candidate.inner_auroc[fold];
    }
    std::vector<std::int32_t> test;
    for (std::size_t i = 0; i < task.y.size(); ++i) {
      if (task.y[i] < 0 || task.folds.fold[i] < 0) continue;
      if (task.folds.fold[i] != o) {
        ++row.train;
        continue;
      }
      test.push_back(static_cast<std::int32_t>(i));
      row.test_correct += task.y[i];
    }
    row.test = static_cast<std::int64_t>(test.size());
    row.auroc = score_auroc(selection.score, task.y, test);
    if (row.note.empty() && !(row.auroc == row.auroc)) row.note = "one class in the fold";
    rows.push_back(row);
  }
  return rows;
}

namespace {

/// Accuracy and balanced accuracy at logit 0, over rows with a score.
void accuracies(const std::vector<double>& score, const std::vector<std::int8_t>& y,
                ProbeLayerRow& row) {
  std::int64_t right[2] = {0, 0}, all[2] = {0, 0};
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] < 0 || !(score[i] == score[i])) continue;
    ++all[y[i]];
    right[y[i]] += (score[i] > 0) == (y[i] == 1);
  }
  row.n = all[0] + all[1];
  row.correct = all[1];
  if (row.n > 0)
    row.accuracy = static_cast<double>(right[0] + right[1]) / static_cast<double>(row.n);
  if (all[0] > 0 && all[1] > 0)
    row.balanced_accuracy = (static_cast<double>(right[0]) / static_cast<double>(all[0]) +
                             static_cast<double>(right[1]) / static_cast<double>(all[1])) /
                            2;
}

double mean_of_defined(const std::vector<double>& values) {
  double sum = 0;
  int n = 0;
  for (const double value : values) {
    if (!(value == value)) continue;
    sum += value;
    ++n;
  }
  return n == 0 ? kUndefined : sum / n;
}

}  // namespace

std::vector<ProbeLayerRow> layer_rows(const std::string& probe,
                                      const std::vector<ProbeCandidate>& candidates,
                                      const Task& task, int layers) {
  std::vector<ProbeLayerRow> rows;
  for (const ProbeCandidate& candidate : candidates) {
    ProbeLayerRow row;
    row.probe = probe;
    row.layer = candidate.layer;
    accuracies(candidate.score, task.y, row);
    row.auroc = score_auroc(candidate.score, task.y);
    row.inner_auroc = mean_of_defined(candidate.inner_auroc);
    row.nonzero = candidate.nonzero;
    row.authors_auroc = candidate.authors_auroc;
    row.authors_accuracy = candidate.authors_accuracy;
    row.prespecified = prespecified(candidate.layer, layers) ? 1 : 0;
    row.note = candidate.choice;
    for (const std::string& note : candidate.note) {
      if (note.empty()) continue;
      row.note += (row.note.empty() ? "" : "; ") + note;
      break;
    }
    rows.push_back(row);
  }
  return rows;
}

bool prespecified(std::int64_t layer, int layers) {
  const std::int64_t early = layers == 32 ? 21 : layers == 18 ? 10 : layers == 28 ? 18 : -2;
  return layer >= 0 && (layer == early || layer == layers - 1);
}

}  // namespace vrp
