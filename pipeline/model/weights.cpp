#include "pipeline/model/weights.hpp"

#include <map>
#include <optional>
#include <string>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/safetensors.hpp"

namespace vrp {
namespace {

using Shape = std::vector<std::int64_t>;

std::string to_text(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

/// One expected tensor: its shape on disk and where it goes.
struct Slot {
  Shape shape;
  at::Tensor target;  ///< undefined: known, checked, not kept
  bool required = true;
  std::string found_as;  ///< name on disk, "" until seen
};

/// Allocates the model and lists, by canonical name, what the checkpoint has to hold.
class Plan {
 public:
  Plan(const ModelSpec& spec, at::Device device, at::ScalarType dtype)
      : spec_(spec), options_(at::TensorOptions().device(device).dtype(dtype)) {
    add_vision();
    add_projector();
    add_text();
  }
  Weights weights;
  std::map<std::string, Slot> slots;

 private:
  void slot(const std::string& name, Shape shape, at::Tensor target) {
    slots.emplace(name, Slot{std::move(shape), std::move(target), true, ""});
  }
  void unused(const std::string& name, Shape shape) {
    slots.emplace(name, Slot{std::move(shape), {}, false, ""});
  }
  void whole(const std::string& name, Shape shape, at::Tensor& target) {
    target = at::empty(shape, options_);
    slot(name, std::move(shape), target);
  }
  void norm(const std::string& name, std::int64_t width, Norm& out, bool bias) {
    whole(name + ".weight", {width}, out.weight);
    if (bias) whole(name + ".bias", {width}, out.bias);
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in, Linear& target,
              bool bias) {
    whole(name + ".weight", {out, in}, target.weight);
    if (bias) whole(name + ".bias", {out}, target.bias);
  }
  struct Part {
    std::string name;
    std::int64_t rows;
  };
  /// Several projections of one input as one matrix: one product instead of many.
  void joined(const std::vector<Part>& parts, std::int64_t in, Linear& target, bool bias) {
    std::int64_t rows = 0;
    for (const Part& part : parts) rows += part.rows;
    target.weight = at::empty({rows, in}, options_);
    if (bias) target.bias = at::empty({rows}, options_);
    std::int64_t row = 0;
    for (const Part& part : parts) {
      slot(part.name + ".weight", {part.rows, in}, target.weight.narrow(0, row, part.rows));
      if (bias) slot(part.name + ".bias", {part.rows}, target.bias.narrow(0, row, part.rows));
      row += part.rows;
    }
  }

  void add_vision() {
    const VisionSpec& v = spec_.vision;
    const std::int64_t d = v.hidden, side = v.image_size / v.patch, p = v.patch;
    VisionWeights& w = weights.vision;
    w.patch = at::empty({d, 3 * p * p}, options_);
    slot("vision.embeddings.patch_embedding.weight", {d, 3, p, p}, w.patch);
    whole("vision.embeddings.class_embedding", {d}, w.cls);
    whole("vision.embeddings.position_embedding.weight", {side * side + 1, d}, w.position);
    norm("vision.pre_layrnorm", d, w.pre, true);
    w.layers.resize(static_cast<std::size_t>(vision_layers_run(v)));
    for (int l = 0; l < v.layers; ++l) {
      const std::string at = concat("vision.encoder.layers.", l);
      if (l < static_cast<int>(w.layers.size())) {
        VisionLayer& layer = w.layers[static_cast<std::size_t>(l)];
        norm(at + ".layer_norm1", d, layer.norm1, true);
        norm(at + ".layer_norm2", d, layer.norm2, true);
        joined({{at + ".self_attn.q_proj", d},
                {at + ".self_attn.k_proj", d},
                {at + ".self_attn.v_proj", d}},
               d, layer.qkv, true);
        linear(at + ".self_attn.out_proj", d, d, layer.out, true);
        linear(at + ".mlp.fc1", v.intermediate, d, layer.fc1, true);
        linear(at + ".mlp.fc2", d, v.intermediate, layer.fc2, true);
      } else {
        for (const char* name : {".layer_norm1", ".layer_norm2"}) {
          unused(at + name + ".weight", {d});
          unused(at + name + ".bias", {d});
        }
        for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
          unused(at + ".self_attn." + name + ".weight", {d, d});
          unused(at + ".self_attn." + name + ".bias", {d});
        }
        unused(at + ".mlp.fc1.weight", {v.intermediate, d});
        unused(at + ".mlp.fc1.bias", {v.intermediate});
        unused(at + ".mlp.fc2.weight", {d, v.intermediate});
        unused(at + ".mlp.fc2.bias", {d});
      }
    }
    unused("vision.post_layernorm.weight", {d});
    unused("vision.post_layernorm.bias", {d});
  }

  void add_projector() {
    const std::int64_t d = spec_.text.hidden;
    linear("projector.linear_1", d, spec_.vision.hidden, weights.projector1, true);
    linear("projector.linear_2", d, d, weights.projector2, true);
  }

  void add_text() {
    const TextSpec& t = spec_.text;
    const std::int64_t d = t.hidden, hd = t.head_dim, inter = t.intermediate;
    whole("text.embed_tokens.weight", {t.vocab, d}, weights.embedding);
    weights.layers.resize(static_cast<std::size_t>(t.layers));
    for (int l = 0; l < t.layers; ++l) {
      const std::string at = concat("text.layers.", l);
      DecoderLayer& layer = weights.layers[static_cast<std::size_t>(l)];
      norm(at + ".input_layernorm", d, layer.input_norm, false);
      norm(at + ".post_attention_layernorm", d, layer.post_norm, false);
      joined({{at + ".self_attn.q_proj", t.heads * hd},
              {at + ".self_attn.k_proj", t.kv_heads * hd},
              {at + ".self_attn.v_proj", t.kv_heads * hd}},
             d, layer.qkv, false);
      linear(at + ".self_attn.o_proj", d, t.heads * hd, layer.out, false);
      joined({{at + ".mlp.gate_proj", inter}, {at + ".mlp.up_proj", inter}}, d, layer.gate_up,
             false);
      linear(at + ".mlp.down_proj", d, inter, layer.down, false);
    }
    norm("text.norm", d, weights.final_norm, false);
    if (t.tied_head) {
      weights.head = weights.embedding;
      unused("head.weight", {t.vocab, d});
    } else {
      whole("head.weight", {t.vocab, d}, weights.head);
    }
  }

  const ModelSpec& spec_;
  at::TensorOptions options_;
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool ignored(const std::string& name) {
  return ends_with(name, "rotary_emb.inv_freq") || ends_with(name, "position_ids");
}

/// Prefixes on disk and ours; the first of each is the hub's.
const std::vector<std::pair<std::string, std::string>>& prefixes() {
  static const std::vector<std::pair<std::string, std::string>> table = {
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
  return table;
}

/// The name without what differs between hub files and newer libraries; "" for a foreign name.
std::string canonical(const std::string& name) {
  for (const auto& [prefix, ours] : prefixes()) {
    if (name.rfind(prefix, 0) == 0) return ours + name.substr(prefix.size());
  }
  return "";
}

std::string hub_name(const std::string& canonical_name) {
  for (const auto& [prefix, ours] : prefixes()) {
    if (canonical_name.rfind(ours, 0) == 0) return prefix + canonical_name.substr(ours.size());
  }
  return canonical_name;
}

std::optional<at::ScalarType> scalar_type(const std::string& dtype) {
  if (dtype == "F32") return at::kFloat;
  if (dtype == "F16") return at::kHalf;
  if (dtype == "BF16") return at::kBFloat16;
  return std::nullopt;
}

/// Marks the slot as seen; Error unless the tensor on disk is what the slot expects.
void check(Slot& slot, const TensorInfo& info) {
  if (!slot.found_as.empty()) {
    fail(info.file.string(), ": tensor '", info.name, "' was already given as '", slot.found_as,
         "'");
  }
  slot.found_as = info.name;
  if (info.shape != slot.shape) {
    fail(info.file.string(), ": tensor '", info.name, "' is ", to_text(info.shape), ", expected ",
         to_text(slot.shape));
  }
  if (slot.target.defined() && !scalar_type(info.dtype)) {
    fail(info.file.string(), ": tensor '", info.name, "' has type ", info.dtype,
         ", expected F32, F16 or BF16");
  }
}

std::string first_few(const std::vector<std::string>& names) {
  std::vector<std::string> shown(names.begin(),
                                 names.begin() + std::min<std::ptrdiff_t>(8, std::ssize(names)));
  std::string text = concat("'", join(shown, "', '"), "'");
  if (names.size() > shown.size()) text += concat(" and ", names.size() - shown.size(), " more");
  return text;
}

}  // namespace

int vision_layers_run(const VisionSpec& vision) {
  const int entries = vision.layers + 1;
  const int index =
      vision.feature_layer < 0 ? entries + vision.feature_layer : vision.feature_layer;
  if (index < 0 || index >= entries) {
    fail("vision_feature_layer is ", vision.feature_layer, ", expected ", -entries, " to ",
         entries - 1, " for ", vision.layers, " vision layers");
  }
  return index;
}

Weights load_weights(const std::filesystem::path& checkpoint, const ModelSpec& spec,
                     at::Device device, at::ScalarType dtype) {
  const SafetensorsIndex index = SafetensorsIndex::open(checkpoint);
  Plan plan(spec, device, dtype);
  std::vector<std::string> foreign, missing;
  for (const TensorInfo& info : index.tensors()) {
    if (ignored(info.name)) continue;
    const auto slot = plan.slots.find(canonical(info.name));
    if (slot == plan.slots.end()) {
      foreign.push_back(info.name);
    } else {
      check(slot->second, info);
    }
  }
  if (!foreign.empty()) {
    fail(checkpoint.string(), ": ", foreign.size(), " tensors are not part of a ", spec.family,
         " model of this configuration: ", first_few(foreign));
  }
  for (const auto& [name, slot] : plan.slots) {
    if (slot.required && slot.found_as.empty()) {
      missing.push_back(concat(hub_name(name), " ", to_text(slot.shape)));
    }
  }
  if (!missing.empty()) {
    fail(checkpoint.string(), ": ", missing.size(), " tensors are missing: ", first_few(missing));
  }
  index.read_all([&](const TensorInfo& info, std::span<const std::byte> bytes) {
    if (ignored(info.name)) return;
    at::Tensor& target = plan.slots.at(canonical(info.name)).target;
    if (!target.defined()) return;
    // from_blob wants a mutable pointer; the tensor is only read.
    target.copy_(at::from_blob(const_cast<std::byte*>(bytes.data()), target.sizes(),
                               at::TensorOptions().dtype(*scalar_type(info.dtype))));
  });
  return std::move(plan.weights);
}

}  // namespace vrp
