#pragma once
// What the paper's numbers mean: the definition that this program computes, and what the print was.
#include <string_view>

namespace vrp {

enum class PaperNote {
  accuracy,
  top_heads,
  stress,
  peak_llava,
  peak_others,
  peak_value,
  peak_value_layer,
  share_llava,
  share_paligemma,
  share_qwen,
  probe_llava,
  probe_vqav2,
  probe_bench,
  probe_plain,
  output,
  r_structure,
  r_interval,
  pooled_n,
  r_p,
  r_s_sc,
  precision,
  precision_interval,
  precision_n,
  structure_auroc,
  structure_t8,
  logit_entropy,
  confidence,
  margin,
  margin_top2,
  s_sc_auroc,
  last5_llava,
  last5_vqav2,
  best_layer,
  probe_accuracy,
  probe_train_test,
  random,
  linear_last,
  attention_probe,
  t5_level,
  t5_object,
  t5_single,
  t5_top,
  t5_random,
  t5_clamp,
  t5_blocks,
  t6_level,
  t6_effect,
  t6_bypass,
  neuron,
  neuron_named,
  sparse_accuracy,
  sparse_nonzero,
  samples,
  layer_role,
  masking_llava,
  masking,
  masking_p,
  entropy_early,
  entropy_last,
  entropy_again,
  flat,
  rise,
  case_h_s,
  case_percentile,
  case_c_k,
  case_answer,
  case_layer,
  case_confidence,
  case_margin,
  example,
  focused,
  diffuse,
  count_  ///< number of notes
};

struct PaperNoteText {
  std::string_view ours;   ///< the definition of our number
  std::string_view print;  ///< what the print was
  std::string_view why;    ///< why no run can be held against it; "" = one can
};

/// Texts without a full stop at their end. `ours` and `print` are never empty.
PaperNoteText paper_note(PaperNote note);

}  // namespace vrp
