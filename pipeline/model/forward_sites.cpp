// What only observers want to know of a block, and what no pass needs.
#include <algorithm>
#include <cmath>

#include "pipeline/model/forward.hpp"

namespace vrp {

at::Tensor head_outputs(const Network& network, const DecoderLayer& layer,
                        const at::Tensor& attended) {
  const TextSpec& t = network.spec.text;
  // Row h holds head h's part of the query's attention output, and 0 elsewhere.
  const at::Tensor rows = at::zeros({t.heads, t.heads, t.head_dim}, attended.options());
  const at::Tensor parts = attended.reshape({t.heads, t.head_dim});
  rows.diagonal(0, 0, 1).copy_(parts.t());
  Linear out = layer.out;
  out.bias = at::Tensor();  // of no head
  return network.ops->linear(rows.view({t.heads, std::int64_t{t.heads} * t.head_dim}), out);
}

at::Tensor update_norms(const at::Tensor& before, const at::Tensor& after) {
  const std::int64_t kept = before.is_cpu() ? 64 : 1024;  // rows at a time, widened to fp64
  const std::int64_t count = before.size(0);
  const auto options = before.options().dtype(at::kDouble);
  at::Tensor sizes = at::empty({count}, options), wholes = at::empty({count}, options);
  for (std::int64_t first = 0; first < count; first += kept) {
    const std::int64_t rows = std::min(kept, count - first);
    const at::Tensor x = before.narrow(0, first, rows).to(at::kDouble);
    const at::Tensor change = after.narrow(0, first, rows).to(at::kDouble).sub_(x);
    sizes.narrow(0, first, rows).copy_(change.square_().sum(1).sqrt_());
    wholes.narrow(0, first, rows).copy_(x.square().sum(1).sqrt_());
  }
  const at::Tensor relative = (sizes / wholes).masked_fill_(wholes.le(0), NAN);
  return at::stack({sizes.mean(), relative.mean()}).to(at::kFloat);
}

}  // namespace vrp
