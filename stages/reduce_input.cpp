#include "stages/reduce_input.hpp"

namespace vrp {

bool has_columns(const std::string& name) {
  return !name.starts_with("hidden/") && !name.starts_with("head/") &&
         !name.starts_with("attention/map") && name != "attention/head_map" &&
         name != "item/patch_offset" && name != "path/token_offset" && name != "path/tokens";
}

CellData cell_data(const std::string& model, const std::string& benchmark, const ItemTable& items,
                   Reviews reviews, const StageColumns& columns) {
  CellData out{model,
               benchmark,
               &items,
               columns("capture"),
               columns("metrics"),
               columns("consistency"),
               columns("probes"),
               columns("interventions"),
               std::move(reviews)};
  add_labels(out.capture, items, out.reviews);
  if (!out.consistency.arrays().empty()) add_majority_labels(out.consistency, items);
  if (!out.interventions.arrays().empty()) add_edit_labels(out.interventions, items);
  return out;
}

}  // namespace vrp
