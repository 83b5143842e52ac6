#pragma once
// What reduce returns about the layers: logit lens, contributions, residual updates, attention
// entropy.
#include <cstdint>
#include <string>

#include "pipeline/store/frame.hpp"

namespace vrp {

/// Frame "lens_layer": one layer of a cell, means over items. Margins are there for every state
/// (layer -1 = embeddings); contributions, residual updates and attention entropy for blocks only.
/// NaN = undefined, the note says why.
struct LensLayerRow {
  std::string model;
  std::string benchmark;
  std::int64_t layer = 0;
  std::int64_t n = 0;
  double margin = kUndefined;
  double margin_low = kUndefined;
  double margin_high = kUndefined;
  std::int64_t n_blank = 0;
  double margin_blank = kUndefined;
  double delta_img = kUndefined;
  double delta_low = kUndefined;
  double delta_high = kUndefined;
  std::int64_t n_right = 0;
  std::int64_t n_wrong = 0;
  double sep = kUndefined;
  double sep_low = kUndefined;
  double sep_high = kUndefined;
  double first = kUndefined;
  double top2 = kUndefined;
  double attention = kUndefined;
  double mlp = kUndefined;
  double attention_norm = kUndefined;
  double mlp_norm = kUndefined;
  std::int64_t n_resid = 0;
  double resid = kUndefined;
  double resid_sd = kUndefined;
  double resid_relative = kUndefined;
  std::int64_t n_h = 0;
  double h_s = kUndefined;
  double dh_s = kUndefined;
  double h_n = kUndefined;
  double h_change = kUndefined;
  double h_change_low = kUndefined;
  double h_change_high = kUndefined;
  std::string interval;
  std::int64_t seed = 0;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &LensLayerRow::model, "", "model");
    visit("benchmark", &LensLayerRow::benchmark, "", "benchmark");
    visit("layer", &LensLayerRow::layer, "1", "block; -1 = embeddings");
    visit("n", &LensLayerRow::n, "items", "items with a margin");
    visit("margin", &LensLayerRow::margin, "logits", "mean margin(l)");
    visit("margin_low", &LensLayerRow::margin_low, "logits", "lower limit");
    visit("margin_high", &LensLayerRow::margin_high, "logits", "upper limit");
    visit("n_blank", &LensLayerRow::n_blank, "items",
          "items with a margin and a blank-image margin");
    visit("margin_blank", &LensLayerRow::margin_blank, "logits",
          "mean margin(l) with a blank image");
    visit("delta_img", &LensLayerRow::delta_img, "logits",
          "mean of margin minus blank-image margin");
    visit("delta_low", &LensLayerRow::delta_low, "logits", "lower limit");
    visit("delta_high", &LensLayerRow::delta_high, "logits", "upper limit");
    visit("n_right", &LensLayerRow::n_right, "items", "correct items with a margin");
    visit("n_wrong", &LensLayerRow::n_wrong, "items", "incorrect items with a margin");
    visit("sep", &LensLayerRow::sep, "logits", "mean margin of correct minus of incorrect items");
    visit("sep_low", &LensLayerRow::sep_low, "logits", "lower limit");
    visit("sep_high", &LensLayerRow::sep_high, "logits", "upper limit");
    visit("first", &LensLayerRow::first, "1",
          "share of items whose largest logit is a target token");
    visit("top2", &LensLayerRow::top2, "logits", "mean largest minus second largest logit");
    visit("attention", &LensLayerRow::attention, "logits",
          "mean contribution of the attention block to the final margin");
    visit("mlp", &LensLayerRow::mlp, "logits",
          "mean contribution of the MLP block to the final margin");
    visit("attention_norm", &LensLayerRow::attention_norm, "activation",
          "mean L2 norm of the attention block's output");
    visit("mlp_norm", &LensLayerRow::mlp_norm, "activation",
          "mean L2 norm of the MLP block's output");
    visit("n_resid", &LensLayerRow::n_resid, "items", "items with a residual update");
    visit("resid", &LensLayerRow::resid, "activation", "mean residual update of the image tokens");
    visit("resid_sd", &LensLayerRow::resid_sd, "activation", "standard deviation over items");
    visit("resid_relative", &LensLayerRow::resid_relative, "1",
          "mean update relative to the state");
    visit("n_h", &LensLayerRow::n_h, "items", "items with H_s at every layer");
    visit("h_s", &LensLayerRow::h_s, "nats", "mean H_s(l)");
    visit("dh_s", &LensLayerRow::dh_s, "nats", "mean H_s(l) - H_s(l-1)");
    visit("h_n", &LensLayerRow::h_n, "1", "mean H_n(l)");
    visit("h_change", &LensLayerRow::h_change, "nats", "mean H_s(l) - H_s(0)");
    visit("h_change_low", &LensLayerRow::h_change_low, "nats", "lower limit");
    visit("h_change_high", &LensLayerRow::h_change_high, "nats", "upper limit");
    visit("interval", &LensLayerRow::interval, "", "kind of every interval");
    visit("seed", &LensLayerRow::seed, "", "master seed");
    visit("note", &LensLayerRow::note, "", "why something is undefined");
  }
};

