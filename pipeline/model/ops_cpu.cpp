#include <ATen/Parallel.h>

#include <algorithm>

#include "kernels/panel_product.hpp"
#include "kernels/row_ops.hpp"
#include "kernels/shared_attention.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/ops.hpp"

namespace vrp {
namespace {

Stored stored_as(at::ScalarType type) {
  return type == at::kHalf ? Stored::f16 : type == at::kBFloat16 ? Stored::bf16 : Stored::f32;
}

/// Work below which a second thread costs more than it saves, in multiply-adds.
constexpr std::int64_t kWorthAThread = 200'000;

template <class Work>
void in_parallel(std::int64_t count, std::int64_t cost_of_one, const Work& work) {
  at::parallel_for(0, count, std::max<std::int64_t>(1, kWorthAThread / cost_of_one), work);
}

/// Paths begin .. end - 1 of `all`.
SharedAttention paths_of(const SharedAttention& all, std::int64_t begin, std::int64_t end) {
  SharedAttention some = all;
  const std::int64_t before = begin * all.heads * all.width;
  some.paths = end - begin;
  some.query += before;
  some.slots += begin;
  some.out += before;
  if (begin > 0) some.weights = nullptr;  // path 0's
  return some;
}

class CpuOps : public Ops {
 public:
  WeightForm weight_form(std::int64_t out, std::int64_t in, at::ScalarType stored) const override {
    return {{packed_elements(out, in)}, stored};
  }
  void set_rows(Linear& layer, std::int64_t first, const StoredRows& rows) const override {
    pack_panels(rows.bytes.data(), stored_as(rows.type), rows.count(layer.in), layer.in, first,
                layer.weight.data_ptr(), stored_as(layer.weight.scalar_type()));
  }

  at::Tensor rows(const Linear& layer, std::span<const std::int32_t> ids) const override {
    at::Tensor out = at::empty({std::ssize(ids), layer.in});
    const PanelMatrix w = packed_matrix(layer.weight.const_data_ptr(),
                                        stored_as(layer.weight.scalar_type()), layer.out, layer.in);
    float* to = out.data_ptr<float>();
    for (const std::int32_t id : ids) {
      unpack_row(w, id, to);
      to += layer.in;
    }
    return out;
  }

  at::Tensor linear(const at::Tensor& input, const Linear& layer) const override {
    const at::Tensor x = input.contiguous();
    const RowBlocks blocks(x.const_data_ptr<float>(), x.size(0), layer.in, layer.in);
    at::Tensor y = at::empty({x.size(0), layer.out}, x.options());
    const PanelMatrix w = packed_matrix(layer.weight.const_data_ptr(),
                                        stored_as(layer.weight.scalar_type()), layer.out, layer.in);
    const float* bias = layer.bias.defined() ? layer.bias.const_data_ptr<float>() : nullptr;
    float* out = y.data_ptr<float>();
    in_parallel(w.panels(), x.size(0) * layer.in * kPanelRows,
                [&](std::int64_t begin, std::int64_t end) {
                  panel_product(blocks, w, begin, end, bias, out, layer.out);
                });
    return y;
  }

  at::Tensor rms_norm(const at::Tensor& input, const at::Tensor& weight,
                      double eps) const override {
    const at::Tensor x = input.contiguous();
    at::Tensor y = at::empty_like(x);
    const std::int64_t cols = x.size(1);
    const float *from = x.const_data_ptr<float>(), *w = weight.const_data_ptr<float>();
    float* to = y.data_ptr<float>();
    in_parallel(x.size(0), 4 * cols, [&](std::int64_t begin, std::int64_t end) {
      rms_norm_rows(from + begin * cols, w, eps, end - begin, cols, to + begin * cols);
    });
    return y;
  }

  at::Tensor activation(at::Tensor input, const std::string& name) const override {
    check_activation(name);
    at::Tensor x = input.contiguous();
    float* data = x.data_ptr<float>();
    void (*in_place)(float*, std::int64_t) = nullptr;
    if (name == "gelu") in_place = [](float* v, std::int64_t n) { gelu_erf(v, n); };
    if (name == "quick_gelu") in_place = [](float* v, std::int64_t n) { quick_gelu(v, n); };
    if (name == "gelu_pytorch_tanh") in_place = [](float* v, std::int64_t n) { gelu_tanh(v, n); };
    if (in_place == nullptr) return name == "silu" ? at::silu(x) : at::relu(x);
    in_parallel(x.numel(), 20,
                [&](std::int64_t begin, std::int64_t end) { in_place(data + begin, end - begin); });
    return x;
  }

