#include "stages/reduce/checkpoint_shape.hpp"

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

CheckpointShape published(std::string_view model) {
  if (model == "paligemma") return {"paligemma", 18, 8, 1, 2048, 16384, 224};
  if (model == "qwen2vl") return {"qwen2_vl", 28, 28, 4, 3584, 18944, 0};
  return {"llava", 32, 32, 32, 4096, 11008, 336};
}

}  // namespace

Json to_json(const CheckpointShapes& shapes) {
  Json out = Json::object();
  for (auto [name, shape] : shapes) {
    Json& entry = out[name] = {{"family", shape.family}};
    shape.fields([&](const char* field, std::int64_t& value) { entry[field] = value; });
  }
  return out;
}

CheckpointShapes checkpoint_shapes(const Json& json) {
  CheckpointShapes out;
  if (!json.is_object()) return out;
  for (const auto& [name, entry] : json.items()) {
    if (!entry.is_object()) continue;
    CheckpointShape& shape = out[name];
    if (entry.contains("family") && entry["family"].is_string())
      shape.family = entry["family"].get<std::string>();
    shape.fields([&](const char* field, std::int64_t& value) {
      if (entry.contains(field) && entry[field].is_number_integer())
        value = entry[field].get<std::int64_t>();
    });
  }
  return out;
}

std::string_view paper_family(const CheckpointShape& shape) {
  if (shape.family == "llava") return "llava";
  if (shape.family == "paligemma") return "paligemma";
  if (shape.family == "qwen2_vl") return "qwen2vl";
  return "";
}

std::string other_checkpoint(std::string_view paper_model, const CheckpointShape* shape) {
  if (shape == nullptr) return "the run does not say which sizes its checkpoint has";
  const CheckpointShape theirs = published(paper_model);
  const bool same = shape->family == theirs.family && shape->layers == theirs.layers &&
                    shape->heads == theirs.heads && shape->kv_heads == theirs.kv_heads &&
                    shape->hidden == theirs.hidden && shape->intermediate == theirs.intermediate &&
                    (theirs.image_size == 0 || shape->image_size == theirs.image_size);
  if (same) return "";
  return concat("another checkpoint (", shape->layers, " blocks, ", shape->heads, " heads, width ",
                shape->hidden, "; the paper's: ", theirs.layers, ", ", theirs.heads, ", ",
                theirs.hidden, ")");
}

}  // namespace vrp
