#pragma once
// What the two stages of probes hold.
//
// `probe_fits`: one unit for each part of a cell (fit_parts in probes.hpp): a probe, or a probe on
// a block of layers. The record is private to this folder.
//
// `probes`: one unit for each cell. N items of the cell in the order of the table.
//   item/key      text [item]
//   item/fold     int32 [item]  outer fold; -1: not used (no answer, no label or no states)
//   probe/NAME    float64 [item], role = signal, orientation 1: score of the probe that did not see
//                 the item's image; NaN where the item is not used. NAME:
//     hidden_probe        MLP on h(l) at the last prompt position, l chosen on the training part
//     linear_probe        L2 logistic on h(l), l chosen likewise; linear_h_last: on h(L-1)
//     last5, fusion, sparse, ensemble_attention
//     contrib12           attribute needs_reference = "1": contributions to the margin of the
//                         reference answer, whose sum is positive where the answer is right
//     stress_test         mean of stress_boosted and stress_forest
//     stress_boosted, stress_forest
//     head_entropy        H_n of the mean map of the k heads of largest gain, k chosen on the
//                         training part (orientation 0: its R is what T1 prints); one more for each
//                         k of the list: head_entropy_k5
//   and the frames below.
#include <cstdint>
#include <string>

#include "pipeline/store/frame.hpp"

namespace vrp {

/// Frame "probe_fold": a probe in one outer fold.
struct ProbeFoldRow {
  std::string probe;
  std::int64_t fold = 0;
  std::int64_t layer = -2;  ///< chosen block, -1 = embeddings, -2 = the probe has no layer
  std::string choice;       ///< what else was chosen: "C=0.1", "k=5"
  std::int64_t train = 0, test = 0, test_correct = 0;
  double inner_auroc = kUndefined, auroc = kUndefined;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("probe", &ProbeFoldRow::probe, "", "probe");
    visit("fold", &ProbeFoldRow::fold, "1", "outer fold");
    visit("layer", &ProbeFoldRow::layer, "1", "chosen block; -1 embeddings, -2 none");
    visit("choice", &ProbeFoldRow::choice, "", "what else was chosen on the training part");
    visit("train", &ProbeFoldRow::train, "items", "items of the training part");
    visit("test", &ProbeFoldRow::test, "items", "items of the fold");
    visit("test_correct", &ProbeFoldRow::test_correct, "items", "correct items of the fold");
    visit("inner_auroc", &ProbeFoldRow::inner_auroc, "1", "mean inner AUROC of the choice");
    visit("auroc", &ProbeFoldRow::auroc, "1", "AUROC on the fold");
    visit("note", &ProbeFoldRow::note, "", "why something is undefined");
  }
};

/// Frame "probe_layer": a probe on one layer, whatever was chosen; scores are out of fold.
struct ProbeLayerRow {
  std::string probe;
  std::int64_t layer = 0;  ///< -1 = embeddings
  std::int64_t n = 0, correct = 0;
  double auroc = kUndefined;     ///< of the out-of-fold scores of all n items
  double accuracy = kUndefined;  ///< at probability 0.5, out of fold
  double balanced_accuracy = kUndefined;
  double inner_auroc = kUndefined;  ///< mean over outer folds of the mean inner AUROC
  double nonzero = kUndefined;  ///< share of the width with |w| > 0, mean over folds; sparse only
  double authors_auroc = kUndefined;  ///< one random 80/20 split of items, stratified, seed 42
  double authors_accuracy = kUndefined;
  std::int64_t prespecified = 0;  ///< 1 = a layer that the paper's early version names
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("probe", &ProbeLayerRow::probe, "", "probe");
    visit("layer", &ProbeLayerRow::layer, "1", "block; -1 = embeddings");
    visit("n", &ProbeLayerRow::n, "items", "items with a score");
    visit("correct", &ProbeLayerRow::correct, "items", "correct items among them");
    visit("auroc", &ProbeLayerRow::auroc, "1", "AUROC of the out-of-fold scores");
    visit("accuracy", &ProbeLayerRow::accuracy, "1", "accuracy at probability 0.5, out of fold");
    visit("balanced_accuracy", &ProbeLayerRow::balanced_accuracy, "1", "mean of both recalls");
    visit("inner_auroc", &ProbeLayerRow::inner_auroc, "1", "mean inner AUROC over outer folds");
    visit("nonzero", &ProbeLayerRow::nonzero, "1", "share of nonzero weights (sparse probe)");
    visit("authors_auroc", &ProbeLayerRow::authors_auroc, "1",
          "AUROC on the test part of the authors' split (items, not images: leaks)");
    visit("authors_accuracy", &ProbeLayerRow::authors_accuracy, "1", "accuracy there");
    visit("prespecified", &ProbeLayerRow::prespecified, "1", "1 = named by the early version");
    visit("note", &ProbeLayerRow::note, "", "why something is undefined");
  }
};

