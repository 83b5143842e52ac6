#pragma once
// What can be chosen about the interventions (methods, section 12).
#include <string>
#include <vector>

namespace vrp {

struct InterventionsParams {
  int items = 1000;
  // Patch masking.
  std::vector<std::string> masks = {"pixel"};
  std::vector<std::string> mask_targets = {"high", "low", "random", "block", "region", "outside"};
  double mask_share = 0.30;
  int mask_draws = 5;
  std::string mask_scores = "map";
  // Neurons and whole MLPs.
  std::string layer = "-1";
  std::vector<std::string> sweep;
  std::string site = "mlp_out";
  std::vector<std::string> ids;
  std::vector<std::string> random_ids;
  int singles = 5;
  std::vector<std::string> single_operations = {"zero", "100", "-100"};
  std::vector<std::string> tops = {"5", "10"};
  std::vector<std::string> top_operations = {"zero", "100", "-100", "mean"};
  int random = 5;
  int random_draws = 20;
  int sweep_draws = 5;
  std::vector<std::string> scaled = {"12%", "25%", "50%"};
  int scaled_draws = 10;
  bool bypass = true;
  std::string scope = "all";
  // How it is computed, not what.
  int memory_mb = 1024;

  template <class Visit>
  void fields(Visit&& visit) {
    visit("items", items, "items of a set that are evaluated, chosen by seed; 0 = all");
    visit("masks", masks,
          "how cells are hidden: pixel (grey 128 before normalisation), embed (features := their "
          "mean over the image), attn (no query may attend to them); empty = no masking");
    visit("mask_targets", mask_targets,
          "cells to hide: high low (by score) random block (share of the image) region (the "
          "annotated object) outside (as many cells beside it)");
    visit("mask_share", mask_share,
          "share of the cells that high, low, random and block hide, (0, 1)");
    visit("mask_draws", mask_draws, "draws of random, >= 1");
    visit("mask_scores", mask_scores,
          "map | last_first: the map M of the metrics, or the last block's of the first query "
          "(authors)");
    visit("layer", layer,
          "block whose neurons are edited: a number, from the end (-1), or a share of the depth "
          "(50%: round(0.5 (L-1)))");
    visit("sweep", sweep, "further blocks where the same neurons are zeroed, as layer");
    visit("site", site,
          "mlp_out | mlp_act: a neuron is a dimension of the MLP block's output, or a column of "
          "its down projection (then ids are needed)");
    visit("ids", ids, "neurons to edit in this order; none: those of the sparse probe");
    visit("random_ids", random_ids, "one fixed random control (authors); none: seeded draws");
    visit("singles", singles, "first neurons that are edited alone, >= 0");
    visit("single_operations", single_operations, "zero, mean or a value to clamp to, each alone");
    visit("tops", tops, "numbers of first neurons that are edited together");
    visit("top_operations", top_operations, "zero, mean or a value to clamp to, together");
    visit("random", random, "neurons of a random control, disjoint from the targets; 0 = none");
    visit("random_draws", random_draws, "its draws, >= 1");
    visit("sweep_draws", sweep_draws, "its draws at each block of the sweep, >= 0");
    visit("scaled", scaled, "sizes of random ablation, neurons or shares of the width (25%)");
    visit("scaled_draws", scaled_draws, "its draws; a draw of more neurons holds that of fewer");
    visit("bypass", bypass, "1: the block's MLP output := 0 as well");
    visit("scope", scope,
          "all | last | last_prompt: positions that neuron edits act on; last: the newest one of "
          "each pass");
    visit("memory_mb", memory_mb,
          "memory for conditions that run together, >= 1; the results are the same");
  }
};

/// Error (usage) naming the field that is out of range.
void check(const InterventionsParams& params);

/// A block of a model of `layers` blocks by number, from the end ("-1") or as a share of the depth
/// ("50%"). Error (usage) naming `field`, the value and the valid range.
int layer_of(const std::string& field, const std::string& text, int layers);

/// Neurons of a model of `width`: a number or a share ("25%": round(0.25 width), at least 1). Error
/// (usage) naming `field`, the value and the valid range.
int neurons_of(const std::string& field, const std::string& text, int width);

}  // namespace vrp
