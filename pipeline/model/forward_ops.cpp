#include "pipeline/model/forward_ops.hpp"

#include "pipeline/base/error.hpp"

namespace vrp {

at::Tensor linear(const at::Tensor& x, const Linear& layer) {
  return at::linear(x, layer.weight,
                    layer.bias.defined() ? std::optional<at::Tensor>(layer.bias) : std::nullopt);
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  const at::Tensor f = x.to(at::kFloat);
  const at::Tensor scale = f.square().mean(-1, true).add_(eps).rsqrt_();
  return (f * scale).to(x.scalar_type()).mul_(weight);
}

at::Tensor layer_norm(const at::Tensor& x, const Norm& norm, double eps) {
  return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, eps);
}

void check_activation(const std::string& name) {
  for (const char* known : {"gelu", "gelu_pytorch_tanh", "quick_gelu", "silu", "relu"}) {
    if (name == known) return;
  }
  fail("activation '", name, "' is not supported, expected gelu, gelu_pytorch_tanh, quick_gelu, ",
       "silu or relu");
}

at::Tensor activation(const at::Tensor& x, const std::string& name) {
  if (name == "gelu") return at::gelu(x);
  if (name == "gelu_pytorch_tanh") return at::gelu(x, "tanh");
  if (name == "quick_gelu") return (x * 1.702).sigmoid_().mul_(x);
  if (name == "silu") return at::silu(x);
  if (name == "relu") return at::relu(x);
  check_activation(name);
  return x;
}

at::Tensor rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const std::int64_t half = x.size(-1) / 2;
  const at::Tensor f = x.to(at::kFloat);
  const at::Tensor a = f.narrow(-1, 0, half), b = f.narrow(-1, half, half);
  const at::Tensor c = cos.unsqueeze(1), s = sin.unsqueeze(1);
  return at::cat({a * c - b * s, b * c + a * s}, -1).to(x.scalar_type());
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

}  // namespace vrp
