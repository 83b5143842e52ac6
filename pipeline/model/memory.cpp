#include "pipeline/model/memory.hpp"

#include <algorithm>

#include "kernels/panel_product.hpp"

namespace vrp {
namespace {

/// Rows of a step that a question takes: the greedy answer and K more, on an accelerator a multiple
/// of 16.
std::int64_t rows_of(const MemoryRequest& request) {
  const std::int64_t rows = request.samples + 1;
  return request.kept_as_stored ? rows : (rows + 15) / 16 * 16;
}

std::int64_t stored_size(const std::string& dtype) { return dtype == "F32" ? 4 : 2; }

std::int64_t weight_bytes(const ModelSpec& spec, const TensorMatch& tensors,
                          const MemoryRequest& request) {
  std::int64_t bytes = 0;
  for (const ExpectedTensor& tensor : expected_tensors(spec)) {
    const auto found = tensors.found.find(tensor.name);
    if (!tensor.used || found == tensors.found.end()) continue;
    std::int64_t count = 1;
    for (const std::int64_t side : tensor.shape) count *= side;
    if (tensor.shape.size() < 2) {
      bytes += 4 * count;
      continue;
    }
    const std::int64_t rows = tensor.shape.front();
    const std::int64_t size =
        request.kept_as_stored ? stored_size(found->second.dtype) : request.compute_bytes;
    bytes += size * (request.kept_as_stored ? packed_elements(rows, count / rows) : count);
  }
  return bytes;
}

}  // namespace

std::int64_t most_image_tokens(const ModelSpec& spec) {
  const std::int64_t cell = std::int64_t{spec.vision.patch} * spec.vision.merge;
  if (spec.image.method == ImageResize::smart) return spec.image.max_pixels / (cell * cell);
  const std::int64_t side = spec.vision.image_size / spec.vision.patch;
  return side * side;
}

MemoryNeed memory_need(const ModelSpec& spec, const TensorMatch& tensors,
                       const MemoryRequest& request) {
  const TextSpec& t = spec.text;
  const VisionSpec& v = spec.vision;
  const std::int64_t number = request.compute_bytes, prompt = request.prompt_tokens;
  MemoryNeed need;
  need.weights = weight_bytes(spec, tensors, request);

  const std::int64_t position = 2 * number * t.layers * t.kv_heads * t.head_dim;
  const std::int64_t rows = request.batch * rows_of(request);
  need.keys_values =
      position * ((request.batch + request.pictures) * prompt + rows * request.max_new_tokens);

  // The widest rows alive at once: in a decoder block (with the image's states before and after
  // it), and in a block of the tower.
  const std::int64_t block =
      5 * t.hidden + (t.heads + 2 * t.kv_heads) * t.head_dim + 3 * std::int64_t{t.intermediate};
  const std::int64_t tower = 6 * v.hidden + 2 * std::int64_t{v.intermediate};
  const std::int64_t patches =
      (prompt + 1) * v.merge * v.merge;  // a prompt holds at least the image
  const std::int64_t logits = std::max(rows, std::int64_t{kLensRows}) * t.vocab;
  need.working = number * std::max(block * prompt * request.batch, tower * patches) +
                 4 * 2 * logits + static_cast<std::int64_t>(SafetensorsIndex::kPieceBytes);
  return need;
}

}  // namespace vrp
