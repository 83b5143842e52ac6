#pragma once
// Everything a run knows of one item, as JSON; the text and the page of `vrp show` are made of it.
#include "pipeline/base/json.hpp"
#include "pipeline/control/show_find.hpp"

namespace vrp {

/// {"run", "sweep", "key", "benchmark", "row", "id", "group", "type", "question", "hint",
/// "choices",
///  "reference", "references", "image", "image_file", "regions": [{"category", "box"}], "metadata",
///  "scorers", "partial",
///  "models": [{"model", "stages": {stage: "done" | "not computed yet" | "cannot be read: ..."},
///    "status": "ok" | "failed" | "attention invalid" | "not computed yet", "reason",
///    "answer", "labels", "signals", "samples", "lens", "attention", "interventions"}]}
/// Parts that the run does not have are null. `models` empty = all of the run. Error (usage) when
/// the run has no such model.
Json item_account(StoredRun& run, const ItemPlace& place, const std::vector<std::string>& models);

}  // namespace vrp