/// Frame "lens": where in a cell's model the answer is made. Layers: -2 = undefined.
struct LensSummaryRow {
  std::string model;
  std::string benchmark;
  std::int64_t layers = 0;
  std::int64_t n = 0;
  std::int64_t invalid = 0;
  std::int64_t l_vis = -2;
  double delta_vis = kUndefined;
  double delta_vis_low = kUndefined;
  double delta_vis_high = kUndefined;
  double margin_vis = kUndefined;
  std::int64_t l_sep = -2;
  double sep_sep = kUndefined;
  double sep_sep_low = kUndefined;
  double sep_sep_high = kUndefined;
  double margin_sep = kUndefined;
  std::int64_t l_margin = -2;
  double margin_peak = kUndefined;
  double margin_final = kUndefined;
  double margin_final_low = kUndefined;
  double margin_final_high = kUndefined;
  double delta_final = kUndefined;
  double embedding = kUndefined;
  double sum_check = kUndefined;
  std::int64_t early_lock = -2;
  double dh_early_lock = kUndefined;
  double dh_final = kUndefined;
  std::int64_t n_h = 0;
  std::string interval;
  std::int64_t seed = 0;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &LensSummaryRow::model, "", "model");
    visit("benchmark", &LensSummaryRow::benchmark, "", "benchmark");
    visit("layers", &LensSummaryRow::layers, "1", "blocks");
    visit("n", &LensSummaryRow::n, "items", "items with a margin");
    visit("invalid", &LensSummaryRow::invalid, "items", "items without one");
    visit("l_vis", &LensSummaryRow::l_vis, "1",
          "block of the largest mean delta_img, lowest on ties");
    visit("delta_vis", &LensSummaryRow::delta_vis, "logits", "delta_img there");
    visit("delta_vis_low", &LensSummaryRow::delta_vis_low, "logits", "lower limit");
    visit("delta_vis_high", &LensSummaryRow::delta_vis_high, "logits", "upper limit");
    visit("margin_vis", &LensSummaryRow::margin_vis, "logits", "mean margin there");
    visit("l_sep", &LensSummaryRow::l_sep, "1", "block of the largest sep, lowest on ties");
    visit("sep_sep", &LensSummaryRow::sep_sep, "logits", "sep there");
    visit("sep_sep_low", &LensSummaryRow::sep_sep_low, "logits", "lower limit");
    visit("sep_sep_high", &LensSummaryRow::sep_sep_high, "logits", "upper limit");
    visit("margin_sep", &LensSummaryRow::margin_sep, "logits", "mean margin there");
    visit("l_margin", &LensSummaryRow::l_margin, "1",
          "block of the largest mean margin, lowest on ties");
    visit("margin_peak", &LensSummaryRow::margin_peak, "logits", "mean margin there");
    visit("margin_final", &LensSummaryRow::margin_final, "logits", "mean margin of the last block");
    visit("margin_final_low", &LensSummaryRow::margin_final_low, "logits", "lower limit");
    visit("margin_final_high", &LensSummaryRow::margin_final_high, "logits", "upper limit");
    visit("delta_final", &LensSummaryRow::delta_final, "logits", "delta_img of the last block");
    visit("embedding", &LensSummaryRow::embedding, "logits",
          "mean contribution of the embedding to the final margin");
    visit("sum_check", &LensSummaryRow::sum_check, "logits",
          "largest difference, over items, of the margin and the sum of its contributions");
    visit("early_lock", &LensSummaryRow::early_lock, "1",
          "block of the most negative mean dH_s, lowest on ties");
    visit("dh_early_lock", &LensSummaryRow::dh_early_lock, "nats", "mean dH_s there");
    visit("dh_final", &LensSummaryRow::dh_final, "nats", "mean dH_s of the last block");
    visit("n_h", &LensSummaryRow::n_h, "items", "items with H_s at every layer");
    visit("interval", &LensSummaryRow::interval, "", "kind of every interval");
    visit("seed", &LensSummaryRow::seed, "", "master seed");
    visit("note", &LensSummaryRow::note, "", "why something is undefined");
  }
};

/// Frame "mlp_share": the share of the MLP blocks in the margin, in one form over one set of layers
/// (methods, section 7.2). Means over items first, then sums over the layers of the set.
struct ShareRow {
  std::string model;
  std::string benchmark;
  std::string form;
  std::string layer_set;
  std::int64_t is_default = 0;
  std::int64_t n = 0;
  std::int64_t layers = 0;
  std::string blocks;
  double attention = kUndefined;
  double mlp = kUndefined;
  double share = kUndefined;
  double low = kUndefined;
  double high = kUndefined;
  std::string interval;
  std::string printed_as;
  std::int64_t seed = 0;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &ShareRow::model, "", "model");
    visit("benchmark", &ShareRow::benchmark, "", "benchmark");
    visit("form", &ShareRow::form, "", "absolute | signed | norm");
    visit("layer_set", &ShareRow::layer_set, "", "growth | visual | boost | last2 | all");
    visit("is_default", &ShareRow::is_default, "1", "1 = absolute on growth");
    visit("n", &ShareRow::n, "items", "items with contributions");
    visit("layers", &ShareRow::layers, "1", "blocks of the set");
    visit("blocks", &ShareRow::blocks, "", "the blocks, ascending");
    visit("attention", &ShareRow::attention, "1",
          "sum over the set of the attention blocks' parts");
    visit("mlp", &ShareRow::mlp, "1", "sum over the set of the MLP blocks' parts");
    visit("share", &ShareRow::share, "1", "mlp / (mlp + attention); NaN = denominator 0");
    visit("low", &ShareRow::low, "1", "lower limit, layers fixed");
    visit("high", &ShareRow::high, "1", "upper limit, layers fixed");
    visit("interval", &ShareRow::interval, "", "kind of the interval");
    visit("printed_as", &ShareRow::printed_as, "", "the printed figure that had this definition");
    visit("seed", &ShareRow::seed, "", "master seed");
    visit("note", &ShareRow::note, "", "why something is undefined");
  }
};

}  // namespace vrp
