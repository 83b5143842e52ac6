// One token of each of K answers: attention over the shared prompt and each answer's own tokens in
// one softmax.
#include "pipeline/model/forward.hpp"

namespace vrp {
namespace {

/// Writes rows [K, kv_heads, head_dim] to entry `entry` of their slots.
void append(at::Tensor& store, const at::Tensor& rows, const at::Tensor& slots,
            std::int64_t entry) {
  at::Tensor column = store.select(2, entry);
  if (slots.defined()) {
    column.index_copy_(0, slots, rows);
  } else {
    column.copy_(rows);
  }
}

}  // namespace

KeyValues empty_answer_store(const Network& network, std::int64_t slots, std::int64_t capacity) {
  const TextSpec& t = network.spec.text;
  KeyValues store;
  const auto options = at::TensorOptions().device(network.device).dtype(network.dtype);
  for (int l = 0; l < t.layers; ++l) {
    store.key.push_back(at::empty({slots, t.kv_heads, capacity, t.head_dim}, options));
    store.value.push_back(at::empty({slots, t.kv_heads, capacity, t.head_dim}, options));
  }
  return store;
}

void run_answer_blocks(const Network& network, at::Tensor& x, const AnswerPass& pass) {
  const Ops& ops = *network.ops;
  pass.see(Site::embedding, -1, x);
  for (std::size_t l = 0; l < network.weights.layers.size(); ++l) {
    const DecoderLayer& layer = network.weights.layers[l];
    const int number = static_cast<int>(l);
    at::Tensor out =
        ops.linear(pass.attend(l, project_heads(network, x, layer, pass.rotary)), layer.out);
    pass.see(Site::attention_out, number, out);
    x.add_(out);
    at::Tensor act = gated_input(network, x, layer);
    pass.see(Site::mlp_act, number, act);
    out = ops.linear(act, layer.down);
    pass.see(Site::mlp_out, number, out);
    x.add_(out);
    pass.see(Site::residual, number, x);
  }
}

void run_answer(const Network& network, at::Tensor& x, const AnswerStep& now, const Taps& taps) {
  const std::int64_t position = now.prompt->length + now.done;
  const std::vector<std::int32_t> axes(
      static_cast<std::size_t>(network.spec.text.position_axes()),
      static_cast<std::int32_t>(now.prompt->next_position + now.done));
  at::Tensor slots;  // undefined: every slot, in order
  if (std::ssize(now.slots) != now.answers->key.front().size(0)) {
    slots = at::tensor(now.slots, at::kLong).to(network.device);
  }
  AnswerPass pass;
  pass.rotary = rotary_angles(network, axes, 0, 1);
  pass.attend = [&](std::size_t l, const Heads& heads) {
    append(now.answers->key[l], heads.key, slots, now.done);
    append(now.answers->value[l], heads.value, slots, now.done);
    const bool watched = taps.wants(Site::attention_row, static_cast<int>(l));
    const Attended attended = network.ops->attend_shared(
        {heads.query, l, now.done + 1, now.slots, watched}, *now.prompt, *now.answers);
    if (watched) {
      taps.see_attention(static_cast<int>(l),
                         attended.weights.index_select(1, taps.image_columns(network.device)),
                         position, now.step);
    }
    return attended.out;
  };
  pass.see = [&](Site site, int l, at::Tensor& rows) {
    taps.see_answer(site, l, rows, 0, position, now.step);
  };
  run_answer_blocks(network, x, pass);
}

}  // namespace vrp
