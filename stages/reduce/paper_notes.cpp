#include "stages/reduce/paper_notes.hpp"

namespace vrp {
namespace {

constexpr std::string_view kAsNamed = "as its name says, as far as the text tells";
constexpr std::string_view kLastFive =
    "linear probe on the last five layers on VQAv2, one 70/30 split of items";

constexpr PaperNoteText text(PaperNote note) {
  switch (note) {
    case PaperNote::accuracy:
      return {
          "share of answers whose first yes or no is the right one, POPE adversarial; profile "
          "authors: lenient match of the answer, VQAv2",
          "VQAv2 (train2014), first generated token, right when it or the reference contains "
          "the other; Qwen2-VL's first tokens are 'The', 'I', 'There'",
          ""};
    case PaperNote::top_heads:
      return {
          "largest, over k = 1, 5, 10, 25, of the squared R of the entropy of the k best heads' "
          "map with correctness, held-out folds; profile authors: with ln P of the first token",
          "R2 with the log probability of the answer token, not with correctness; heads and "
          "weights by item",
          ""};
    case PaperNote::stress:
      return {
          "accuracy at 0.5 of boosted trees and random forest on 11 attention features and "
          "their products, out of fold by image",
          "features over all keys, which measure the prompt's length; models LLaVA-1.5, "
          "PaliGemma2 and Qwen3-VL",
          ""};
    case PaperNote::peak_llava:
      return {
          "block of the largest mean of margin minus blank-image margin; profile authors: block "
          "of the largest mean margin of correct minus incorrect items",
          "block of the largest gap of correct and incorrect items (2.16 logits), VQAv2", ""};
    case PaperNote::peak_others:
      return {
          "block of the largest mean of margin minus blank-image margin, POPE adversarial; "
          "profile authors: VQAv2, first token of the reference, no final norm",
          "margin minus blank-image margin, 100 items of VQAv2", ""};
    case PaperNote::peak_value:
      return {
          "that difference at its largest block, logits, POPE adversarial; profile authors: "
          "VQAv2, first token of the reference, no final norm",
          "margin minus blank-image margin on VQAv2, n = 100 (n = 1000 in the raw runs: 9.57 "
          "for PaliGemma, 10.48 for Qwen2-VL)",
          ""};
    case PaperNote::peak_value_layer:
      return {
          "block of the largest mean of margin minus blank-image margin, of which the value is "
          "printed",
          "the block printed in brackets behind the value, VQAv2", ""};
    case PaperNote::share_llava:
      return {
          "|MLP| / (|MLP| + |attention|) of mean contributions over the blocks at which the "
          "margin grows; profile authors: signed ratio over the blocks with a visual boost",
          "signed ratio over the blocks with a visual boost (or the last two), towards the "
          "predicted token",
          ""};
    case PaperNote::share_paligemma:
      return {
          "|MLP| / (|MLP| + |attention|) of mean contributions over the blocks at which the "
          "margin grows; profile authors: over the blocks with a visual effect above 0.5",
          "absolute ratio over the blocks with a visual effect above 0.5", ""};
    case PaperNote::share_qwen:
      return {
          "|MLP| / (|MLP| + |attention|) of mean contributions over the blocks at which the "
          "margin grows; profile authors: ratio of L2 norms over all blocks",
          "ratio of L2 norms of block outputs over all blocks", ""};
    case PaperNote::probe_llava:
      return {
          "MLP on the last prompt position, block chosen on training folds, out of fold by image",
          "logistic regression on 12 sums of contributions; its 1000 rows are 37 questions "
          "repeated 27 times, split at random: test items are in the training part",
          ""};
    case PaperNote::probe_vqav2:
      return {
          "MLP on the last prompt position, block chosen on training folds, out of fold by "
          "image; profile authors: last five layers, one random split of VQAv2's items",
          kLastFive, ""};
    case PaperNote::probe_bench:
      return {
          "MLP on the last prompt position, out of fold by image, LLaVA-Bench under a judge's "
          "verdicts",
          "the digits of the POPE column again, which are of another set", ""};
    case PaperNote::probe_plain:
      return {
          "MLP on the last prompt position, block chosen on training folds, out of fold by image",
          kAsNamed, ""};
    case PaperNote::output:
      return {"AUROC of the largest probability of the first answer token", kAsNamed, ""};
    case PaperNote::r_structure:
      return {
          "point-biserial R of the raw signal with correctness, pooled set, maps over all heads, "
          "layers and answer tokens",
          kAsNamed, ""};
    case PaperNote::r_interval:
      return {"95 % limits of that R by Fisher's transform, as the print's", kAsNamed, ""};
    case PaperNote::pooled_n:
      return {"items of the pooled set with signal and label", kAsNamed, ""};
    case PaperNote::r_p:
      return {"two-sided p of that R before adjustment", kAsNamed, ""};
    case PaperNote::r_s_sc:
      return {"point-biserial R of the share of equal sampled answers with correctness, pooled set",
              kAsNamed, ""};
    case PaperNote::precision:
      return {"share of right greedy answers among the items whose K sampled answers are all equal",
              kAsNamed, ""};
    case PaperNote::precision_interval:
      return {"95 % limits of that share", kAsNamed, ""};
    case PaperNote::precision_n:
      return {"items whose K sampled answers are all equal",
              "not printed; Wilson's limits fit about 670", "the paper does not print this n"};
    case PaperNote::structure_auroc:
      return {"AUROC of the attention map's entropy or clusters on the declared orientation",
              "negative entropy of the logits, 0.5 where it failed; LLaVA's baselines typed in",
              ""};
    case PaperNote::structure_t8:
      return {"AUROC of the attention map's entropy or clusters on the declared orientation",
              kAsNamed, ""};
    case PaperNote::logit_entropy:
      return {"AUROC of the entropy of the first answer token's distribution, smaller is better",
              kAsNamed, ""};
    case PaperNote::confidence:
      return {"AUROC of the largest probability of the first answer token", kAsNamed, ""};
    case PaperNote::margin:
      return {"AUROC of the last block's margin of the right answer, which needs the reference",
              kAsNamed, ""};
    case PaperNote::margin_top2:
      return {
          "AUROC of the last block's margin of the right answer; profile authors: of the largest "
          "minus the second largest logit",
          "largest minus second largest logit, which needs no reference", ""};
    case PaperNote::s_sc_auroc:
      return {"AUROC of the share of equal answers among K = 10 samples (T 0.7, top-p 0.9)",
              kAsNamed, ""};
    case PaperNote::last5_llava:
      return {
          "linear probe on the last five layers, out of fold by image",
          "the digits of the hidden-state probe, which come from 37 questions repeated 27 times",
          ""};
    case PaperNote::last5_vqav2:
      return {
          "linear probe on the last five layers of POPE's items, out of fold by image; profile "
          "authors: one random split of VQAv2's items",
          kLastFive, ""};
    case PaperNote::best_layer:
      return {"median of the blocks that the outer folds chose, with their range",
              "best layer on the test part; LLaVA's 21 is block 21 of the second forward pass, "
              "another position than for the other models",
              ""};
    case PaperNote::probe_accuracy:
      return {
          "accuracy at 0.5 of the MLP probe on the block that the early version names, out of "
          "fold by image",
          kAsNamed, ""};
    case PaperNote::probe_train_test:
      return {"AUROC out of fold by image", "scored on training and test items together", ""};
    case PaperNote::random:
      return {"0.5 by definition", kAsNamed, ""};
    case PaperNote::linear_last:
      return {"L2 logistic regression on the last block's state, out of fold by image", kAsNamed,
              ""};
    case PaperNote::attention_probe:
      return {"net on the attention maps of all layers, out of fold by image", kAsNamed, ""};
    case PaperNote::t5_level:
      return {
          "share of right answers on the evaluated items of the pooled set",
          "200 mixed questions, 12 of them object identification; the raw files seen have 6.0 % "
          "(n 200) and 32.1 % (n 1000)",
          "its mix of 200 questions is not published"};
    case PaperNote::t5_object:
      return {"share of right answers on the POPE items of the evaluated pooled set",
              "12 questions of the 200", ""};
    case PaperNote::t5_single:
      return {
          "percentage points that our probe's first neuron of the block costs at zero; profile "
          "authors: neuron 1512",
          "neuron 1512; on object identification one answer of 12 is 8.3 pp", ""};
    case PaperNote::t5_top:
      return {
          "percentage points that our probe's first five neurons cost at zero; profile authors: "
          "1512, 1360, 1573, 3556, 2298",
          "neurons 1512, 1360, 1573, 3556, 2298; on object identification one answer of 12 is "
          "8.3 pp",
          ""};
    case PaperNote::t5_random:
      return {
          "percentage points that five other neurons cost at zero, mean over draws; profile "
          "authors: 100, 500, 1000, 2000, 3000",
          "neurons 100, 500, 1000, 2000, 3000", ""};
    case PaperNote::t5_clamp:
      return {"the same with the neuron clamped, exact McNemar p", "paired t-test on 0 and 1", ""};
    case PaperNote::t5_blocks:
      return {"largest effect, in size, of the same five neurons at another block of the sweep",
              "'< 1 %' at blocks 10, 17, 21, 27 and 29", ""};
    case PaperNote::t6_level:
      return {
          "share of right answers on the evaluated POPE items, mean over draws",
          "an evaluation split that is not named, 300 (PaliGemma, implied by 96.3 and 97.0 %) or "
          "100 items",
          ""};
    case PaperNote::t6_effect:
      return {"percentage points that these neurons cost at zero, mean over 10 nested draws",
              "one draw, 300 (PaliGemma) or 100 items", ""};
    case PaperNote::t6_bypass:
      return {"percentage points that the block's MLP costs when its output is zero",
              "its own accuracies give +10.0 pp", ""};
    case PaperNote::neuron:
      return {
          "our probe's neuron of the same rank at the last block, fit on all items: mean "
          "activation on correct minus incorrect items, or weight on the z-scored activation",
          "early version; each its own neuron, which a later fit need not find again",
          "the largest of a block's thousands of neurons: no interval belongs to it"};
    case PaperNote::neuron_named:
      return {"the neuron's delta in our probe where it is among the first of its kind",
              "appendix of the early version, without a definition beside it",
              "the largest of a block's thousands of neurons: no interval belongs to it"};
    case PaperNote::sparse_accuracy:
      return {"accuracy at 0.5 of the L1 probe on the block's MLP output, out of fold by image",
              "early version, one random split", ""};
    case PaperNote::sparse_nonzero:
      return {"share of nonzero weights of the L1 probe at that block, mean over folds",
              "weights above 0.01, of the 1000 coordinates of largest variance", ""};
    case PaperNote::samples:
      return {"none", "'50,000+ samples', without a word on what is counted",
              "the text does not say what is counted"};
    case PaperNote::layer_role:
      return {"mean margin minus blank-image margin of that block", "early version, 'layer roles'",
              "the text does not say which quantity of a layer it is"};
    case PaperNote::masking_llava:
      return {"percentage points that the 30 % of cells with most attention cost when grey",
              "LLaVA-1.5-13B: 77.5 to 69.3 % (low 75.0, random 72.5)", ""};
    case PaperNote::masking:
      return {"percentage points that the 30 % of cells with most attention cost when grey",
              "75.4 to 64.1 % in the raw runs (low 70.5, random 68.0), maps of the last block, "
              "pictures stretched to a square",
              ""};
    case PaperNote::masking_p:
      return {"exact McNemar p of that effect", "paired t-test on 0 and 1", ""};
    case PaperNote::entropy_early:
      return {"mean H_s of block 2 minus block 1, nats", "'about -2.5', read off a curve", ""};
    case PaperNote::entropy_last:
      return {"mean H_s of the last block minus the one before, nats",
              "'about +1.0', read off a curve", ""};
    case PaperNote::entropy_again:
      return {"mean H_s of that block minus the one before, nats; negative = sharper",
              "'re-sharpens'", ""};
    case PaperNote::flat:
      return {"largest over smallest mean residual update of the image tokens in blocks 5 to 28",
              "'flat', without a measure", "the text gives no measure of flat"};
    case PaperNote::rise:
      return {"mean residual update in the last two blocks over that in blocks 5 to 28",
              "'rises' at 30 to 32, counted from 1", "the text gives no measure of a rise"};
    case PaperNote::case_h_s:
      return {"H_s in nats of the case study's item: the wrong answer of lowest H_s",
              "entropy / log2 N of a min-max scaled map of head gains", ""};
    case PaperNote::case_percentile:
      return {"percentile of its H_s in its set", "'bottom 15 %' of that other entropy", ""};
    case PaperNote::case_c_k:
      return {"C_k of the case study's item", "of sample 31, of an order that is not published",
              "the item cannot be identified"};
    case PaperNote::case_answer:
      return {"the answer to the case study's item",
              "of sample 31, of an order that is not published", "the item cannot be identified"};
    case PaperNote::case_layer:
      return {"block at which the item's margin is lowest",
              "'suppressed at layer 14', of sample 31", "the item cannot be identified"};
    case PaperNote::case_confidence:
      return {"output confidence of the case study's item", "of sample 31 (early version)",
              "the item cannot be identified"};
    case PaperNote::case_margin:
      return {"final margin of the case study's item", "of sample 31 (early version)",
              "the item cannot be identified"};
    case PaperNote::example:
      return {"none",
              "one counted picture of which neither set nor model is named; P_tok was the "
              "last token's probability",
              "the item cannot be identified"};
    case PaperNote::focused:
      return {"share of wrong answers whose H_s is below the 15th percentile of its set",
              "of a set and model that are not named", "neither model nor set is named"};
    case PaperNote::diffuse:
      return {"share of right answers whose H_s is above 4.5 nats",
              "of a set and model that are not named", "neither model nor set is named"};
    case PaperNote::count_:
      break;
  }
  return {};
}

}  // namespace

PaperNoteText paper_note(PaperNote note) { return text(note); }

}  // namespace vrp
