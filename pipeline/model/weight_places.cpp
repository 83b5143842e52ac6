#include "pipeline/model/weight_places.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr std::uint64_t kAlign = 64;  // bytes: a cache line, and as allocators give

at::ScalarType scalar_type(const std::string& dtype) {
  return dtype == "F16" ? at::kHalf : dtype == "BF16" ? at::kBFloat16 : at::kFloat;
}

}  // namespace

WeightPlaces::WeightPlaces(const ModelSpec& spec, const TensorMatch& match, const Ops& ops,
                           at::TensorOptions options)
    : spec_(spec),
      match_(match),
      ops_(ops),
      options_(options),
      compute_(c10::typeMetaToScalarType(options.dtype())) {
  spec.vision.positions == VisionPositions::rotary ? add_rotary_tower() : add_learned_tower();
  add_projector();
  add_text();
  for (const ExpectedTensor& tensor : expected_tensors(spec)) {
    if (tensor.used && fills_.find(tensor.name) == fills_.end()) {
      throw std::logic_error("no place for tensor " + tensor.name);
    }
  }
}

std::string WeightPlaces::signature() const {
  std::string text;
  for (const Slot& slot : slots_) {
    text += concat(slot.offset, c10::toString(slot.type));
    for (const std::int64_t side : slot.shape) text += concat(" ", side);
    text += "\n";
  }
  return text;
}

void WeightPlaces::place_in(std::shared_ptr<std::byte> memory) {
  for (const Slot& slot : slots_) {
    // Each tensor keeps the memory alive.
    *slot.target = at::from_blob(
        memory.get() + slot.offset, slot.shape, [memory](void*) {}, options_.dtype(slot.type));
  }
}

void WeightPlaces::place_on_device() {
  for (const Slot& slot : slots_) *slot.target = at::empty(slot.shape, options_.dtype(slot.type));
}

void WeightPlaces::fill(const TensorInfo& tensor, std::int64_t first,
                        std::span<const std::byte> bytes, at::Device device) {
  const auto fill = fills_.find(canonical_name(spec_.family, tensor.name));
  if (fill != fills_.end()) fill->second(first, {scalar_type(tensor.dtype), bytes, device});
}

void WeightPlaces::slot(at::Tensor& target, std::vector<std::int64_t> shape, at::ScalarType type) {
  std::uint64_t bytes = c10::elementSize(type);
  for (const std::int64_t side : shape) bytes *= static_cast<std::uint64_t>(side);
  slots_.push_back({&target, std::move(shape), type, bytes_});
  bytes_ += (bytes + kAlign - 1) / kAlign * kAlign;
}

/// A tensor that is kept as it is, in the target's type, from `row` on; `offset` is added to it.
void WeightPlaces::kept(const std::string& name, at::Tensor& target, std::int64_t row,
                        float offset) {
  fills_[name] = [&target, row, offset](std::int64_t first, const StoredRows& rows) {
    const std::int64_t width = target.numel() / std::max<std::int64_t>(1, target.size(0));
    const std::int64_t count = rows.count(width);
    at::Tensor part = target.view({target.size(0), width}).narrow(0, row + first, count);
    part.copy_(borrow(rows, {count, width}));
    if (offset != 0.0f) part.add_(offset);
  };
}

void WeightPlaces::whole(const std::string& name, at::Tensor& target) {
  slot(target, info(name).shape, compute_);
  kept(name, target, 0, 0.0f);
}

void WeightPlaces::layer_norm(const std::string& name, Norm& out) {
  whole(name + ".weight", out.weight);
  whole(name + ".bias", out.bias);
}

void WeightPlaces::rms_norm(const std::string& name, Norm& out) {
  const bool offset = spec_.text.unit_offset_norm;
  slot(out.weight, info(name + ".weight").shape, offset ? at::kFloat : compute_);
  kept(name + ".weight", out.weight, 0, offset ? 1.0f : 0.0f);
}

/// Projections of one input, one under the other: one product instead of many. The type is that of
/// the parts on disk, fp32 where they differ. A part on disk is flattened to two axes.
void WeightPlaces::joined(const std::vector<std::string>& parts, Linear& target, bool bias) {
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
  WeightForm form = ops_.weight_form(target.out, target.in, stored);
  slot(target.weight, std::move(form.shape), form.type);
  if (bias) slot(target.bias, {target.out}, compute_);
  std::int64_t row = 0;
  for (const std::string& part : parts) {
    const std::int64_t rows = info(part + ".weight").shape.front();
    fills_[part + ".weight"] = [this, &target, row](std::int64_t first, const StoredRows& from) {
      ops_.set_rows(target, row + first, from);
    };
    if (bias) kept(part + ".bias", target.bias, row, 0.0f);
    row += rows;
  }
}

void WeightPlaces::add_learned_tower() {
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

void WeightPlaces::add_rotary_tower() {
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

void WeightPlaces::add_projector() {
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

void WeightPlaces::add_text() {
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
  slot(weights.embedding, tensor.shape,
       options_.device().is_cpu() ? scalar_type(tensor.dtype) : compute_);
  kept("text.embed_tokens.weight", weights.embedding, 0, 0.0f);
}

}  // namespace vrp
