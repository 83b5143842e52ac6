// The twins of kernels/ in place of libtorch's operations, on tensors of the device that they run
// on.
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cmath>

#include "kernels/append_rows.hpp"
#include "kernels/decode_attention.hpp"
#include "kernels/gated_rows.hpp"
#include "kernels/norm_rows.hpp"
#include "kernels/rotary.hpp"
#include "pipeline/model/ops_aten.hpp"
#include "pipeline/model/token_chooser.hpp"

namespace vrp {
namespace {

/// use(T()) for the stored type that a tensor's numbers are.
template <class Use>
void with_type(at::ScalarType type, const Use& use) {
  if (type == at::kFloat) return use(float());
  if (type == at::kHalf) return use(HalfFloat());
  use(BrainFloat());
}

template <class T>
const T* numbers(const at::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}
template <class T>
T* numbers_to_write(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

/// [R, heads, width] whose rows may lie apart, in fours of numbers as the twins read them.
bool rows_of_heads(const at::Tensor& x) {
  return x.stride(2) == 1 && x.stride(1) == x.size(2) && x.size(2) % 4 == 0 &&
         x.stride(0) % 4 == 0 && x.storage_offset() % 4 == 0;
}

/// What the twin of attention takes; other widths go to libtorch.
bool attention_fits(std::int64_t width, std::size_t prompts) {
  return width % 16 == 0 && width <= 256 && prompts <= kMostPrompts;
}

class DeviceOps : public AtenOps {
 public:
  using AtenOps::AtenOps;

  at::Tensor rms_norm(const at::Tensor& input, const at::Tensor& weight,
                      double eps) const override {
    const bool same = weight.scalar_type() == input.scalar_type();
    if (!same && weight.scalar_type() != at::kFloat) return AtenOps::rms_norm(input, weight, eps);
    const at::Tensor x = input.contiguous();
    at::Tensor out = at::empty_like(x);
    with_type(x.scalar_type(), [&](auto type) {
      using T = decltype(type);
      if (same) return rms_norm_on<T, T>(place_now(), x, weight, eps, out);
      rms_norm_on<T, float>(place_now(), x, weight, eps, out);  // Gemma's 1 + w
    });
    return out;
  }

  at::Tensor gated(const at::Tensor& input, const std::string& name) const override {
    if (name != "silu" && name != "gelu_pytorch_tanh") return AtenOps::gated(input, name);
    const at::Tensor x = input.contiguous();
    at::Tensor out = at::empty({x.size(0), x.size(1) / 2}, x.options());
    with_type(x.scalar_type(), [&](auto type) {
      using T = decltype(type);
      const KernelPlace place = place_now();
      gated_rows<T>(place.device, {.x = numbers<T>(x),
                                   .out = numbers_to_write<T>(out),
                                   .rows = out.size(0),
                                   .width = out.size(1),
                                   .gate = name == "silu" ? Gate::silu : Gate::gelu_tanh,
                                   .stream = place.stream});
    });
    return out;
  }

  at::Tensor rotate(at::Tensor x, std::int64_t heads, const at::Tensor& cos,
                    const at::Tensor& sin) const override {
    if (!x.is_contiguous()) return AtenOps::rotate(std::move(x), heads, cos, sin);
    const at::Tensor c = cos.contiguous(), s = sin.contiguous();
    with_type(x.scalar_type(), [&](auto type) {
      using T = decltype(type);
      const KernelPlace place = place_now();
      rotary<T>(place.device, {.x = numbers_to_write<T>(x),
                               .rows = x.size(0),
                               .heads = heads,
                               .width = x.size(2),
                               .stride = x.size(1) * x.size(2),
                               .cos = numbers<float>(c),
                               .sin = numbers<float>(s),
                               .same_angles = c.size(0) == 1,
                               .stream = place.stream});
    });
    return x;
  }

  Attended attend_shared(const SharedQuery& now, const SharedPrompt& shared,
                         const KeyValues& answers) const override {
    if (now.weights || !attention_fits(now.query.size(2), 1)) {
      return AtenOps::attend_shared(now, shared, answers);
    }
    const at::Tensor own = at::full({now.query.size(0)}, now.own, options().dtype(at::kInt));
    const SharedPrompt* prompt = &shared;
    return {attend_batch({now.query, now.block, now.own, own, {&prompt, 1}, nullptr}, answers).out,
            {}};
  }

  void append(KeyValues& answers, std::size_t block, const at::Tensor& key, const at::Tensor& value,
              const at::Tensor& at, const at::Tensor& own_rows) const override {
    if (!rows_of_heads(key) || !rows_of_heads(value) || key.stride(0) != value.stride(0)) {
      return AtenOps::append(answers, block, key, value, at, own_rows);
    }
    with_type(key.scalar_type(), [&](auto type) {
      using T = decltype(type);
      const KernelPlace place = place_now();
      append_rows<T>(place.device, {.key = numbers<T>(key),
                                    .value = numbers<T>(value),
                                    .rows = key.size(0),
                                    .heads = key.size(1),
                                    .width = key.size(2),
                                    .stride = key.stride(0),
                                    .key_store = numbers_to_write<T>(answers.key[block]),
                                    .value_store = numbers_to_write<T>(answers.value[block]),
                                    .capacity = answers.key[block].size(2),
                                    .at = numbers<std::int32_t>(own_rows),
                                    .first = 1,
                                    .stream = place.stream});
    });
  }

  BatchAttended attend_batch(const BatchQuery& now, const KeyValues& answers) const override {
    if (!attention_fits(now.query.size(2), now.prompts.size())) {
      return AtenOps::attend_batch(now, answers);
    }
    BatchAttended result;
    with_type(now.query.scalar_type(),
              [&](auto type) { result = attend_by_twin<decltype(type)>(now, answers); });
    return result;
  }

  std::unique_ptr<TokenChooser> chooser(std::int64_t rows, std::int64_t each, double temperature,
                                        double top_p) const override {
    return make_device_chooser({rows, each, temperature, top_p}, options().device(),
                               [this] { return place_now(); });
  }
  bool recordable(std::int64_t head_width, std::size_t prompts) const override {
    return attention_fits(head_width, prompts);  // libtorch's reads the host's number of positions
  }
  std::optional<KernelPlace> kernels() const override { return place_now(); }

 private:
  KernelPlace place_now() const {
    const at::Device device = options().device();
    if (device.is_cpu()) return {Device::cpu, nullptr};
    const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
    return {Device::cuda, stream.native_handle()};
  }

  template <class T, class W>
  static void rms_norm_on(const KernelPlace& place, const at::Tensor& x, const at::Tensor& weight,
                          double eps, at::Tensor& out) {
    vrp::rms_norm<T, W>(place.device, {.x = numbers<T>(x),
                                       .out = numbers_to_write<T>(out),
                                       .weight = numbers<W>(weight),
                                       .rows = x.numel() / x.size(-1),
                                       .cols = x.size(-1),
                                       .eps = eps,
                                       .stream = place.stream});
  }

  template <class T>
  BatchAttended attend_by_twin(const BatchQuery& now, const KeyValues& answers) const {
    const KernelPlace place = place_now();
    const at::Tensor query = rows_of_heads(now.query) ? now.query : now.query.contiguous();
    const at::Tensor &key = answers.key[now.block], &value = answers.value[now.block];
    DecodeAttention<T> w;
    w.paths = query.size(0);
    w.heads = query.size(1);
    w.width = query.size(2);
    w.kv_heads = key.size(1);
    w.own_capacity = key.size(2);
    w.query = numbers<T>(query);
    w.query_stride = query.stride(0);
    w.own_key = numbers<T>(key);
    w.own_value = numbers<T>(value);
    w.own = numbers<std::int32_t>(now.own_rows);
    w.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(w.width)));
    w.stream = place.stream;
    w.prompt_count = std::ssize(now.prompts);
    std::int64_t longest = 0;
    for (std::size_t g = 0; g < now.prompts.size(); ++g) {
      const SharedPrompt& prompt = *now.prompts[g];
      const at::Tensor& prompt_key = prompt.store.key[now.block];
      w.prompts[g] = {numbers<T>(prompt_key), numbers<T>(prompt.store.value[now.block]),
                      prompt.length, prompt_key.size(1)};
      longest = std::max(longest, prompt.length);
    }
    const at::Tensor workspace =
        at::empty({decode_attention_workspace(w.paths, w.heads, w.width, longest, w.own_capacity)},
                  query.options().dtype(at::kFloat));
    w.workspace = numbers_to_write<float>(workspace);
    BatchAttended result;
    result.out = at::empty({w.paths, w.heads * w.width}, query.options());
    w.out = numbers_to_write<T>(result.out);
    at::Tensor weights;
    if (now.wanted != nullptr && now.wanted->row.defined()) {
      w.wanted_paths = now.wanted->row.size(0);
      w.columns = now.wanted->column.size(1);
      weights = at::empty({w.wanted_paths, w.heads, w.columns}, workspace.options());
      w.wanted = numbers<std::int32_t>(now.wanted->row);
      w.column = numbers<std::int32_t>(now.wanted->column);
      w.weights = numbers_to_write<float>(weights);
    }
    decode_attention<T>(place.device, w);
    result.weights.resize(now.prompts.size());
    std::int64_t n = 0;
    for (std::size_t g = 0; weights.defined() && g < now.prompts.size(); ++g) {
      const at::Tensor& columns = now.wanted->index[g];
      if (columns.defined()) result.weights[g] = weights[n++].narrow(1, 0, columns.size(0));
    }
    return result;
  }
};

}  // namespace

std::unique_ptr<Ops> make_device_ops(at::Device device, at::ScalarType dtype) {
  return std::make_unique<DeviceOps>(device, dtype);
}

}  // namespace vrp
