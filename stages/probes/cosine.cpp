#include <ATen/ATen.h>

#include <algorithm>

#include "stages/probes/controls.hpp"
#include "stages/probes/logistic_columns.hpp"

namespace vrp {
namespace {

/// Rows of unit length; rows without length stay 0.
at::Tensor unit_rows(const at::Tensor& x) {
  return x / x.square().sum(1, /*keepdim=*/true).sqrt().clamp_min(1e-300);
}

}  // namespace

double max_cosine(const LayerInput& layer, const Task& task) {
  const LayerBlocks blocks(layer, task.y);
  const auto n = blocks.rows();
  at::Tensor fold = at::empty({n}, at::kInt);
  for (std::int64_t i = 0; i < n; ++i)
    fold.data_ptr<std::int32_t>()[i] = task.folds.fold[static_cast<std::size_t>(i)];
  fold = fold.to(blocks.options().device());
  double best = -2;
  blocks.each([&](std::int64_t first, const at::Tensor& x) {
    const at::Tensor a = unit_rows(x).clone(), fold_a = fold.narrow(0, first, x.size(0));
    blocks.each([&](std::int64_t second, const at::Tensor& y) {
      if (second < first) return;
      const at::Tensor fold_b = fold.narrow(0, second, y.size(0));
      const at::Tensor apart = fold_a.unsqueeze(1)
                                   .ne(fold_b.unsqueeze(0))
                                   .logical_and(fold_a.ge(0).unsqueeze(1))
                                   .logical_and(fold_b.ge(0).unsqueeze(0));
      const at::Tensor cosine = a.mm(unit_rows(y).t());
      best = std::max(
          best,
          at::where(apart, cosine, at::full({}, -2.0, cosine.options())).max().item<double>());
    });
  });
  // z-scored inputs that are all zero have no direction.
  const bool varies = blocks.scale().ne(1).any().item<bool>();
  return best < -1.5 || !varies ? kUndefined : std::min(best, 1.0);
}

}  // namespace vrp
