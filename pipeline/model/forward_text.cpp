// The decoder of all families (Llama, Gemma, Qwen2): RMS norms, rotary positions on one or three
// axes, grouped keys and values, gated MLP.
#include <algorithm>
#include <cmath>

#include "pipeline/model/forward.hpp"

namespace vrp {
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

std::int64_t rows_at_once(const Working& working, const Ops& ops, std::int64_t rows) {
  constexpr std::int64_t kEnough = 192;  // a product then waits for arithmetic, not for weights
  const std::int64_t most = ops.rows_independent() ? std::min(rows, kEnough) : rows;
  return working.rows == 0 ? most : std::min(most, working.rows);
}

at::Tensor mlp_update(const Network& network, const at::Tensor& x, const DecoderLayer& layer) {
  const Ops& ops = *network.ops;
  const std::int64_t rows = x.size(0), most = rows_at_once(network.working, ops, rows);
  if (rows <= most) return ops.linear(gated_input(network, x, layer), layer.down);
  at::Tensor out = at::empty_like(x);
  for (std::int64_t first = 0; first < rows; first += most) {
    const std::int64_t count = std::min(most, rows - first);
    const at::Tensor act = gated_input(network, x.narrow(0, first, count), layer);
    out.narrow(0, first, count).copy_(ops.linear(act, layer.down));
  }
  return out;
}

at::Tensor rotary_frequencies(std::int64_t width, double theta, at::Device device) {
  std::vector<float> inverse;
  for (std::int64_t i = 0; i < width / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(width);
    inverse.push_back(1.0f / std::pow(static_cast<float>(theta), exponent));
  }
  return at::tensor(inverse, at::kFloat).to(device);
}

void make_rotary_tables(Network& network) {
  const TextSpec& t = network.spec.text;
  const VisionSpec& v = network.spec.vision;
  network.inverse_frequency = rotary_frequencies(t.head_dim, t.rope_theta, network.device);
  if (!t.mrope_section.empty()) {
    std::vector<std::int64_t> axis;
    for (std::size_t a = 0; a < t.mrope_section.size(); ++a) {
      axis.insert(axis.end(), static_cast<std::size_t>(t.mrope_section[a]),
                  static_cast<std::int64_t>(a));
    }
    network.frequency_axis = at::tensor(axis, at::kLong).to(network.device);
  }
  if (v.positions == VisionPositions::rotary) {
    constexpr double kVisionTheta = 10000.0;
    network.vision_inverse_frequency =
        rotary_frequencies(v.hidden / v.heads / 2, kVisionTheta, network.device);
  }
}

Rotary rotary_angles(const Network& network, std::span<const std::int32_t> positions,
                     std::int64_t first, std::int64_t rows) {
  const std::int64_t axes = network.spec.text.position_axes();
  const std::int64_t all = std::ssize(positions) / axes;
  std::vector<float> values;
  for (std::int64_t a = 0; a < axes; ++a) {
    for (std::int64_t r = 0; r < rows; ++r) {
      values.push_back(
          static_cast<float>(positions[static_cast<std::size_t>(a * all + first + r)]));
    }
  }
  at::Tensor at_axis = at::tensor(values, at::kFloat).view({axes, rows}).to(network.device);
  at_axis = axes == 1 ? at_axis.t() : at_axis.index_select(0, network.frequency_axis).t();
  const at::Tensor angle = at_axis * network.inverse_frequency.unsqueeze(0);
  return {angle.cos().contiguous(), angle.sin().contiguous()};
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

namespace {

at::Tensor scaled(const Network& network, at::Tensor x) {
  const TextSpec& t = network.spec.text;
  // The factor is rounded to the compute type first, as the reference does.
  if (t.scaled_embedding) {
    x.mul_(at::scalar_tensor(std::sqrt(static_cast<double>(t.hidden)), x.options()));
  }
  return x;
}

}  // namespace

at::Tensor embed_tokens(const Network& network, std::span<const std::int32_t> ids) {
  const Weights& w = network.weights;
  if (network.spec.text.tied_head) return scaled(network, network.ops->rows(w.head, ids));
  return scaled(network, w.embedding.index_select(0, id_tensor(ids, w.embedding.device()))
                             .to(network.device, network.dtype));
}

at::Tensor embed_rows(const Network& network, const at::Tensor& ids) {
  const Weights& w = network.weights;
  const at::Tensor& table = network.spec.text.tied_head ? w.head.weight : w.embedding;
  return scaled(network, table.index_select(0, ids).to(network.dtype));
}

at::Tensor head_product(const Network& network, const at::Tensor& states) {
  const Ops& ops = *network.ops;
  const at::Tensor y =
      ops.rms_norm(states, network.weights.final_norm.weight, network.spec.text.rms_eps);
  return ops.linear(y, network.weights.head);
}

at::Tensor head_product_by_groups(const Network& network, const at::Tensor& states) {
  if (network.ops->rows_independent()) return head_product(network, states);
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < states.size(0); first += kHeadRows) {
    const std::int64_t count = std::min(kHeadRows, states.size(0) - first);
    at::Tensor rows = at::zeros({kHeadRows, states.size(1)}, states.options());
    rows.narrow(0, 0, count).copy_(states.narrow(0, first, count));
    parts.push_back(head_product(network, rows).narrow(0, 0, count));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

at::Tensor head_logits(const Network& network, const at::Tensor& states) {
  return head_product_by_groups(network, states).to(at::kCPU, at::kFloat).contiguous();
}

}  // namespace vrp
