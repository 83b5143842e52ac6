#pragma once
// What a consistency unit holds. N items, K paths, Q sampled tokens over all paths of all items.
//
//   item/key                 text [item]
//   item/status, item/reason as in capture (0 ok, 1 failed)
//   path/text, path/normalised   text [item, path]   Norm(answer) of methods 2
//   path/length              int32 [item, path];  path/ended uint8 [item, path]
//   path/token_offset        int64 [item_plus_one], ragged_dim = "path_token"; paths in order
//   path/tokens              int32 [path_token]
//   path/logprob, path/logprob_mean, path/entropy   float64 [item, path]  sum, mean over tokens;
//                            entropy of the first token's distribution
//   consistency/s_sc         float64 [item], role = signal, orientation 1
//   consistency/answer_entropy, consistency/distinct  float64 [item], role = signal, orientation -1
//                            (on sets of kind open classes are alike by ROUGE-L, not equal:
//                            attribute pooled = "0" keeps them out of pooled sets)
//   consistency/majority     text [item]  the majority answer (first sampled wins ties), as sampled
//   consistency/tie          uint8 [item];  consistency/valid_paths int32 [item]
namespace vrp {}
