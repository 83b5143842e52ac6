#pragma once
// Private to pipeline/model: the operations of which both towers are made.
#include <ATen/ATen.h>

#include <string>

#include "pipeline/model/weights.hpp"

namespace vrp {

/// x [R, in] times the layer's weight, plus its bias: [R, out].
at::Tensor linear(const at::Tensor& x, const Linear& layer);

/// w * x / sqrt(mean(x^2) + eps) over the last axis, in fp32.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps);

at::Tensor layer_norm(const at::Tensor& x, const Norm& norm, double eps);

/// "gelu" (erf) | "gelu_pytorch_tanh" | "quick_gelu" (x sigmoid(1.702 x)) | "silu" | "relu".
/// Error for another name.
at::Tensor activation(const at::Tensor& x, const std::string& name);
void check_activation(const std::string& name);

/// Rotates x [R, heads, head_dim] in the rotate-half convention: with x = (a, b) halves,
/// (a cos - b sin, b cos + a sin). cos, sin [R, head_dim / 2] fp32.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin);

/// Fused attention of one sequence, never storing the scores: query [heads, R, head_dim], key and
/// value [kv_heads, n, head_dim]. `causal`: query r sees keys 0 .. n - R + r. Returns
/// [R, heads * head_dim].
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  bool causal);

}  // namespace vrp
