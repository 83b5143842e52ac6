#pragma once
// Private to this folder (ATen): G nets of one shape that are trained side by side.
#include <ATen/ATen.h>

#include <vector>

#include "stages/probes/nets.hpp"

namespace vrp {

/// Weights that every net of a seed starts from: [in, out] for each layer of the shape.
std::vector<at::Tensor> initial_weights(std::int64_t width, const NetOptions& options, int seed);

class NetBatch {
 public:
  /// initial: of each net (initial_weights of its seed).
  NetBatch(const std::vector<const std::vector<at::Tensor>*>& initial, const NetOptions& options,
           at::Device device);

  /// One Adam step of the first x.size(0) nets: x [A, B, D], y, weight [A, B] (0 = padding, else 1
  /// / items of the batch). `step` counts from 1, the same for all nets that still train.
  void train(const at::Tensor& x, const at::Tensor& y, const at::Tensor& weight, std::int64_t step);
  /// Logits of x [n, D] by net g, [n].
  at::Tensor logits(std::int64_t g, const at::Tensor& x) const;

 private:
  /// Dropout mask of a step and layer, [1, B, out]: 0 or 1 / (1 - p); the same for every net.
  at::Tensor mask(std::int64_t step, std::size_t layer, std::int64_t rows,
                  std::int64_t columns) const;

  NetOptions options_;
  at::Device device_;
  std::vector<at::Tensor> parameter_, mean_, square_;  ///< W0 [G,D,h], b0 [G,1,h], W1 ...
};

}  // namespace vrp
