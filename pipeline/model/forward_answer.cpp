// One token of each of K answers: attention over the shared prompt and each answer's own tokens in
// one softmax.
#include <cmath>

#include "pipeline/model/forward.hpp"
#include "pipeline/model/forward_ops.hpp"

namespace vrp {
namespace {

struct Attended {
  at::Tensor out;      ///< [K, heads * head_dim]
  at::Tensor weights;  ///< [kv_heads, K, group, P + n] fp32, n answer tokens
};

/// query [K, kv_heads, group, head_dim]; prompt keys [kv_heads, P, head_dim]; answer keys
/// [K, kv_heads, n, head_dim].
Attended attend_shared(const at::Tensor& query, const at::Tensor& prompt_key,
                       const at::Tensor& prompt_value, const at::Tensor& key,
                       const at::Tensor& value) {
  const std::int64_t paths = query.size(0), kv = query.size(1), group = query.size(2),
                     width = query.size(3), prompt = prompt_key.size(1), own = key.size(2);
  const double scale = 1.0 / std::sqrt(static_cast<double>(width));
  // All paths against the prompt: one matrix product per key head.
  const at::Tensor q = query.transpose(0, 1).reshape({kv, paths * group, width});
  const at::Tensor to_prompt =
      at::matmul(q, prompt_key.transpose(1, 2)).view({kv, paths, group, prompt});
  const at::Tensor to_own = at::matmul(query, key.transpose(2, 3)).transpose(0, 1);
  const at::Tensor scores = at::cat({to_prompt, to_own}, -1).to(at::kFloat).mul_(scale);
  Attended result;
  result.weights = at::softmax(scores, -1);
  const at::Tensor w = result.weights.to(query.scalar_type());
  const at::Tensor from_prompt =
      at::matmul(w.narrow(-1, 0, prompt).reshape({kv, paths * group, prompt}), prompt_value)
          .view({kv, paths, group, width});
  const at::Tensor from_own = at::matmul(w.narrow(-1, prompt, own).transpose(0, 1), value);
  result.out = (from_prompt.transpose(0, 1) + from_own).reshape({paths, kv * group * width});
  return result;
}

}  // namespace

KeyValues empty_answer_store(const Network& network, std::int64_t paths, std::int64_t capacity) {
  const TextSpec& t = network.spec.text;
  KeyValues store;
  const auto options = at::TensorOptions().device(network.device).dtype(network.dtype);
  for (int l = 0; l < t.layers; ++l) {
    store.key.push_back(at::empty({paths, t.kv_heads, capacity, t.head_dim}, options));
    store.value.push_back(at::empty({paths, t.kv_heads, capacity, t.head_dim}, options));
  }
  return store;
}

void run_answer(const Network& network, at::Tensor& x, const AnswerStep& now, const Taps& taps) {
  const TextSpec& t = network.spec.text;
  const std::int64_t paths = x.size(0), group = t.heads / t.kv_heads;
  const std::int64_t position = now.prompt->key.front().size(1) + now.done;
  const Rotary rotary = rotary_angles(network, position, 1);
  taps.see_answer(Site::embedding, -1, x, position, now.step);
  for (std::size_t l = 0; l < network.weights.layers.size(); ++l) {
    const DecoderLayer& layer = network.weights.layers[l];
    const int number = static_cast<int>(l);
    const Heads heads = project_heads(network, x, layer, rotary);
    at::Tensor& keys = now.answer->key[l];
    at::Tensor& values = now.answer->value[l];
    keys.select(2, now.done).copy_(heads.key);
    values.select(2, now.done).copy_(heads.value);
    const Attended attended = attend_shared(
        heads.query.reshape({paths, t.kv_heads, group, t.head_dim}), now.prompt->key[l],
        now.prompt->value[l], keys.narrow(2, 0, now.done + 1), values.narrow(2, 0, now.done + 1));
    if (taps.wants(Site::attention_row, number)) {
      const at::Tensor columns = at::tensor(taps.image_positions(), at::kLong).to(network.device);
      const at::Tensor rows = attended.weights.select(1, 0).flatten(0, 1);
      taps.see_attention(number, rows.index_select(1, columns), position, now.step);
    }
    at::Tensor out = linear(attended.out, layer.out);
    taps.see_answer(Site::attention_out, number, out, position, now.step);
    x.add_(out);
    at::Tensor act = gated_input(network, x, layer);
    taps.see_answer(Site::mlp_act, number, act, position, now.step);
    out = linear(act, layer.down);
    taps.see_answer(Site::mlp_out, number, out, position, now.step);
    x.add_(out);
    taps.see_answer(Site::residual, number, x, position, now.step);
  }
}

}  // namespace vrp
