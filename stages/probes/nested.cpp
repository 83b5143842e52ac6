#include "stages/probes/nested.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "pipeline/config/fields.hpp"
#include "stages/probes/outcome.hpp"

namespace vrp {
namespace {

/// Where a problem's result goes.
struct Place {
  std::size_t task = 0, candidate = 0;
  bool authors = false;
};

ProbeCandidate empty_candidate(const Task& task, std::int64_t layer, double c, bool inner_scores) {
  ProbeCandidate out;
  out.layer = layer;
  if (c > 0) out.choice = "C=" + field_text(c);
  const auto outer = static_cast<std::size_t>(task.folds.outer);
  out.score.assign(task.y.size(), kUndefined);
  out.inner_auroc.assign(outer, kUndefined);
  out.note.assign(outer, task.folds.note);
  for (std::size_t o = 0; o < outer; ++o)
    if (task.folds.defined()) out.note[o] = task.folds.inner_note[o];
  if (inner_scores) out.inner_score.assign(outer, std::vector<double>(task.y.size(), kUndefined));
  return out;
}

/// Puts scores of test rows into a column.
void spread(const LinearFit& fit, const std::vector<std::int32_t>& rows, std::vector<double>& out) {
  if (fit.score.size() != rows.size()) return;  // undefined
  for (std::size_t i = 0; i < rows.size(); ++i)
    out[static_cast<std::size_t>(rows[i])] = fit.score[i];
}

void take_authors(const LinearFit& fit, const Task& authors, ProbeCandidate& out) {
  const std::vector<std::int32_t> rows = rows_of(authors.folds, {0, -1}, Use::test);
  if (fit.score.size() != rows.size() || rows.empty()) return;
  std::vector<double> score(authors.y.size(), kUndefined);
  spread(fit, rows, score);
  out.authors_auroc = score_auroc(score, authors.y);
  double right = 0;
  for (const std::int32_t row : rows)
    right += (score[static_cast<std::size_t>(row)] > 0) ==
             (authors.y[static_cast<std::size_t>(row)] == 1);
  out.authors_accuracy = right / static_cast<double>(rows.size());
}

/// Collects inner AUROCs of one candidate, so that their mean is over defined inner folds.
struct Inner {
  std::vector<double> sum;
  std::vector<int> count;
};

/// Share of nonzero weights over the outer fits.
struct Share {
  double sum = 0;
  int fits = 0;
};

class Assembly {
 public:
  /// Layers [first, last) of the options.
  Assembly(const std::vector<Task>& tasks, const NestedOptions& options, std::size_t first,
           std::size_t last)
      : tasks_(tasks), options_(options) {
    std::vector<double> cs = options.cs;
    if (cs.empty()) cs.push_back(0);
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      out_.emplace_back();
      for (std::size_t l = first; l < last; ++l)
        for (const double c : cs) {
          const Place place{t, out_.back().size(), false};
          out_.back().push_back(
              empty_candidate(tasks[t], options.layers[l], c, options.inner_scores));
          for (const FitPart part : nested_parts(tasks[t].folds))
            if (part.inner < 0 || options.inner) add(l, t, part, c, place);
          if (t == 0 && options.authors != nullptr && options.authors->folds.defined())
            add(l, tasks.size(), {0, -1}, c, {0, place.candidate, true});
        }
    }
  }

  const std::vector<LayerProblem>& problems() const { return problems_; }

  std::vector<std::vector<ProbeCandidate>> finish(const std::vector<LinearFit>& fits) {
    for (std::size_t k = 0; k < fits.size(); ++k) take(fits[k], problems_[k], places_[k]);
    for (auto& [key, inner] : inner_)
      for (std::size_t o = 0; o < inner.sum.size(); ++o)
        if (inner.count[o] > 0)
          out_[key.first][key.second].inner_auroc[o] = inner.sum[o] / inner.count[o];
    for (const auto& [key, share] : nonzero_)
      out_[key.first][key.second].nonzero = share.sum / share.fits;
    return std::move(out_);
  }

 private:
  void add(std::size_t layer, std::size_t task, FitPart part, double c, Place place) {
    problems_.push_back({layer, {task, part, c}});
    places_.push_back(place);
  }

  void take(const LinearFit& fit, const LayerProblem& asked, Place place) {
    ProbeCandidate& out = out_[place.task][place.candidate];
    if (place.authors) return take_authors(fit, *options_.authors, out);
    const Task& task = tasks_[place.task];
    const FitPart part = asked.problem.part;
    const auto o = static_cast<std::size_t>(part.outer);
    const std::vector<std::int32_t> rows = rows_of(task.folds, part, Use::test);
    if (part.inner < 0) {
      spread(fit, rows, out.score);
      if (!fit.note.empty()) out.note[o] = fit.note;
      if (!fit.score.empty()) {
        Share& share = nonzero_[{place.task, place.candidate}];
        share.sum += fit.nonzero;
        ++share.fits;
      }
      return;
    }
    std::vector<double> score(task.y.size(), kUndefined);
    spread(fit, rows, score);
    if (options_.inner_scores) spread(fit, rows, out.inner_score[o]);
    Inner& inner = inner_[{place.task, place.candidate}];
    inner.sum.resize(static_cast<std::size_t>(task.folds.outer), 0);
    inner.count.resize(static_cast<std::size_t>(task.folds.outer), 0);
    const double auroc = score_auroc(score, task.y, rows);
    if (!(auroc == auroc)) return;
    inner.sum[o] += auroc;
    ++inner.count[o];
  }

  const std::vector<Task>& tasks_;
  const NestedOptions& options_;
  std::vector<std::vector<ProbeCandidate>> out_;
  std::vector<LayerProblem> problems_;
  std::vector<Place> places_;
  std::map<std::pair<std::size_t, std::size_t>, Inner> inner_;
  std::map<std::pair<std::size_t, std::size_t>, Share> nonzero_;
};

}  // namespace

std::vector<std::vector<ProbeCandidate>> fit_candidates(const std::vector<Task>& tasks,
                                                        const NestedOptions& options,
                                                        const Learner& learner) {
  std::vector<Task> all = tasks;
  if (options.authors != nullptr) all.push_back(*options.authors);
  std::vector<std::vector<ProbeCandidate>> out(tasks.size());
  const std::size_t layers = options.layers.size(), each = options.layer_by_layer ? 1 : layers;
  for (std::size_t first = 0; first < layers; first += each) {
    Assembly assembly(tasks, options, first, std::min(first + each, layers));
    auto part = assembly.finish(learner(all, assembly.problems()));
    for (std::size_t t = 0; t < tasks.size(); ++t)
      std::move(part[t].begin(), part[t].end(), std::back_inserter(out[t]));
  }
  return out;
}

void restrict_task(Task& task, const std::vector<std::uint8_t>& defined) {
  for (std::size_t i = 0; i < defined.size(); ++i) {
    if (defined[i]) continue;
    task.y[i] = -1;
    task.folds.fold[i] = -1;
    for (auto& inner : task.folds.inner_fold) inner[i] = -1;
  }
}

}  // namespace vrp
