#include "pipeline/model/weights.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tensors.hpp"

namespace vrp {
namespace {

at::ScalarType scalar_type(const std::string& dtype) {
  return dtype == "F16" ? at::kHalf : dtype == "BF16" ? at::kBFloat16 : at::kFloat;
}

/// Puts rows first .. of a tensor on disk to their place.
using Fill =
    std::function<void(at::ScalarType type, std::int64_t first, std::span<const std::byte> bytes)>;

/// Allocates the model, and knows where each tensor goes.
class Places {
 public:
  Places(const ModelSpec& spec, const TensorMatch& match, const Ops& ops, at::TensorOptions options)
      : spec_(spec), match_(match), ops_(ops), options_(options) {
    spec.vision.positions == VisionPositions::rotary ? add_rotary_tower() : add_learned_tower();
    add_projector();
    add_text();
  }
  Places(const Places&) = delete;  // fills point into `weights`
  Places& operator=(const Places&) = delete;

  Weights weights;
  std::map<std::string, Fill> fills;  ///< by canonical name

 private:
  const TensorInfo& info(const std::string& name) const { return match_.found.at(name); }

  /// A tensor that is kept as it is, in `type`; `offset` is added to it.
  void kept(const std::string& name, at::Tensor target, float offset = 0.0f) {
    fills[name] = [target, offset](at::ScalarType type, std::int64_t first,
                                   std::span<const std::byte> bytes) {
      const std::int64_t row = target.numel() / std::max<std::int64_t>(1, target.size(0));
      const auto size = static_cast<std::int64_t>(c10::elementSize(type));
      const std::int64_t rows = std::ssize(bytes) / (size * row);
      at::Tensor part = target.view({target.size(0), row}).narrow(0, first, rows);
      part.copy_(borrow(bytes, {rows, row}, type));
      if (offset != 0.0f) part.add_(offset);
    };
  }
  void whole(const std::string& name, at::Tensor& target) {
    target = at::empty(info(name).shape, options_);
    kept(name, target);
  }
  void layer_norm(const std::string& name, Norm& out) {
    whole(name + ".weight", out.weight);
    whole(name + ".bias", out.bias);
  }
  void rms_norm(const std::string& name, Norm& out) {
    const bool offset = spec_.text.unit_offset_norm;
    const at::TensorOptions options = offset ? options_.dtype(at::kFloat) : options_;
    out.weight = at::empty(info(name + ".weight").shape, options);
    kept(name + ".weight", out.weight, offset ? 1.0f : 0.0f);
  }
  /// Projections of one input, one under the other: one product instead of many. The type is that
  /// of the parts on disk, fp32 where they differ. A part on disk is flattened to two axes.
  void joined(const std::vector<std::string>& parts, Linear& target, bool bias) {
    std::int64_t out = 0;
    at::ScalarType stored = scalar_type(info(parts.front() + ".weight").dtype);
    for (const std::string& part : parts) {
      const TensorInfo& tensor = info(part + ".weight");
      if (scalar_type(tensor.dtype) != stored) stored = at::kFloat;
      out += tensor.shape.front();
      target.in = 1;
      for (std::size_t i = 1; i < tensor.shape.size(); ++i) target.in *= tensor.shape[i];
    }
    target.out = out;
    target.weight = ops_.make_weight(target.out, target.in, stored);
    if (bias) target.bias = at::empty({target.out}, options_);
    std::int64_t row = 0;
    for (const std::string& part : parts) {
      const std::int64_t rows = info(part + ".weight").shape.front();
      fills[part + ".weight"] = [this, &target, row](at::ScalarType type, std::int64_t first,
                                                     std::span<const std::byte> bytes) {
        const auto size = static_cast<std::int64_t>(c10::elementSize(type));
        ops_.set_rows(target, row + first, std::ssize(bytes) / (size * target.in), type, bytes);
      };
      if (bias) kept(part + ".bias", target.bias.narrow(0, row, rows));
      row += rows;
    }
  }
  void linear(const std::string& name, Linear& target, bool bias) { joined({name}, target, bias); }

