// The vision towers (CLIP, SigLIP, the ViT of Qwen2-VL) and what projects their features to the
// decoder's width.
#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/model/forward.hpp"

namespace vrp {
namespace {

void require_values(const PreparedImage& image, std::int64_t expected, const std::string& what) {
  if (std::ssize(image.pixels) != expected) {
    fail("prepared image has ", image.pixels.size(), " values, expected ", expected, " (", what,
         ") for this vision tower");
  }
}

/// One patch a row: [cells * merge^2, 3 * frames * patch * patch]. From [3, height, width] in
/// reading order; the picture of a rotary tower comes in patches already.
at::Tensor patches(const PreparedImage& image, const VisionSpec& v) {
  float* data = const_cast<float*>(image.pixels.data());  // only read
  const std::int64_t p = v.patch;
  if (v.positions == VisionPositions::rotary) {
    const std::int64_t count =
        std::int64_t{image.geometry.rows} * image.geometry.cols * v.merge * v.merge;
    const std::int64_t width = 3 * v.frames * p * p;
    require_values(image, count * width, concat(count, " patches of ", width));
    return at::from_blob(data, {count, width}, at::TensorOptions());
  }
  const std::int64_t size = v.image_size, side = size / p;
  require_values(image, 3 * size * size, concat("3 x ", size, " x ", size));
  return at::from_blob(data, {3, side, p, side, p}, at::TensorOptions())
      .permute({1, 3, 0, 2, 4})
      .reshape({side * side, 3 * p * p});
}

/// Angles of the patches' rows and columns, patches in the order of `patches`: blocks of merge x
/// merge in reading order, inside a block in reading order. Row angles, then column angles:
/// [patches, head_dim / 2].
Rotary patch_angles(const Network& network, const Geometry& grid) {
  const std::int64_t m = network.spec.vision.merge;
  const auto in_blocks = [&](const at::Tensor& index) {
    return index.expand({grid.rows * m, grid.cols * m})
        .reshape({grid.rows, m, grid.cols, m})
        .transpose(1, 2)
        .reshape({-1, 1});
  };
  const at::TensorOptions options = network.vision_inverse_frequency.options();
  const at::Tensor row = in_blocks(at::arange(grid.rows * m, options).unsqueeze(1));
  const at::Tensor column = in_blocks(at::arange(grid.cols * m, options).unsqueeze(0));
  const at::Tensor f = network.vision_inverse_frequency.unsqueeze(0);
  const at::Tensor angle = at::cat({row * f, column * f}, 1);
  return {angle.cos(), angle.sin()};
}

/// `rotary` is null where positions are in the embeddings.
void run_layer(const Network& network, at::Tensor& x, const VisionLayer& layer,
               const Rotary* rotary) {
  const Ops& ops = *network.ops;
  const VisionSpec& v = network.spec.vision;
  const std::int64_t rows = x.size(0), width = v.hidden / v.heads;
  {
    at::Tensor qkv = ops.linear(layer_norm(x, layer.norm1, v.norm_eps), layer.qkv)
                         .view({rows, 3 * v.heads, width});
    if (rotary != nullptr) qkv = ops.rotate(qkv, 2 * v.heads, rotary->cos, rotary->sin);
    const at::Tensor parts = qkv.view({rows, 3, v.heads, width}).permute({1, 2, 0, 3});
    x.add_(ops.linear(attend(parts[0], parts[1], parts[2], false), layer.out));
  }
  const std::int64_t most = rows_at_once(network.working, ops, rows);
  for (std::int64_t first = 0; first < rows; first += most) {
    at::Tensor part = x.narrow(0, first, std::min(most, rows - first));
    const at::Tensor up = ops.linear(layer_norm(part, layer.norm2, v.norm_eps), layer.fc1);
    part.add_(ops.linear(ops.activation(up, v.activation), layer.fc2));
  }
}

/// Tower features [cells * merge^2, hidden] to [cells, D].
at::Tensor project(const Network& network, at::Tensor x) {
  const ModelSpec& spec = network.spec;
  const ProjectorWeights& w = network.weights.projector;
  const Ops& ops = *network.ops;
  if (spec.projector == Projector::linear) return ops.linear(x, w.first);
  if (spec.projector == Projector::merger) {
    const std::int64_t joined = x.size(1) * spec.vision.merge * spec.vision.merge;
    x = layer_norm(x, w.norm, spec.vision.norm_eps).reshape({-1, joined});
  }
  return ops.linear(ops.activation(ops.linear(x, w.first), spec.projector_activation), w.second);
}

}  // namespace

at::Tensor upload_image(const Network& network, const PreparedImage& image) {
  return patches(image, network.spec.vision).to(network.device, network.dtype);
}

at::Tensor encode_image(const Network& network, const PreparedImage& image,
                        const at::Tensor& pixels) {
  const VisionSpec& v = network.spec.vision;
  const VisionWeights& w = network.weights.vision;
  const Ops& ops = *network.ops;
  ++network.counters.images_encoded;
  at::Tensor x = ops.linear(pixels.defined() ? pixels : upload_image(network, image), w.patch);
  if (v.class_token) x = at::cat({w.cls.unsqueeze(0), x}, 0);
  Rotary rotary;
  const bool turned = v.positions == VisionPositions::rotary;
  if (turned) {
    rotary = patch_angles(network, image.geometry);
  } else {
    x.add_(w.position);
  }
  if (v.pre_norm) x = layer_norm(x, w.pre, v.norm_eps);
  for (const VisionLayer& layer : w.layers)
    run_layer(network, x, layer, turned ? &rotary : nullptr);
  if (v.post_norm) x = layer_norm(x, w.post, v.norm_eps);
  if (v.class_token) x = x.narrow(0, 1, x.size(0) - 1);
  return project(network, x);
}

}  // namespace vrp
