#include "pipeline/model/weights.hpp"

#include <functional>
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

using Fill = std::function<void(at::ScalarType, std::span<const std::byte>)>;

/// One expected tensor: its shape on disk and how it gets to its place.
struct Slot {
  Shape shape;
  Fill fill;  ///< empty: known, checked, not kept
  bool required = true;
  std::string found_as;  ///< name on disk, "" until seen
};

/// Allocates the model and lists, by canonical name, what the checkpoint has to hold.
class Plan {
 public:
  /// `stored`: type of the checkpoint's tensors.
  Plan(const ModelSpec& spec, const Ops& ops, at::TensorOptions options, at::ScalarType stored)
      : spec_(spec), ops_(ops), options_(options), stored_(stored) {
    add_vision();
    add_projector();
    add_text();
  }
  Plan(const Plan&) = delete;  // slots point into `weights`
  Plan& operator=(const Plan&) = delete;
  Weights weights;
  std::map<std::string, Slot> slots;

 private:
  void slot(const std::string& name, Shape shape, Fill fill) {
    slots.emplace(name, Slot{std::move(shape), std::move(fill), true, ""});
  }
  void unused(const std::string& name, Shape shape) {
    slots.emplace(name, Slot{std::move(shape), {}, false, ""});
  }
  void copied(const std::string& name, Shape shape, const at::Tensor& target) {
    slot(name, std::move(shape), [target](at::ScalarType type, std::span<const std::byte> bytes) {
      target.copy_(borrow(bytes, target.sizes(), type));
    });
  }
  void whole(const std::string& name, Shape shape, at::Tensor& target) {
    target = at::empty(shape, options_);
    copied(name, std::move(shape), target);
  }
  void norm(const std::string& name, std::int64_t width, Norm& out, bool bias) {
    whole(name + ".weight", {width}, out.weight);
    if (bias) whole(name + ".bias", {width}, out.bias);
  }
  struct Part {
    std::string name;
    std::int64_t rows;
  };
  /// Several projections of one input as one matrix: one product instead of many.
  void joined(const std::vector<Part>& parts, std::int64_t in, Linear& target, bool bias) {
    target.in = in;
    for (const Part& part : parts) target.out += part.rows;
    target.weight = ops_.make_weight(target.out, in, stored_);
    if (bias) target.bias = at::empty({target.out}, options_);
    std::int64_t row = 0;
    for (const Part& part : parts) {
      matrix(part.name + ".weight", {part.rows, in}, target, row);
      if (bias) copied(part.name + ".bias", {part.rows}, target.bias.narrow(0, row, part.rows));
      row += part.rows;
    }
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in, Linear& target,
              bool bias) {
    joined({{name, out}}, in, target, bias);
  }
  /// A tensor whose rows (its first axis) go to rows first .. of a layer.
  void matrix(const std::string& name, Shape shape, Linear& target, std::int64_t first) {
    const std::int64_t rows = shape.front();
    slot(name, std::move(shape),
         [this, &target, first, rows](at::ScalarType type, std::span<const std::byte> bytes) {
           ops_.set_rows(target, first, rows, type, bytes);
         });
  }

  void add_vision() {
    const VisionSpec& v = spec_.vision;
    const std::int64_t d = v.hidden, side = v.image_size / v.patch, p = v.patch;
    VisionWeights& w = weights.vision;
    w.patch = {d, 3 * p * p, ops_.make_weight(d, 3 * p * p, stored_), {}};
    matrix("vision.embeddings.patch_embedding.weight", {d, 3, p, p}, w.patch, 0);
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
    // Rows of the embedding are looked up, never multiplied: on the CPU they keep their type.
    const bool cpu = options_.device().is_cpu();
    weights.embedding = at::empty({t.vocab, d}, cpu ? options_.dtype(stored_) : options_);
    weights.head = {t.vocab, d, ops_.make_weight(t.vocab, d, stored_), {}};
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
    if (!t.tied_head) {
      copied("text.embed_tokens.weight", {t.vocab, d}, weights.embedding);
      matrix("head.weight", {t.vocab, d}, weights.head, 0);
      return;
    }
    unused("head.weight", {t.vocab, d});
    slot("text.embed_tokens.weight", {t.vocab, d},
         [this](at::ScalarType type, std::span<const std::byte> bytes) {
           weights.embedding.copy_(borrow(bytes, weights.embedding.sizes(), type));
           ops_.set_rows(weights.head, 0, weights.head.out, type, bytes);
         });
  }

  const ModelSpec& spec_;
  const Ops& ops_;
  at::TensorOptions options_;
  at::ScalarType stored_;
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
  if (slot.fill && !scalar_type(info.dtype)) {
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

/// The type of all tensors that are not ignored, fp32 when they differ.
at::ScalarType common_type(const SafetensorsIndex& index) {
  std::optional<at::ScalarType> common;
  for (const TensorInfo& info : index.tensors()) {
    if (ignored(info.name)) continue;
    const at::ScalarType type = scalar_type(info.dtype).value_or(at::kFloat);
    if (common.value_or(type) != type) return at::kFloat;
    common = type;
  }
  return common.value_or(at::kFloat);
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

Weights load_weights(const std::filesystem::path& checkpoint, const ModelSpec& spec, const Ops& ops,
                     at::Device device, at::ScalarType dtype) {
  const SafetensorsIndex index = SafetensorsIndex::open(checkpoint);
  Plan plan(spec, ops, at::TensorOptions().device(device).dtype(dtype), common_type(index));
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
    const Fill& fill = plan.slots.at(canonical(info.name)).fill;
    if (fill) fill(*scalar_type(info.dtype), bytes);
  });
  return std::move(plan.weights);
}

}  // namespace vrp
