#include "pipeline/model/ops_aten.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/model/token_chooser.hpp"

namespace vrp {
namespace {

/// Answers' caches of one block, [K, kv_heads, own, head_dim].
struct OwnCache {
  at::Tensor key, value;
};

/// K paths of one prompt: [K, heads * head_dim], and path 0's softmax where asked for.
Attended attend_paths(const at::Tensor& queries, const at::Tensor& prompt_key,
                      const at::Tensor& prompt_value, const OwnCache& answers,
                      bool weights_wanted) {
  const std::int64_t paths = queries.size(0), heads = queries.size(1), width = queries.size(2),
                     kv = prompt_key.size(0), group = heads / kv, length = prompt_key.size(1),
                     own = answers.key.size(2);
  const at::Tensor query = queries.reshape({paths, kv, group, width});
  // All paths against the prompt: one matrix product per key head.
  const at::Tensor q = query.transpose(0, 1).reshape({kv, paths * group, width});
  const at::Tensor to_prompt =
      at::matmul(q, prompt_key.transpose(1, 2)).view({kv, paths, group, length});
  const at::Tensor to_own = at::matmul(query, answers.key.transpose(2, 3)).transpose(0, 1);
  const double scale = 1.0 / std::sqrt(static_cast<double>(width));
  const at::Tensor weights =
      at::softmax(at::cat({to_prompt, to_own}, -1).to(at::kFloat).mul_(scale), -1);
  const at::Tensor w = weights.to(query.scalar_type());
  const at::Tensor from_prompt =
      at::matmul(w.narrow(-1, 0, length).reshape({kv, paths * group, length}), prompt_value)
          .view({kv, paths, group, width});
  const at::Tensor from_own = at::matmul(w.narrow(-1, length, own).transpose(0, 1), answers.value);
  Attended result;
  result.out = (from_prompt.transpose(0, 1) + from_own).reshape({paths, heads * width});
  if (weights_wanted) result.weights = weights.select(1, 0).flatten(0, 1);
  return result;
}

}  // namespace

WeightForm AtenOps::weight_form(std::int64_t out, std::int64_t in, at::ScalarType) const {
  return {{out, in}, c10::typeMetaToScalarType(options_.dtype())};
}
void AtenOps::set_rows(Linear& layer, std::int64_t first, const StoredRows& rows) const {
  const std::int64_t count = rows.count(layer.in);
  layer.weight.narrow(0, first, count).copy_(borrow(rows, {count, layer.in}));
}

at::Tensor AtenOps::rows(const Linear& layer, std::span<const std::int32_t> ids) const {
  return layer.weight.index_select(0, id_tensor(ids, options_.device()));
}

at::Tensor AtenOps::linear(const at::Tensor& x, const Linear& layer) const {
  return at::linear(x, layer.weight,
                    layer.bias.defined() ? std::optional<at::Tensor>(layer.bias) : std::nullopt);
}

at::Tensor AtenOps::rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) const {
  const at::Tensor f = x.to(at::kFloat);
  const at::Tensor scale = f.square().mean(-1, true).add_(eps).rsqrt_();
  if (weight.scalar_type() != x.scalar_type()) return (f * scale * weight).to(x.scalar_type());
  return (f * scale).to(x.scalar_type()).mul_(weight);
}

at::Tensor AtenOps::activation(at::Tensor x, const std::string& name) const {
  if (name == "gelu") return at::gelu(x);
  if (name == "gelu_pytorch_tanh") return at::gelu(x, "tanh");
  if (name == "quick_gelu") return (x * 1.702).sigmoid_().mul_(x);
  if (name == "silu") return at::silu(x);
  if (name == "relu") return at::relu(x);
  check_activation(name);
  return x;
}

at::Tensor AtenOps::gated(const at::Tensor& x, const std::string& name) const {
  const std::int64_t width = x.size(1) / 2;
  return activation(x.narrow(1, 0, width), name).mul_(x.narrow(1, width, width));
}

at::Tensor AtenOps::rotate(at::Tensor x, std::int64_t heads, const at::Tensor& cos,
                           const at::Tensor& sin) const {
  const std::int64_t half = x.size(-1) / 2;
  const at::Tensor f = x.narrow(1, 0, heads).to(at::kFloat);
  const at::Tensor a = f.narrow(-1, 0, half), b = f.narrow(-1, half, half);
  const at::Tensor c = cos.unsqueeze(1), s = sin.unsqueeze(1);
  const at::Tensor rotated = at::cat({a * c - b * s, b * c + a * s}, -1);
  x.narrow(1, 0, heads).copy_(rotated);
  return x;
}

SharedPrompt AtenOps::share_prompt(KeyValues store) const {
  const std::int64_t length = store.key.front().size(1);
  return {std::move(store), length, 0};
}

