#include "pipeline/model/tensors.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

class List {
 public:
  explicit List(const ModelSpec& spec) : spec_(spec) {
    spec.vision.positions == VisionPositions::rotary ? add_rotary_tower() : add_learned_tower();
    add_projector();
    add_text();
  }
  std::vector<ExpectedTensor> take() { return std::move(tensors_); }

 private:
  using Shape = std::vector<std::int64_t>;
  void tensor(const std::string& name, Shape shape, bool used = true) {
    tensors_.push_back({name, std::move(shape), used});
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias,
              bool used = true) {
    tensor(name + ".weight", {out, in}, used);
    if (bias) tensor(name + ".bias", {out}, used);
  }
  void norm(const std::string& name, std::int64_t width, bool bias, bool used = true) {
    tensor(name + ".weight", {width}, used);
    if (bias) tensor(name + ".bias", {width}, used);
  }

  /// CLIP and SigLIP.
  void add_learned_tower() {
    const VisionSpec& v = spec_.vision;
    const std::int64_t d = v.hidden, side = v.image_size / v.patch, p = v.patch;
    const bool clip = v.class_token;
    tensor("vision.embeddings.patch_embedding.weight", {d, 3, p, p});
    if (v.patch_bias) tensor("vision.embeddings.patch_embedding.bias", {d});
    if (clip) tensor("vision.embeddings.class_embedding", {d});
    tensor("vision.embeddings.position_embedding.weight", {side * side + (clip ? 1 : 0), d});
    if (v.pre_norm) norm("vision.pre_layrnorm", d, true);
    for (int l = 0; l < v.layers; ++l) {
      const std::string at = concat("vision.encoder.layers.", l);
      const bool used = l < vision_layers_run(v);
      norm(at + ".layer_norm1", d, true, used);
      for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        linear(concat(at, ".self_attn.", name), d, d, true, used);
      }
      norm(at + ".layer_norm2", d, true, used);
      linear(at + ".mlp.fc1", v.intermediate, d, true, used);
      linear(at + ".mlp.fc2", d, v.intermediate, true, used);
    }
    norm("vision.post_layernorm", d, true, v.post_norm);
  }

  /// Qwen2-VL.
  void add_rotary_tower() {
    const VisionSpec& v = spec_.vision;
    const std::int64_t d = v.hidden;
    tensor("vision.patch_embed.proj.weight", {d, 3, v.frames, v.patch, v.patch});
    for (int l = 0; l < v.layers; ++l) {
      const std::string at = concat("vision.blocks.", l);
      norm(at + ".norm1", d, true);
      linear(at + ".attn.qkv", 3 * d, d, true);
      linear(at + ".attn.proj", d, d, true);
      norm(at + ".norm2", d, true);
      linear(at + ".mlp.fc1", v.intermediate, d, true);
      linear(at + ".mlp.fc2", d, v.intermediate, true);
    }
  }

  void add_projector() {
    const std::int64_t d = spec_.text.hidden, from = spec_.vision.hidden;
    const std::int64_t joined = from * spec_.vision.merge * spec_.vision.merge;
    switch (spec_.projector) {
      case Projector::linear:
        linear("projector.linear", d, from, true);
        break;
      case Projector::mlp:
        linear("projector.linear_1", d, from, true);
        linear("projector.linear_2", d, d, true);
        break;
      case Projector::merger:
        norm("vision.merger.ln_q", from, true);
        linear("vision.merger.mlp.0", joined, joined, true);
        linear("vision.merger.mlp.2", d, joined, true);
        break;
    }
  }

  void add_text() {
    const TextSpec& t = spec_.text;
    const std::int64_t d = t.hidden, hd = t.head_dim;
    tensor("text.embed_tokens.weight", {t.vocab, d});
    for (int l = 0; l < t.layers; ++l) {
      const std::string at = concat("text.layers.", l);
      norm(at + ".input_layernorm", d, false);
      linear(at + ".self_attn.q_proj", t.heads * hd, d, t.qkv_bias);
      linear(at + ".self_attn.k_proj", t.kv_heads * hd, d, t.qkv_bias);
      linear(at + ".self_attn.v_proj", t.kv_heads * hd, d, t.qkv_bias);
      linear(at + ".self_attn.o_proj", d, t.heads * hd, false);
      norm(at + ".post_attention_layernorm", d, false);
      linear(at + ".mlp.gate_proj", t.intermediate, d, false);
      linear(at + ".mlp.up_proj", t.intermediate, d, false);
      linear(at + ".mlp.down_proj", d, t.intermediate, false);
    }
    norm("text.norm", d, false);
    tensor("head.weight", {t.vocab, d}, !t.tied_head);
  }

  const ModelSpec& spec_;
  std::vector<ExpectedTensor> tensors_;
};

