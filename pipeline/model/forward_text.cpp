// Llama decoder: RMS norms, rotary positions, grouped keys and values, gated MLP.
#include <cmath>

#include "pipeline/model/forward.hpp"

namespace vrp {
namespace {

/// Softmax weights over image columns of the answer queries among `query` [R, heads, head_dim] at
/// positions first .. first + R - 1: over all keys a query sees, in fp32, then the image columns.
void show_attention(const Network& network, int l, const at::Tensor& query, std::int64_t first,
                    const KeyValues& store, const Taps& taps) {
  const TextSpec& t = network.spec.text;
  const std::int64_t end = first + query.size(0);
  const double scale = 1.0 / std::sqrt(static_cast<double>(t.head_dim));
  const at::Tensor& columns = taps.image_columns(network.device);
  for (std::int64_t p = std::max(first, taps.first_query()); p < end; ++p) {
    const at::Tensor key = store.key[static_cast<std::size_t>(l)].narrow(1, 0, p + 1);
    const at::Tensor q = query[p - first].view({t.kv_heads, t.heads / t.kv_heads, t.head_dim});
    const at::Tensor scores = at::matmul(q.to(at::kFloat), key.to(at::kFloat).transpose(1, 2));
    const at::Tensor rows = at::softmax(scores.mul_(scale), -1).view({t.heads, p + 1});
    taps.see_attention(l, rows.index_select(1, columns), p,
                       static_cast<int>(p - taps.first_query()));
  }
}

}  // namespace

Heads project_heads(const Network& network, const at::Tensor& x, const DecoderLayer& layer,
                    const Rotary& rotary) {
  const TextSpec& t = network.spec.text;
  const Ops& ops = *network.ops;
  const at::Tensor y = ops.rms_norm(x, layer.input_norm.weight, t.rms_eps);
  const at::Tensor all =
      ops.rotate(ops.linear(y, layer.qkv).view({x.size(0), t.heads + 2 * t.kv_heads, t.head_dim}),
                 t.heads + t.kv_heads, rotary.cos, rotary.sin);
  return {all.narrow(1, 0, t.heads), all.narrow(1, t.heads, t.kv_heads),
          all.narrow(1, t.heads + t.kv_heads, t.kv_heads)};
}

at::Tensor gated_input(const Network& network, const at::Tensor& x, const DecoderLayer& layer) {
  const TextSpec& t = network.spec.text;
  const Ops& ops = *network.ops;
  return ops.gated(ops.linear(ops.rms_norm(x, layer.post_norm.weight, t.rms_eps), layer.gate_up),
                   t.activation);
}

at::Tensor rotary_frequencies(const TextSpec& text, at::Device device) {
  const std::int64_t half = text.head_dim / 2;
  std::vector<float> inverse;
  for (std::int64_t i = 0; i < half; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(text.head_dim);
    inverse.push_back(1.0f / std::pow(static_cast<float>(text.rope_theta), exponent));
  }
  return at::tensor(inverse, at::kFloat).to(device);
}

Rotary rotary_angles(const Network& network, std::int64_t first, std::int64_t rows) {
  const at::Tensor positions = at::arange(first, first + rows, network.inverse_frequency.options());
  const at::Tensor angle = positions.unsqueeze(1) * network.inverse_frequency.unsqueeze(0);
  return {angle.cos(), angle.sin()};
}

KeyValues empty_prompt_store(const Network& network, std::int64_t positions) {
  const TextSpec& t = network.spec.text;
  KeyValues store;
  const auto options = at::TensorOptions().device(network.device).dtype(network.dtype);
  for (int l = 0; l < t.layers; ++l) {
    store.key.push_back(at::empty({t.kv_heads, positions, t.head_dim}, options));
    store.value.push_back(at::empty({t.kv_heads, positions, t.head_dim}, options));
  }
  return store;
}

at::Tensor embed_tokens(const Network& network, std::span<const std::int32_t> ids) {
  const at::Tensor index =
      at::tensor(at::IntArrayRef(std::vector<std::int64_t>(ids.begin(), ids.end())), at::kLong)
          .to(network.device);
  return network.weights.embedding.index_select(0, index).to(network.dtype);
}

void run_prompt(const Network& network, at::Tensor& x, std::int64_t first, KeyValues& store,
                const Taps& taps, bool states_needed) {
  const TextSpec& t = network.spec.text;
  const Ops& ops = *network.ops;
  const std::int64_t rows = x.size(0);
  const Rotary rotary = rotary_angles(network, first, rows);
  taps.see_prompt(Site::embedding, -1, x, first);
  for (int l = 0; l < t.layers; ++l) {
    const DecoderLayer& layer = network.weights.layers[static_cast<std::size_t>(l)];
    at::Tensor& keys = store.key[static_cast<std::size_t>(l)];
    at::Tensor& values = store.value[static_cast<std::size_t>(l)];
    const Heads heads = project_heads(network, x, layer, rotary);
    keys.narrow(1, first, rows).copy_(heads.key.transpose(0, 1));
    values.narrow(1, first, rows).copy_(heads.value.transpose(0, 1));
    if (taps.wants(Site::attention_row, l)) {
      show_attention(network, l, heads.query, first, store, taps);
    }
    if (l + 1 == t.layers && !states_needed) return;
    at::Tensor out = ops.linear(attend(heads.query.transpose(0, 1), keys.narrow(1, 0, first + rows),
                                       values.narrow(1, 0, first + rows), true),
                                layer.out);
    taps.see_prompt(Site::attention_out, l, out, first);
    x.add_(out);
    at::Tensor act = gated_input(network, x, layer);
    taps.see_prompt(Site::mlp_act, l, act, first);
    out = ops.linear(act, layer.down);
    taps.see_prompt(Site::mlp_out, l, out, first);
    x.add_(out);
    taps.see_prompt(Site::residual, l, x, first);
  }
}

at::Tensor head_logits(const Network& network, const at::Tensor& states) {
  const Ops& ops = *network.ops;
  const at::Tensor y =
      ops.rms_norm(states, network.weights.final_norm.weight, network.spec.text.rms_eps);
  return ops.linear(y, network.weights.head).to(at::kCPU, at::kFloat).contiguous();
}

}  // namespace vrp
