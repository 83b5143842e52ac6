#pragma once
// What can be chosen about the probes (methods, sections 6, 8 and 11).
#include <string>
#include <vector>

namespace vrp {

struct ProbesParams {
  // What is fitted.
  std::vector<std::string> fits = {"hidden_mlp", "hidden_linear", "last5",  "contrib12", "sparse",
                                   "fusion",     "attention",     "stress", "heads"};
  std::string position = "first";
  std::string label = "primary";
  // Nesting and controls.
  int outer_folds = 5;
  int inner_folds = 4;
  int layers_per_part = 4;
  std::vector<std::string> controls = {"shuffle",    "type_only",    "length_only",
                                       "blank",      "residualised", "duplicates",
                                       "max_cosine", "authors_split"};
  int shuffles_linear = 200;
  int shuffles_sparse = 20;
  int shuffles_net = 20;
  int draws_per_part = 20;
  bool allow_duplicates = false;
  // Linear probes.
  std::string linear_c = "0.1";
  double fusion_c = 1;
  bool last5_mlp = false;
  // Sparse probe.
  std::string sparse_form = "sum";
  double sparse_c = 0.1;
  int top_variance = 0;
  double nonzero_above = 0;
  std::string neuron_ranking = "weight";
  int neurons_kept = 20;
  int delta_bins = 50;
  // Nets.
  int mlp_width = 256;
  int mlp_epochs = 50;
  int mlp_batch = 32;
  double learning_rate = 1e-4;
  int net_seeds = 1;
  bool fullbatch = false;
  std::string attention_widths = "1024 512";
  int attention_epochs = 50;
  int attention_batch = 64;
  double attention_dropout = 0.1;
  // Stress test and heads.
  int stress_folds = 5;
  int stress_degree = 2;
  std::string stress_features = "default";
  std::string stress_ensemble = "mean";
  int boosted_trees = 600;
  int boosted_depth = 10;
  double boosted_rate = 0.03;
  int forest_trees = 400;
  int forest_depth = 16;
  std::vector<std::string> heads = {"1", "5", "10", "25"};
  std::string heads_form = "mean_gain";
  // How it is computed, not what.
  int memory_mb = 2048;

  template <class Visit>
  void fields(Visit&& visit) {
    visit("fits", fits,
          "probes to fit: hidden_mlp hidden_linear last5 contrib12 sparse fusion attention stress "
          "heads");
    visit("position", position,
          "first | last: hidden states at the last prompt position, or at the last answer token");
    visit("label", label,
          "primary | NAME of a scorer | margin_median (final margin above its median, the authors' "
          "label of neurons on two models)");
    visit("outer_folds", outer_folds, "folds by image, each scored by a probe without it, >= 2");
    visit("inner_folds", inner_folds, "folds of an outer training part that choose, >= 2");
    visit("layers_per_part", layers_per_part, "layers that one unit fits, >= 1");
    visit("controls", controls,
          "shuffle type_only length_only blank residualised duplicates max_cosine authors_split");
    visit("shuffles_linear", shuffles_linear, "label permutations of linear probes, >= 0");
    visit("shuffles_sparse", shuffles_sparse, "label permutations of the sparse probe, >= 0");
    visit("shuffles_net", shuffles_net, "label permutations of nets, >= 0");
    visit("draws_per_part", draws_per_part, "label permutations that one unit fits, >= 1");
    visit("allow_duplicates", allow_duplicates,
          "1: equal (image, question) pairs may lie in different folds (authors)");
    visit("linear_c", linear_c,
          "values of C in 0.5||w||^2 + C sum log-loss; several: chosen on the training part");
    visit("fusion_c", fusion_c, "C of the fusion of signals, > 0");
    visit("last5_mlp", last5_mlp, "1: last five layers into the MLP instead of the linear probe");
    visit("sparse_form", sparse_form,
          "sum: ||w||_1 + C sum log-loss | lambda: sparse_c ||w||_1 + mean log-loss");
    visit("sparse_c", sparse_c, "C, or lambda with sparse_form = lambda, > 0");
    visit("top_variance", top_variance,
          "coordinates of largest training variance that the sparse probe sees, 0 = all (authors: "
          "1000 on LLaVA)");
    visit("nonzero_above", nonzero_above, "a weight counts as nonzero above this (authors: 0.01)");
    visit("neuron_ranking", neuron_ranking, "weight | delta: order of success and failure neurons");
    visit("neurons_kept", neurons_kept, "neurons kept of each kind, layer and fold, >= 1");
    visit("delta_bins", delta_bins, "bins of the histogram of delta, >= 1");
    visit("mlp_width", mlp_width, "hidden units of the MLP probe, >= 1");
    visit("mlp_epochs", mlp_epochs, "passes over the training part, >= 1");
    visit("mlp_batch", mlp_batch, "items of a step, >= 1");
    visit("learning_rate", learning_rate, "Adam's rate for every net, > 0");
    visit("net_seeds", net_seeds, "initialisations whose scores are averaged, >= 1");
    visit(
        "fullbatch", fullbatch,
        "1: the MLP probe takes mlp_epochs steps on all training items, unscaled (published code)");
    visit("attention_widths", attention_widths, "hidden units of the ensemble attention probe");
    visit("attention_epochs", attention_epochs, "its passes over the training part, >= 1");
    visit("attention_batch", attention_batch, "its items of a step, >= 1");
    visit("attention_dropout", attention_dropout, "dropout after its hidden layers, in [0, 1)");
    visit("stress_folds", stress_folds, "folds of the stress test, >= 2");
    visit("stress_degree", stress_degree, "1 | 2: features alone, or with all their products");
    visit("stress_features", stress_features,
          "default | authors (strength over all keys, softmax twice)");
    visit("stress_ensemble", stress_ensemble, "mean | stacking of the two probabilities");
    visit("boosted_trees", boosted_trees, "boosted trees, >= 1");
    visit("boosted_depth", boosted_depth, "their depth, >= 1");
    visit("boosted_rate", boosted_rate, "their learning rate, in (0, 1]");
    visit("forest_trees", forest_trees, "trees of the random forest, >= 1");
    visit("forest_depth", forest_depth, "their depth, >= 1");
    visit("heads", heads, "numbers of heads k that are tried");
    visit("heads_form", heads_form, "mean_gain | authors (per item, softmax of the gains)");
    visit(
        "memory_mb", memory_mb,
        "features of a unit are held in memory up to this size, else in a scratch file in TMPDIR; "
        "the results are the same");
  }
};

/// Error (usage) naming the field that is out of range.
void check(const ProbesParams& params);

/// The values of linear_c, ascending. Error (usage) when one is not a positive number.
std::vector<double> linear_cs(const ProbesParams& params);

/// Hidden widths of the ensemble attention probe. Error (usage) when one is not a positive integer.
std::vector<int> attention_widths(const ProbesParams& params);

/// Whether `fits` names the probe; whether `controls` names the control.
bool fits_probe(const ProbesParams& params, const std::string& probe);
bool has_control(const ProbesParams& params, const std::string& control);

}  // namespace vrp
