#pragma once
// What an interventions unit holds. N items of the unit, E conditions (the same list for every unit
// of a cell; condition 0 is the baseline, nothing edited).
//
//   item/key                text [item]
//   item/status, item/reason  0 ok; 1 failed: not answered, or the baseline is not the answer that
//                           was captured; 3 not among the evaluated items
//   item/fold               int32 [item]  fold whose probes gave the targets, -1 = none
//   edit/name               text [condition]  unique: "baseline", "mask high", "mask random 2",
//                           "L5 top5 zero", "L5 single N36 zero" (authors' ids), "L5 single1 zero",
//                           "L5 random5 draw 3 zero", "L5 bypass", "L5 random 25% draw 0";
//                           masks other than by pixels say so: "mask high embed"
//   edit/family             text [condition]  baseline | mask | neuron | scaled | bypass
//   edit/target             text [condition]  high | low | random | block | region | outside |
//                           single | top | ...; "" where it has none
//   edit/operation          text [condition]  pixel | embed | attn | zero | clamp | mean | bypass
//   edit/layer              int32 [condition]  block, -1 = not at a block
//   edit/count              int32 [condition]  neurons; -1 = all of them, or cells of the image
//   edit/value              float32 [condition]  what was set; NaN where it is no constant
//   edit/draw               int32 [condition]  number of the random draw, -1 = not random
//   edit/scope              text [condition]  all | last | last_prompt
//   mask/cells              int32 [item, condition]  cells hidden; -1 = no mask, or not defined
//   answer/text             text [item, condition]
//   answer/length           int32 [item, condition]  -1 = no answer (failed, or not defined)
//   answer/changed          uint8 [item, condition]  1 = other tokens than the baseline's
//   answer/margin           float32 [item, condition]  final margin, logits; NaN without reference
namespace vrp {}
