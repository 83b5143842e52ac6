// What only observers want to know of a block, and what no pass needs.
#include <algorithm>
#include <limits>

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

void update_norms(const at::Tensor& before, const at::Tensor& after, float* out) {
  const std::int64_t kept = before.is_cpu() ? 64 : 1024;  // rows at a time, widened to fp64
  double sum = 0, relative = 0;
  const std::int64_t count = before.size(0);
  for (std::int64_t first = 0; first < count; first += kept) {
    const std::int64_t rows = std::min(kept, count - first);
    const at::Tensor x = before.narrow(0, first, rows).to(at::kDouble);
    const at::Tensor change = after.narrow(0, first, rows).to(at::kDouble).sub_(x);
    const at::Tensor norms = at::stack({change.square_().sum(1).sqrt_(), x.square().sum(1).sqrt_()})
                                 .to(at::kCPU)
                                 .contiguous();
    const double* size = norms.const_data_ptr<double>();
    for (std::int64_t r = 0; r < rows; ++r) {
      const double whole = size[rows + r];
      sum += size[r];
      relative += whole > 0 ? size[r] / whole : std::numeric_limits<double>::quiet_NaN();
    }
  }
  out[0] = static_cast<float>(sum / static_cast<double>(count));
  out[1] = static_cast<float>(relative / static_cast<double>(count));
}

}  // namespace vrp