  void add_learned_tower() {
    const VisionSpec& v = spec_.vision;
    VisionWeights& w = weights.vision;
    linear("vision.embeddings.patch_embedding", w.patch, v.patch_bias);
    if (v.class_token) whole("vision.embeddings.class_embedding", w.cls);
    whole("vision.embeddings.position_embedding.weight", w.position);
    if (v.pre_norm) layer_norm("vision.pre_layrnorm", w.pre);
    w.layers.resize(static_cast<std::size_t>(vision_layers_run(v)));
    for (std::size_t l = 0; l < w.layers.size(); ++l) {
      const std::string at = concat("vision.encoder.layers.", l);
      VisionLayer& layer = w.layers[l];
      layer_norm(at + ".layer_norm1", layer.norm1);
      layer_norm(at + ".layer_norm2", layer.norm2);
      joined({at + ".self_attn.q_proj", at + ".self_attn.k_proj", at + ".self_attn.v_proj"},
             layer.qkv, true);
      linear(at + ".self_attn.out_proj", layer.out, true);
      linear(at + ".mlp.fc1", layer.fc1, true);
      linear(at + ".mlp.fc2", layer.fc2, true);
    }
    if (v.post_norm) layer_norm("vision.post_layernorm", w.post);
  }

  void add_rotary_tower() {
    VisionWeights& w = weights.vision;
    linear("vision.patch_embed.proj", w.patch, false);
    w.layers.resize(static_cast<std::size_t>(spec_.vision.layers));
    for (std::size_t l = 0; l < w.layers.size(); ++l) {
      const std::string at = concat("vision.blocks.", l);
      VisionLayer& layer = w.layers[l];
      layer_norm(at + ".norm1", layer.norm1);
      layer_norm(at + ".norm2", layer.norm2);
      linear(at + ".attn.qkv", layer.qkv, true);
      linear(at + ".attn.proj", layer.out, true);
      linear(at + ".mlp.fc1", layer.fc1, true);
      linear(at + ".mlp.fc2", layer.fc2, true);
    }
  }

  void add_projector() {
    ProjectorWeights& w = weights.projector;
    if (spec_.projector == Projector::linear) {
      linear("projector.linear", w.first, true);
    } else if (spec_.projector == Projector::mlp) {
      linear("projector.linear_1", w.first, true);
      linear("projector.linear_2", w.second, true);
    } else {
      layer_norm("vision.merger.ln_q", w.norm);
      linear("vision.merger.mlp.0", w.first, true);
      linear("vision.merger.mlp.2", w.second, true);
    }
  }

  void add_text() {
    const TextSpec& t = spec_.text;
    weights.layers.resize(static_cast<std::size_t>(t.layers));
    for (std::size_t l = 0; l < weights.layers.size(); ++l) {
      const std::string at = concat("text.layers.", l);
      DecoderLayer& layer = weights.layers[l];
      rms_norm(at + ".input_layernorm", layer.input_norm);
      rms_norm(at + ".post_attention_layernorm", layer.post_norm);
      joined({at + ".self_attn.q_proj", at + ".self_attn.k_proj", at + ".self_attn.v_proj"},
             layer.qkv, t.qkv_bias);
      linear(at + ".self_attn.o_proj", layer.out, false);
      joined({at + ".mlp.gate_proj", at + ".mlp.up_proj"}, layer.gate_up, false);
      linear(at + ".mlp.down_proj", layer.down, false);
    }
    rms_norm("text.norm", weights.final_norm);
    if (t.tied_head) {
      linear("text.embed_tokens", weights.head, false);
      return;
    }
    linear("head", weights.head, false);
    // Rows of the embedding are looked up, never multiplied: on the CPU they keep their type.
    const TensorInfo& tensor = info("text.embed_tokens.weight");
    const bool cpu = options_.device().is_cpu();
    weights.embedding =
        at::empty(tensor.shape, cpu ? options_.dtype(scalar_type(tensor.dtype)) : options_);
    kept("text.embed_tokens.weight", weights.embedding);
  }

  const ModelSpec& spec_;
  const TensorMatch& match_;
  const Ops& ops_;
  at::TensorOptions options_;
};

}  // namespace

Weights load_weights(const std::filesystem::path& checkpoint, const ModelSpec& spec, const Ops& ops,
                     at::Device device, at::ScalarType dtype) {
  const SafetensorsIndex index = SafetensorsIndex::open(checkpoint);
  const TensorMatch match = match_tensors(spec, index);
  require_complete(match, checkpoint, spec);
  Places places(spec, match, ops, at::TensorOptions().device(device).dtype(dtype));
  for (const ExpectedTensor& tensor : expected_tensors(spec)) {
    if (tensor.used && places.fills.find(tensor.name) == places.fills.end()) {
      throw std::logic_error("no place for tensor " + tensor.name);
    }
  }
  index.read_all([&](const TensorInfo& info, std::int64_t first, std::span<const std::byte> bytes) {
    const auto fill = places.fills.find(canonical_name(spec.family, info.name));
    if (fill != places.fills.end()) fill->second(scalar_type(info.dtype), first, bytes);
  });
  return std::move(places.weights);
}

}  // namespace vrp
