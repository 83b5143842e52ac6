// The names that one tensor goes by.
#include <utility>

#include "pipeline/model/tensors.hpp"

namespace vrp {
namespace {

using Prefixes = std::vector<std::pair<std::string, std::string>>;

/// Prefixes on disk and ours, longer ones first; the first of each of ours is the hub's.
const Prefixes& prefixes(const std::string& family) {
  static const Prefixes towers = {
      {"language_model.model.", "text."},
      {"model.language_model.", "text."},
      {"language_model.lm_head.", "head."},
      {"lm_head.", "head."},
      {"vision_tower.vision_model.", "vision."},
      {"model.vision_tower.vision_model.", "vision."},
      {"model.vision_tower.", "vision."},
      {"multi_modal_projector.", "projector."},
      {"model.multi_modal_projector.", "projector."},
  };
  static const Prefixes qwen2_vl = {
      {"visual.", "vision."}, {"model.visual.", "vision."}, {"model.language_model.", "text."},
      {"model.", "text."},    {"lm_head.", "head."},
  };
  return family == "qwen2_vl" ? qwen2_vl : towers;
}

}  // namespace

std::string canonical_name(const std::string& family, const std::string& name) {
  if (name.ends_with("rotary_emb.inv_freq") || name.ends_with("position_ids")) return "-";
  for (const auto& [prefix, ours] : prefixes(family)) {
    if (name.starts_with(prefix)) return ours + name.substr(prefix.size());
  }
  return "";
}

std::string hub_name(const std::string& family, const std::string& canonical) {
  // "model." is the hub's prefix of Qwen2-VL's text; the newer one stands before it in the table.
  if (family == "qwen2_vl" && canonical.starts_with("text.")) return "model." + canonical.substr(5);
  for (const auto& [prefix, ours] : prefixes(family)) {
    if (canonical.starts_with(ours)) return prefix + canonical.substr(ours.size());
  }
  return canonical;
}

}  // namespace vrp
