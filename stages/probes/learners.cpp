#include "stages/probes/learners.hpp"

#include <map>

#include "stages/probes/linear.hpp"
#include "stages/probes/nets.hpp"

namespace vrp {
namespace {

NetOptions net_options(const ProbePart& part, const ProbesParams& params, std::uint64_t seed) {
  NetOptions options;
  options.rate = params.learning_rate;
  options.seeds = params.net_seeds;
  options.seed = seed;
  if (part.probe == "attention") {
    options.hidden = attention_widths(params);
    options.dropout = params.attention_dropout;
    options.epochs = params.attention_epochs;
    options.batch = params.attention_batch;
  } else {
    options.hidden = {params.mlp_width};
    options.epochs = params.mlp_epochs;
    options.batch = params.fullbatch ? 0 : params.mlp_batch;
    options.standardise = !params.fullbatch;
  }
  return options;
}

Learner net_learner(const LayerInput& input, const NetOptions& options) {
  return
      [&input, options](const std::vector<Task>& tasks, const std::vector<LayerProblem>& problems) {
        std::vector<NetProblem> nets;
        for (const LayerProblem& p : problems)
          nets.push_back({p.layer, p.problem.task, p.problem.part});
        return fit_nets(input, tasks, nets, options);
      };
}

/// Calls `fit` once for each layer, with the layer's problems, and puts the fits in order.
template <class Fit>
std::vector<LinearFit> by_layer(const LayerInput& input, const std::vector<LayerProblem>& problems,
                                Fit&& fit) {
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t k = 0; k < problems.size(); ++k) members[problems[k].layer].push_back(k);
  std::vector<LinearFit> out(problems.size());
  for (const auto& [layer, which] : members) {
    std::vector<Problem> asked;
    for (const std::size_t k : which) asked.push_back(problems[k].problem);
    LayerInput of_layer = input;
    of_layer.layer = layer;
    auto fits = fit(of_layer, asked);
    for (std::size_t i = 0; i < which.size(); ++i) out[which[i]] = std::move(fits[i]);
  }
  return out;
}

/// Permutations of the labels need an AUROC, not coefficients.
constexpr double kShuffleTolerance = 1e-4;

Learner linear_learner(const LayerInput& input, const ProbePart& part) {
  LinearOptions options;
  if (part.kind == ProbePart::Kind::shuffle) options.tolerance = kShuffleTolerance;
  return
      [&input, options](const std::vector<Task>& tasks, const std::vector<LayerProblem>& problems) {
        return by_layer(input, problems,
                        [&](const LayerInput& layer, const std::vector<Problem>& asked) {
                          return fit_linear(layer, tasks, asked, options);
                        });
      };
}

Learner sparse_learner(const LayerInput& input, const ProbesParams& params) {
  return
      [&input, params](const std::vector<Task>& tasks, const std::vector<LayerProblem>& problems) {
        return by_layer(input, problems, [&](const LayerInput& layer, std::vector<Problem> asked) {
          for (Problem& problem : asked)
            problem.c = sparse_c(params, tasks[problem.task], problem.part);
          return fit_sparse(layer, tasks, asked, sparse_options(params));
        });
      };
}

}  // namespace

PartLearner part_learner(const ProbePart& part, const LayerInput& input, const ProbesParams& params,
                         std::uint64_t seed) {
  if (part.probe == "hidden_mlp" || (part.probe == "last5" && params.last5_mlp))
    return {net_learner(input, net_options(part, params, seed)), {}, part.probe != "last5"};
  if (part.probe == "attention")
    return {net_learner(input, net_options(part, params, seed)), {}, false};
  if (part.probe == "sparse") return {sparse_learner(input, params), {}, true};
  if (part.probe == "contrib12") return {linear_learner(input, part), {0.1}, true};
  return {linear_learner(input, part), linear_cs(params), true};
}

double sparse_c(const ProbesParams& params, const Task& task, FitPart part) {
  if (params.sparse_form == "sum") return params.sparse_c;
  const std::size_t n = rows_of(task.folds, part, Use::train).size();
  return n == 0 ? 1 : 1 / (params.sparse_c * static_cast<double>(n));
}

SparseOptions sparse_options(const ProbesParams& params) {
  SparseOptions options;
  options.top_variance = params.top_variance;
  options.nonzero_above = params.nonzero_above;
  return options;
}

}  // namespace vrp
