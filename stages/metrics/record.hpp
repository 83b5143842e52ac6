#pragma once
// What a metrics unit holds. N items of the unit, L blocks, B permutations. NaN = not defined; why
// is in metrics/flag and relevance/reason. Arrays marked * are signals (role, orientation).
//
//   item/key                 text [item]
//   item/status              int32 [item]  as in capture (0 ok, 1 failed, 2 attention invalid); 2
//                            also where M has no mass or the map does not fit its grid
//   item/reason              text [item], "" when ok
//   metrics/flag             text [item]  of: failed, attention_invalid, att_zero, empty (T = 0, so
//                            M is that of the first query); comma-separated, "" when all is well
//   metrics/h_s, h_n, c_k, c_k_dbscan, c_k_cells, dh_last, img_share  * float64 [item]
//   metrics/h_s_layer        float64 [item, layer]  nats, H_s(l)
//   metrics/dh_layer         float64 [item, layer]  nats, H_s(l) - H_s(l-1), NaN at l = 0
//   relevance/NAME           * float64 [item]; NAME: mass, lift, log_lift, iou, precision, recall,
//                            pointing, h_rel, h_in, h_in_norm, h_out, h_b, c_in, c_out, count_match
//   relevance/NAME_other     * the same with the region of another item of nearly equal area
//   relevance/NAME_square    * the same with a centred square of equal area; both carry attribute
//                            `control`, for NAME of mass, lift, log_lift, iou, precision, pointing,
//                            h_rel, c_out, count_match
//   relevance/area, area_other   float64 [item]  a = mean f
//   relevance/donor          text [item]  key of the item whose region is the control, or ""
//   relevance/defined        uint8 [item]  1 = region and map are there
//   relevance/reason         text [item], "" when defined
//   relevance/mass_layer     float64 [item, layer]  b(l)
//   relevance/peak_layer     float64 [item]  layer of the largest b(l), lowest on ties
//   relevance/null_lift      float32 [item, permutation]  lift of the item's map on the region that
//                            permutation r gives it (controls.hpp); not there for B = 0
namespace vrp {}
