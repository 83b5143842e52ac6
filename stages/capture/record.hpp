#pragma once
// What a capture unit holds. N items of the unit, L blocks, D residual width, P image tokens over
// all items, A answer tokens over all items. [state] has L + 1 entries, entry 0 = h(-1).
//
//   item/key, item/id, item/group, item/type   text [item]
//   item/status         int32 [item]  0 ok, 1 failed (no answer), 2 attention invalid (the answer
//                       and its labels hold; every attention metric is NaN)
//   item/reason         text [item], "" when ok
//   item/patch_offset   int64 [item_plus_one], attribute ragged_dim = "image_token"
//   item/grid           int32 [item, axis]  rows, cols of image tokens
//   item/geometry       float64 [item, geometry_field]  source width, source height, scale x,
//                       scale y, offset x, offset y, input width, input height
//                       (input = source * scale - offset)
//   item/prompt_tokens  int32 [item]  of the asked question (question.hpp) in the model's template
//   answer/text         text [item]
//   answer/length       int32 [item]  T, end token excluded
//   answer/ended        uint8 [item]  1 = an end token was produced
//   answer/token_offset int64 [item_plus_one], ragged_dim = "answer_token"
//   answer/tokens       int32 [answer_token]
//   answer/logprob, answer/entropy   float64 [answer_token]
//   output/p_tok, output/logit_entropy, output/confidence   float64 [item], role = signal
//                       (methods 9)
//   output/top1, output/top2   float32 [item]  the two largest logits of the first token
//   attention/map       float32 [layer, image_token]  m(l): mean over heads and answer queries
//   attention/map_first float32 [layer, image_token]  the query of y_0 only
//   attention/map_last  float32 [layer, image_token]  that of y_{T-1}; with last_map
//   attention/head_map  float32 [layer, head, image_token]  the query of y_0; with head_map
//   attention/share     float64 [item, layer]  img_share(l)
//
// With capture.hidden:
//   hidden/first, hidden/last   float16 [item, state, hidden]  h(-1) .. h(L-1) at the last prompt
//                       position, at the last answer token
//   hidden/blank        float16 [item, state, hidden]  as first, with a picture of uniform grey 128
//                       and the same size in place of the item's; with blank
//   hidden/mlp_first    float16 [item, layer, hidden]  MLP output at the last prompt position
//   hidden/clamped      int32 [item]  values outside +-65504 that were clamped
//
// With capture.lens (methods 7), all at the last prompt position. z(l) = logits of state l after
// the final norm (lens_norm = raw: without it); c = tokens that a right answer may start with, v =
// the others, as capture.margin and capture.blank_token choose them (answer_tokens.hpp):
//   lens/margin         float32 [item, state]  max z_c - max z_v; NaN without reference
//   lens/margin_blank   float32 [item, state]  the same with the grey picture; with blank
//   lens/target         float32 [item, state]  max z_c
//   lens/top2           float32 [item, state]  largest minus second largest of all logits
//   lens/yes, lens/no   float32 [item, state]  largest logit of the forms of yes, of no
//   lens/rank           int32 [item, state]  1 = no other token (but ignored ones) has a larger
//                       logit than the best of c; -1 without reference
//   lens/target_token, lens/rival_token   int32 [item]  c*, v* of the last state; -1 without
//                       reference
//   lens/margin_last    float64 [item]  role = signal, needs_reference = "1": a diagnostic
//   lens/top2_last      float64 [item]  role = signal
//   contribution/attention, contribution/mlp   float64 [item, layer]
//                       (x * g) . (W_U[c*] - W_U[v*]): x = the block's output,
//                       g = final norm weight / rms(h(L-1)) (raw: 1)
//   contribution/embedding   float64 [item]  of h(-1); all contributions add up to margin_last
//   contribution/attention_norm, contribution/mlp_norm   float32 [item, layer]  ||x||
//   residual_update/mean     float64 [item, layer]  mean over image positions of
//                       ||h(l) - h(l-1)||
//   residual_update/relative float64 [item, layer]  of that divided by ||h(l-1)||
//   head/gain           float32 [item, layer, head]  ln P(y_0 | h(l-1) + the head's output)
//                       - ln P(y_0 | h(l-1)), rms of h(L-1) fixed (methods 6.1); with head_gain.
//                       y_0 of an empty answer is its end token.
//
// With capture.choices, in tables where some item has options (choices.hpp). Each option's text is
// scored as the answer to the question alone: its hint, no letters, no suffix:
//   choice/offset       int64 [item_plus_one], ragged_dim = "choice"; items without options and
//                       failed ones have none
//   choice/loss         float64 [choice]  mean of -ln P over the text's tokens and the end token;
//                       NaN for an absent option (a gap among the letters)
//   choice/tokens       int32 [choice]  tokens of the text, end token excluded; 0 for an absent one
//   output/choice_margin     float64 [item]  role = signal: second least minus least loss; NaN for
//                       fewer than two options
//
// Labels are no part of it: they are made where answers are read (pipeline/items/labels.hpp), so
// that another scorer needs no model.
//
// Failed items have "" / NaN / -1 and no image tokens (patch_offset repeats).
namespace vrp {
enum class ItemStatus : int { ok = 0, failed = 1, attention_invalid = 2 };
}  // namespace vrp
