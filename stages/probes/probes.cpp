#include "stages/probes/probes.hpp"

#include "stages/probes/collect.hpp"
#include "stages/probes/controls.hpp"
#include "stages/probes/heads.hpp"
#include "stages/probes/learners.hpp"
#include "stages/probes/outcome.hpp"
#include "stages/probes/products.hpp"
#include "stages/probes/stress.hpp"

namespace vrp {
namespace {

/// The items whose input is there, with folds shared by all probes of the cell.
Task real_task(const PartFeatures& features, const ProbesParams& params) {
  Task task{features.items.y,
            make_folds(features.items, features.items.y, params.outer_folds, params.inner_folds)};
  restrict_task(task, features.defined);
  return task;
}

/// Labels permuted among the items whose input is there, with folds of their own.
std::vector<Task> shuffled_tasks(const PartFeatures& features, const ProbesParams& params,
                                 const ProbePart& part) {
  CellItems items = features.items;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!features.defined[i]) items.y[i] = -1;
  std::vector<Task> tasks;
  for (int draw = part.first; draw <= part.last; ++draw) {
    Task task{shuffled_labels(items, draw), {}};
    task.folds = make_folds(items, task.y, params.outer_folds, params.inner_folds);
    tasks.push_back(std::move(task));
  }
  return tasks;
}

void add_draws(Record& record, const std::string& name, const std::vector<double>& auroc) {
  record.add(name, {"draw"}, {static_cast<std::int64_t>(auroc.size())}, auroc, "1",
             "nested AUROC with permuted labels");
}

/// Nested AUROC of every draw; of hidden_linear also with the last block alone.
void fit_shuffles(const PartFeatures& features, const ProbePart& part, const ProbesParams& params,
                  const PartLearner& learner, Record& record) {
  const std::vector<Task> tasks = shuffled_tasks(features, params, part);
  NestedOptions options;
  options.layers = features.layers;
  options.cs = learner.cs;
  options.inner = learner.inner;
  options.layer_by_layer = true;
  const auto candidates = fit_candidates(tasks, options, learner.learner);
  std::vector<double> chosen, last;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const Task& task = tasks[t];
    chosen.push_back(score_auroc(select(candidates[t], task.folds).score, task.y));
    std::vector<ProbeCandidate> of_last;
    for (const ProbeCandidate& c : candidates[t])
      if (c.layer == features.layers.back()) of_last.push_back(c);
    last.push_back(score_auroc(select(of_last, task.folds).score, task.y));
  }
  add_draws(record, "shuffle/auroc", chosen);
  if (part.probe == "hidden_linear") add_draws(record, "shuffle/auroc_last", last);
}

/// Neurons of every layer: those of the outer training parts and of all items.
ProbeOutcome fit_neurons(const PartFeatures& features, LayerInput input, const Task& task,
                         const ProbesParams& params) {
  ProbeOutcome out;
  if (!task.folds.defined()) return out;
  std::vector<Problem> problems;
  for (int o = 0; o < task.folds.outer; ++o) problems.push_back({0, {o, -1}, 0});
  problems.push_back({0, {-1, -1}, 0});
  for (Problem& problem : problems) problem.c = sparse_c(params, task, problem.part);
  for (input.layer = 0; input.layer < features.layers.size(); ++input.layer) {
    const auto fits = fit_sparse(input, {task}, problems, sparse_options(params));
    const std::int64_t block = features.layers[input.layer];
    for (std::size_t k = 0; k < fits.size(); ++k) {
      if (fits[k].weight.empty()) continue;
      const auto rows = rank_neurons(fits[k], block, problems[k].part.outer,
                                     params.neuron_ranking == "delta", params.neurons_kept);
      out.neurons.insert(out.neurons.end(), rows.begin(), rows.end());
    }
    const auto bins = delta_histogram(fits.back().delta, block, params.delta_bins);
    out.delta_bins.insert(out.delta_bins.end(), bins.begin(), bins.end());
  }
  return out;
}

void fit_real(const ProbeInput& input, const PartFeatures& features, const ProbePart& part,
              const ProbesParams& params, const LayerInput& layer, const PartLearner& learner,
              Record& record) {
  const Task task = real_task(features, params);
  check_duplicates(*input.items, task.folds, params.allow_duplicates);
  NestedOptions options;
  options.layers = features.layers;
  options.cs = learner.cs;
  options.inner = learner.inner;
  options.inner_scores = part.probe == "hidden_mlp" && part.variant.empty();
  Task authors;
  if (part.variant.empty() && has_control(params, "authors_split")) {
    authors = {task.y, authors_split(features.items, task.y)};
    options.authors = &authors;
  }
  std::vector<ProbeCandidate> candidates = fit_candidates({task}, options, learner.learner).front();
  if (part.probe == "hidden_linear" && part.variant.empty() && has_control(params, "max_cosine"))
    for (ProbeCandidate& candidate : candidates)
      for (std::size_t l = 0; l < features.layers.size(); ++l)
        if (features.layers[l] == candidate.layer && task.folds.defined()) {
          LayerInput of_layer = layer;
          of_layer.layer = l;
          candidate.max_cosine = max_cosine(of_layer, task);
        }
  add_candidates(record, candidates, features.items.size(), params.outer_folds);
  if (part.probe == "sparse") add_outcome(record, fit_neurons(features, layer, task, params));
}

}  // namespace

Record fit_part(const ProbeInput& input, const std::string& name, const ProbesParams& params) {
  check(params);
  prepare_products(input.threads);
  const ProbePart part = find_part(params, input.layers, name);
  Record record;
  record.add<std::string>("part/probe", {"part"}, {1}, {part.probe}, "", "probe of this part");
  record.add<std::string>("part/variant", {"part"}, {1}, {part.variant}, "",
                          "blank, residualised, or empty");
  if (part.probe == "stress") {
    add_outcome(record, fit_stress(input, params));
  } else if (part.probe == "heads") {
    add_outcome(record, fit_heads(input, params));
  } else {
    const PartFeatures features = collect_features(input, part, params);
    LayerInput layer;
    layer.source = &features.source;
    layer.device = input.device;
    if (part.variant == "residualised") {
      layer.type = &features.items.type;
      layer.types = features.items.types;
    }
    const PartLearner learner = part_learner(part, layer, params, input.seed);
    if (part.kind == ProbePart::Kind::shuffle)
      fit_shuffles(features, part, params, learner, record);
    else
      fit_real(input, features, part, params, layer, learner, record);
  }
  if (input.advance) input.advance(static_cast<std::int64_t>(input.items->size()));
  return record;
}

}  // namespace vrp