void AtenOps::copy_shared(const SharedPrompt& from, std::int64_t count, KeyValues& to) const {
  for (std::size_t l = 0; l < to.key.size(); ++l) {
    to.key[l].narrow(1, 0, count).copy_(from.store.key[l].narrow(1, 0, count));
    to.value[l].narrow(1, 0, count).copy_(from.store.value[l].narrow(1, 0, count));
  }
}

Attended AtenOps::attend_shared(const SharedQuery& now, const SharedPrompt& shared,
                                const KeyValues& answers) const {
  const OwnCache own{answers.key[now.block].narrow(2, 0, now.own),
                     answers.value[now.block].narrow(2, 0, now.own)};
  return attend_paths(now.query, shared.store.key[now.block], shared.store.value[now.block], own,
                      now.weights);
}

void AtenOps::append(KeyValues& answers, std::size_t block, const at::Tensor& key,
                     const at::Tensor& value, const at::Tensor& at, const at::Tensor&) const {
  answers.key[block].index_copy_(2, at, key.unsqueeze(2));
  answers.value[block].index_copy_(2, at, value.unsqueeze(2));
}

BatchAttended AtenOps::attend_batch(const BatchQuery& now, const KeyValues& answers) const {
  const std::int64_t each = now.query.size(0) / std::ssize(now.prompts);
  BatchAttended result;
  result.weights.resize(now.prompts.size());
  std::vector<at::Tensor> parts;
  for (std::size_t g = 0; g < now.prompts.size(); ++g) {
    const SharedPrompt& prompt = *now.prompts[g];
    const std::int64_t first = static_cast<std::int64_t>(g) * each;
    const auto own = [&](const at::Tensor& store) {
      return store.narrow(0, first, each).narrow(2, 0, now.own);
    };
    const bool wanted = now.wanted != nullptr && now.wanted->index[g].defined();
    const Attended part =
        attend_paths(now.query.narrow(0, first, each), prompt.store.key[now.block],
                     prompt.store.value[now.block],
                     {own(answers.key[now.block]), own(answers.value[now.block])}, wanted);
    parts.push_back(part.out);
    if (wanted) result.weights[g] = part.weights.index_select(1, now.wanted->index[g]);
  }
  result.out = parts.size() == 1 ? parts.front() : at::cat(parts, 0);
  return result;
}

std::unique_ptr<TokenChooser> AtenOps::chooser(std::int64_t rows, std::int64_t each,
                                               double temperature, double top_p) const {
  return make_host_chooser({rows, each, temperature, top_p}, options_.device());
}

std::unique_ptr<Ops> make_aten_ops(at::Device device, at::ScalarType dtype) {
  return std::make_unique<AtenOps>(device, dtype);
}

void check_activation(const std::string& name) {
  for (const char* known : {"gelu", "gelu_pytorch_tanh", "quick_gelu", "silu", "relu"}) {
    if (name == known) return;
  }
  fail("activation '", name, "' is not supported, expected gelu, gelu_pytorch_tanh, quick_gelu, ",
       "silu or relu");
}

at::Tensor layer_norm(const at::Tensor& x, const Norm& norm, double eps) {
  return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, eps);
}

at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  bool causal) {
  const std::int64_t heads = query.size(0), rows = query.size(1), keys = key.size(1);
  const bool grouped = key.size(0) != heads;
  std::optional<at::Tensor> mask;
  if (causal && rows != keys && rows > 1) {
    // Query r is position keys - rows + r.
    mask = at::ones({rows, keys}, query.options().dtype(at::kBool)).tril_(keys - rows);
  }
  const at::Tensor out =
      at::scaled_dot_product_attention(query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0),
                                       mask, 0.0, causal && rows == keys, std::nullopt, grouped);
  return out.squeeze(0).transpose(0, 1).reshape({rows, heads * query.size(2)});
}

at::Tensor id_tensor(std::span<const std::int32_t> ids, at::Device device) {
  const std::vector<std::int64_t> wide(ids.begin(), ids.end());
  return at::tensor(at::IntArrayRef(wide), at::kLong).to(device);
}

at::Tensor borrow(const StoredRows& rows, at::IntArrayRef shape) {
  // from_blob wants a mutable pointer; the tensor is only read.
  void* data = const_cast<std::byte*>(rows.bytes.data());
  const auto options = at::TensorOptions().device(rows.device);
  const std::uintptr_t size = c10::elementSize(rows.type);
  if (rows.device.is_cpu() || reinterpret_cast<std::uintptr_t>(data) % size == 0) {
    return at::from_blob(data, shape, options.dtype(rows.type));
  }
  // Files align no tensor; accelerators read no number that is not.
  return at::from_blob(data, {std::ssize(rows.bytes)}, options.dtype(at::kByte))
      .clone()
      .view(rows.type)
      .view(shape);
}

}  // namespace vrp
