// CLIP vision tower and projector of LLaVA-1.5: hidden_states[feature_layer] without the class
// token, then linear, activation, linear.
#include "pipeline/base/error.hpp"
#include "pipeline/model/forward.hpp"

namespace vrp {
namespace {

/// [3, height, width] cut into patches, row-major: [cells, 3 * patch * patch].
at::Tensor patches(const PreparedImage& image, const VisionSpec& v) {
  const std::int64_t size = v.image_size, side = size / v.patch, p = v.patch;
  const auto expected = static_cast<std::size_t>(3 * size * size);
  if (image.pixels.size() != expected) {
    fail("prepared image has ", image.pixels.size(), " values, expected ", expected, " (3 x ", size,
         " x ", size, ") for this vision tower");
  }
  const at::Tensor pixels = at::from_blob(const_cast<float*>(image.pixels.data()),
                                          {3, side, p, side, p}, at::TensorOptions());
  return pixels.permute({1, 3, 0, 2, 4}).reshape({side * side, 3 * p * p});
}

void run_layer(const Ops& ops, at::Tensor& x, const VisionLayer& layer, const VisionSpec& v) {
  const std::int64_t rows = x.size(0), width = v.hidden / v.heads;
  const at::Tensor qkv = ops.linear(layer_norm(x, layer.norm1, v.norm_eps), layer.qkv)
                             .view({rows, 3, v.heads, width})
                             .permute({1, 2, 0, 3});
  x.add_(ops.linear(attend(qkv[0], qkv[1], qkv[2], false), layer.out));
  const at::Tensor up = ops.linear(layer_norm(x, layer.norm2, v.norm_eps), layer.fc1);
  x.add_(ops.linear(ops.activation(up, v.activation), layer.fc2));
}

}  // namespace

at::Tensor encode_image(const Network& network, const PreparedImage& image) {
  const VisionSpec& v = network.spec.vision;
  const VisionWeights& w = network.weights.vision;
  const Ops& ops = *network.ops;
  const at::Tensor cells = patches(image, v).to(network.device, network.dtype);
  at::Tensor x = at::cat({w.cls.unsqueeze(0), ops.linear(cells, w.patch)}, 0);
  x.add_(w.position);
  x = layer_norm(x, w.pre, v.norm_eps);
  for (const VisionLayer& layer : w.layers) run_layer(ops, x, layer, v);
  if (v.drop_cls) x = x.narrow(0, 1, x.size(0) - 1);
  const at::Tensor hidden = ops.linear(x, network.weights.projector1);
  return ops.linear(ops.activation(hidden, network.spec.projector_activation),
                    network.weights.projector2);
}

}  // namespace vrp
