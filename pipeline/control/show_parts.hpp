#pragma once
// The parts of an item's account that come from one stage each.
#include "pipeline/control/show_row.hpp"
#include "pipeline/items/item_table.hpp"

namespace vrp {

/// {"text", "length", "ended", "prompt_tokens", "tokens": [{"id", "logprob", "entropy"}]}
Json answer_part(const ItemRow& capture);
/// [{"scorer", "primary", "label": 1 | 0 | null, "score", "parsed", "unparsed"}], in the order of
/// `scorers`. `capture` has been labelled.
Json labels_part(const ItemRow& capture, const std::vector<std::string>& scorers);
/// [{"stage", "name", "array", "value", "units", "orientation", "control", "percentile", "n"}] of
/// every signal of the record.
Json signals_part(const ItemRow& row, const std::string& stage);
/// {"k", "s_sc", "answer_entropy", "distinct", "majority", "tie", "counts": [{"text", "n"}],
///  "paths": [{"text", "normalised", "length", "logprob"}]}; null for an item without samples.
Json samples_part(const ItemRow& consistency);
/// {"blocks": [-1, 0 ...], "margin", "margin_blank", "target", "top2", "yes", "no", "rank",
///  "attention", "mlp", "residual_update"}; null without a lens.
Json lens_part(const ItemRow& capture);
/// {"grid", "flag", "h_s", "h_n", "c_k", "h_s_percentile", "n", "h_s_layer", "share",
///  "region": {"defined", "reason", "mass", "lift", "iou", "pointing", "mass_layer"}}
Json attention_part(const ItemRow& metrics, const ItemRow* capture);
/// {"status", "reason", "fold", "conditions": [{"name", "family", "target", "operation", "layer",
///  "count", "draw", "scope", "answer", "changed", "label", "margin", "cells"}]}; conditions
///  without
/// an answer have null. `interventions` has been labelled.
Json interventions_part(const ItemRow& interventions, const std::string& scorer);

}  // namespace vrp
