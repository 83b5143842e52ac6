#include "stages/probes/net_batch.hpp"

#include <cmath>

#include "pipeline/base/rng.hpp"

namespace vrp {

std::vector<at::Tensor> initial_weights(std::int64_t width, const NetOptions& options, int seed) {
  const Rng rng(options.seed, "probes", "", "", "net weights");
  std::vector<at::Tensor> weights;
  std::vector<std::int64_t> sizes = {width};
  for (const int h : options.hidden) sizes.push_back(h);
  sizes.push_back(1);
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    at::Tensor w = at::empty({sizes[l], sizes[l + 1]}, at::kFloat);
    const double bound = std::sqrt(6.0 / static_cast<double>(sizes[l]));
    float* value = w.data_ptr<float>();
    const std::uint64_t stream = static_cast<std::uint64_t>(seed) * 16 + l;
    for (std::int64_t i = 0; i < w.numel(); ++i)
      value[i] =
          static_cast<float>(bound * (2 * rng.uniform(static_cast<std::uint64_t>(i), stream) - 1));
    weights.push_back(w);
  }
  return weights;
}

NetBatch::NetBatch(const std::vector<const std::vector<at::Tensor>*>& initial,
                   const NetOptions& options, at::Device device)
    : options_(options), device_(device) {
  const auto nets = static_cast<std::int64_t>(initial.size());
  for (std::size_t l = 0; l < initial.front()->size(); ++l) {
    std::vector<at::Tensor> weights;
    for (const auto* net : initial) weights.push_back((*net)[l]);
    parameter_.push_back(at::stack(weights).to(device));
    parameter_.push_back(at::zeros({nets, 1, weights.front().size(1)},
                                   at::TensorOptions().dtype(at::kFloat).device(device)));
  }
  for (const at::Tensor& p : parameter_) {
    mean_.push_back(at::zeros_like(p));
    square_.push_back(at::zeros_like(p));
  }
}

at::Tensor NetBatch::mask(std::int64_t step, std::size_t layer, std::int64_t rows,
                          std::int64_t columns) const {
  const Rng rng(options_.seed, "probes", "", "", "dropout");
  const auto drop = static_cast<std::uint32_t>(options_.dropout * 4294967296.0);
  const auto keep = static_cast<float>(1 / (1 - options_.dropout));
  at::Tensor out = at::empty({1, rows, columns}, at::kFloat);
  float* value = out.data_ptr<float>();
  const std::int64_t n = out.numel();
  const std::uint64_t stream = static_cast<std::uint64_t>(step) * 16 + layer;
  for (std::int64_t i = 0; i < n; i += 4) {
    const PhiloxCounter w = rng.words(static_cast<std::uint64_t>(i), stream);
    const std::uint32_t word[4] = {w.c0, w.c1, w.c2, w.c3};
    for (std::int64_t j = i; j < std::min(n, i + 4); ++j)
      value[j] = word[j - i] < drop ? 0.0f : keep;
  }
  return out.to(device_);
}

void NetBatch::train(const at::Tensor& x, const at::Tensor& y, const at::Tensor& weight,
                     std::int64_t step) {
  const std::int64_t active = x.size(0), rows = x.size(1);
  const std::size_t layers = parameter_.size() / 2;
  std::vector<at::Tensor> p, m, v, grad(parameter_.size()), count, activation = {x};
  for (std::size_t i = 0; i < parameter_.size(); ++i) {
    p.push_back(parameter_[i].narrow(0, 0, active));
    m.push_back(mean_[i].narrow(0, 0, active));
    v.push_back(square_[i].narrow(0, 0, active));
    count.push_back(at::full({}, static_cast<double>(step),
                             at::TensorOptions().dtype(at::kFloat).device(device_)));
  }
  for (std::size_t l = 0; l < layers; ++l) {
    at::Tensor out = at::baddbmm(p[2 * l + 1], activation.back(), p[2 * l]);
    if (l + 1 < layers) {
      out.relu_();
      if (options_.dropout > 0) out.mul_(mask(step, l, rows, out.size(2)));
    }
    activation.push_back(out);
  }
  at::Tensor delta = (activation.back().sigmoid() - y.unsqueeze(2)).mul_(weight.unsqueeze(2));
  for (std::size_t l = layers; l-- > 0;) {
    grad[2 * l] = activation[l].transpose(1, 2).bmm(delta);
    grad[2 * l + 1] = delta.sum(1, /*keepdim=*/true);
    if (l == 0) break;
    delta = delta.bmm(p[2 * l].transpose(1, 2)).mul_(activation[l].gt(0));
    if (options_.dropout > 0) delta.div_(1 - options_.dropout);
  }
  at::_fused_adam_(p, grad, m, v, {}, count, options_.rate, 0.9, 0.999, /*weight_decay=*/0, 1e-8,
                   /*amsgrad=*/false, /*maximize=*/false);
}

at::Tensor NetBatch::logits(std::int64_t g, const at::Tensor& x) const {
  const std::size_t layers = parameter_.size() / 2;
  at::Tensor out = x;
  for (std::size_t l = 0; l < layers; ++l) {
    out = at::addmm(parameter_[2 * l + 1][g], out, parameter_[2 * l][g]);
    if (l + 1 < layers) out.relu_();
  }
  return out.squeeze(1);
}

}  // namespace vrp