/// Frame "probe_control": what a probe reaches without the right to.
struct ProbeControlRow {
  std::string probe;
  std::string control;  ///< shuffle | type_only | length_only | blank | residualised |
                        ///< authors_split | transfer:SOURCE:TARGET | max_cosine | duplicates
  std::int64_t draws = 1, n = 0;
  double value =
      kUndefined;  ///< AUROC (mean over draws); max_cosine: the cosine; duplicates: pairs
  /// 2.5 and 97.5 % of the draws; transfer: 95 % limits of the AUROC with images as clusters
  /// (stats::auroc_clustered). NaN = one draw.
  double low = kUndefined, high = kUndefined;
  /// Permutation p of the nested AUROC (shuffle); transfer: AUROC = 0.5, images as clusters.
  double p = kUndefined;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("probe", &ProbeControlRow::probe, "", "probe");
    visit("control", &ProbeControlRow::control, "", "control");
    visit("draws", &ProbeControlRow::draws, "draws", "label permutations, or 1");
    visit("n", &ProbeControlRow::n, "items", "items used");
    visit("value", &ProbeControlRow::value, "1", "AUROC, mean over draws (or as the control says)");
    visit("low", &ProbeControlRow::low, "1", "2.5 % quantile of the draws, or lower 95 % limit");
    visit("high", &ProbeControlRow::high, "1", "97.5 % quantile of the draws, or upper 95 % limit");
    visit("p", &ProbeControlRow::p, "probability",
          "permutation p of the nested AUROC; transfer: AUROC = 0.5");
    visit("note", &ProbeControlRow::note, "", "why something is undefined");
  }
};

/// Frame "neuron": a coordinate of an MLP block's output in the sparse probe of one outer fold's
/// training part, or of all items (fold -1: for T9 only, never for interventions).
struct NeuronRow {
  std::int64_t layer = 0, fold = 0;
  std::string kind;  ///< success (w > 0) | failure (w < 0) | ranked (largest |w|, interventions)
  std::int64_t rank = 0;  ///< 0 = first of its kind
  std::int64_t neuron = 0;
  double weight = 0;          ///< of the z-scored input
  double delta = kUndefined;  ///< mean activation on correct minus on incorrect training items
  double mean = kUndefined;   ///< mean activation on the training items (edit `mean`)

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("layer", &NeuronRow::layer, "1", "block");
    visit("fold", &NeuronRow::fold, "1", "outer fold that the fit did not see; -1 = fit on all");
    visit("kind", &NeuronRow::kind, "", "success, failure or ranked (by |weight|, then |delta|)");
    visit("rank", &NeuronRow::rank, "1", "0 = first of its kind");
    visit("neuron", &NeuronRow::neuron, "1", "coordinate of the MLP block's output");
    visit("weight", &NeuronRow::weight, "1", "weight on the z-scored activation");
    visit("delta", &NeuronRow::delta, "1", "mean on correct minus mean on incorrect items");
    visit("mean", &NeuronRow::mean, "1", "mean activation on the training items");
  }
};

/// Frame "delta_bin": histogram of delta_j over all neurons of a block (fit on all items), 50 bins.
struct DeltaBinRow {
  std::int64_t layer = 0;
  double lower = 0, upper = 0;
  std::int64_t count = 0;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("layer", &DeltaBinRow::layer, "1", "block");
    visit("lower", &DeltaBinRow::lower, "1", "lower end of the bin");
    visit("upper", &DeltaBinRow::upper, "1", "upper end of the bin");
    visit("count", &DeltaBinRow::count, "neurons", "neurons in the bin");
  }
};

}  // namespace vrp