/// The first few of a list, then how many more.
std::string first_few(const std::vector<std::string>& lines) {
  constexpr std::size_t kShown = 8;
  const std::vector<std::string> shown(
      lines.begin(), lines.begin() + static_cast<long>(std::min(kShown, lines.size())));
  std::string text = join(shown, ", ");
  if (lines.size() > kShown) text += concat(" and ", lines.size() - kShown, " more");
  return text;
}

}  // namespace

std::vector<ExpectedTensor> expected_tensors(const ModelSpec& spec) { return List(spec).take(); }

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

bool readable_type(const std::string& dtype) {
  return dtype == "F32" || dtype == "F16" || dtype == "BF16";
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

TensorMatch match_tensors(const ModelSpec& spec, const SafetensorsIndex& index) {
  TensorMatch match;
  std::map<std::string, const ExpectedTensor*> expected;
  const std::vector<ExpectedTensor> list = expected_tensors(spec);
  for (const ExpectedTensor& tensor : list) expected.emplace(tensor.name, &tensor);
  for (const TensorInfo& info : index.tensors()) {
    const std::string name = canonical_name(spec.family, info.name);
    if (name == "-") continue;
    const auto slot = expected.find(name);
    if (slot == expected.end()) {
      match.unexpected.push_back(concat(info.name, " ", shape_text(info.shape)));
      continue;
    }
    const auto [first, is_new] = match.found.emplace(name, info);
    if (!is_new) {
      match.repeated.push_back(
          concat("'", info.name, "' was already given as '", first->second.name, "'"));
    } else if (info.shape != slot->second->shape) {
      match.misshapen.push_back(concat("'", info.name, "' is ", shape_text(info.shape),
                                       ", expected ", shape_text(slot->second->shape)));
    } else if (slot->second->used && !readable_type(info.dtype)) {
      match.misshapen.push_back(
          concat("'", info.name, "' has type ", info.dtype, ", expected F32, F16 or BF16"));
    }
  }
  for (const ExpectedTensor& tensor : list) {
    if (tensor.used && match.found.find(tensor.name) == match.found.end()) {
      match.missing.push_back(
          concat(hub_name(spec.family, tensor.name), " ", shape_text(tensor.shape)));
    }
  }
  return match;
}

void require_complete(const TensorMatch& match, const std::filesystem::path& checkpoint,
                      const ModelSpec& spec) {
  const std::string folder = checkpoint.string();
  if (!match.unexpected.empty()) {
    fail(folder, ": ", match.unexpected.size(), " tensors are not part of a ", spec.family,
         " model of this configuration: ", first_few(match.unexpected));
  }
  if (!match.repeated.empty()) fail(folder, ": tensor ", first_few(match.repeated));
  if (!match.misshapen.empty()) fail(folder, ": tensor ", first_few(match.misshapen));
  if (!match.missing.empty()) {
    fail(folder, ": ", match.missing.size(), " tensors are missing: ", first_few(match.missing));
  }
}

}  // namespace vrp