  at::Tensor gated(const at::Tensor& x, const std::string& name) const override {
    const std::int64_t width = x.size(1) / 2;
    const bool silu = name == "silu";
    if (!silu && name != "gelu_pytorch_tanh") {
      return activation(x.narrow(1, 0, width).contiguous(), name).mul_(x.narrow(1, width, width));
    }
    at::Tensor y = at::empty({x.size(0), width}, x.options());
    const float* from = x.const_data_ptr<float>();
    float* to = y.data_ptr<float>();
    in_parallel(x.size(0), 20 * width, [&](std::int64_t begin, std::int64_t end) {
      const auto rows_of = silu ? &gated_silu_rows : &gated_gelu_rows;
      rows_of(from + begin * 2 * width, end - begin, width, to + begin * width,
              best_instructions());
    });
    return y;
  }

  at::Tensor rotate(at::Tensor x, std::int64_t heads, const at::Tensor& cos,
                    const at::Tensor& sin) const override {
    rotate_rows(x.data_ptr<float>(), x.size(0), x.size(1) * x.size(2), heads, x.size(2),
                cos.const_data_ptr<float>(), sin.const_data_ptr<float>(), cos.size(0) == 1);
    return x;
  }

  SharedPrompt share_prompt(KeyValues store) const override {
    SharedPrompt shared;
    shared.length = store.key.front().size(1);
    const std::int64_t kv = store.key.front().size(0), width = store.key.front().size(2);
    for (std::size_t l = 0; l < store.key.size(); ++l) {
      at::Tensor key = at::zeros({kv, packed_elements(shared.length, width)});
      for (std::int64_t j = 0; j < kv; ++j) {
        pack_panels(store.key[l][j].const_data_ptr<float>(), Stored::f32, shared.length, width, 0,
                    key[j].data_ptr<float>(), Stored::f32);
      }
      at::Tensor value = store.value[l];
      if (value_width(width) != width) {
        value = at::zeros({kv, shared.length, value_width(width)});
        value.narrow(2, 0, width).copy_(store.value[l]);
      }
      shared.store.key.push_back(key);
      shared.store.value.push_back(value);
      store.key[l] = store.value[l] = at::Tensor();
    }
    return shared;
  }

  void copy_shared(const SharedPrompt& from, std::int64_t count, KeyValues& to) const override {
    for (std::size_t l = 0; l < to.key.size(); ++l) {
      const std::int64_t kv = to.key[l].size(0), width = to.key[l].size(2);
      to.value[l]
          .narrow(1, 0, count)
          .copy_(from.store.value[l].narrow(1, 0, count).narrow(2, 0, width));
      for (std::int64_t j = 0; j < kv; ++j) {
        const PanelMatrix keys = packed_matrix(from.store.key[l][j].const_data_ptr<float>(),
                                               Stored::f32, from.length, width);
        float* rows = to.key[l][j].data_ptr<float>();
        for (std::int64_t p = 0; p < count; ++p) unpack_row(keys, p, rows + p * width);
      }
    }
  }

  Attended attend_shared(const SharedQuery& now, const SharedPrompt& shared,
                         const KeyValues& answers) const override {
    const at::Tensor query = now.query.contiguous();
    SharedAttention w;
    w.paths = query.size(0);
    w.heads = query.size(1);
    w.width = query.size(2);
    w.kv_heads = shared.store.key[now.block].size(0);
    w.prompt = shared.length;
    w.own = now.own;
    w.query = query.const_data_ptr<float>();
    w.prompt_key = shared.store.key[now.block].const_data_ptr<float>();
    w.prompt_value = shared.store.value[now.block].const_data_ptr<float>();
    w.own_key = answers.key[now.block].const_data_ptr<float>();
    w.own_value = answers.value[now.block].const_data_ptr<float>();
    w.capacity = answers.key[now.block].size(2);
    w.slots = now.slots.data();
    Attended result;
    result.out = at::empty({w.paths, w.heads * w.width});
    w.out = result.out.data_ptr<float>();
    if (now.weights) {
      result.weights = at::empty({w.heads, w.prompt + w.own});
      w.weights = result.weights.data_ptr<float>();
    }
    const std::int64_t cost = 2 * w.paths * (w.heads / w.kv_heads) * w.width * w.prompt;
    if (w.kv_heads >= at::get_num_threads()) {
      in_parallel(w.kv_heads, cost,
                  [&](std::int64_t begin, std::int64_t end) { shared_attention(w, begin, end); });
    } else {  // threads then share the paths: keys are read by each, from the cache
      in_parallel(w.paths, cost * w.kv_heads / w.paths, [&](std::int64_t begin, std::int64_t end) {
        shared_attention(paths_of(w, begin, end), 0, w.kv_heads);
      });
    }
    return result;
  }

  bool rows_independent() const override { return true; }
};

}  // namespace

std::unique_ptr<Ops> make_cpu_ops() { return std::make_unique<CpuOps>(); }

}  // namespace vrp
