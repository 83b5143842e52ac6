#include "pipeline/base/error.hpp"
#include "stages/probes/logistic_columns.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kCacheBytes = std::int64_t{64} << 20;

}  // namespace

LayerBlocks::LayerBlocks(const LayerInput& input, const std::vector<std::int8_t>& y)
    : input_(input),
      rows_(static_cast<std::int64_t>(input.source->rows())),
      width_(input.source->width(input.layer)),
      options_(at::TensorOptions().dtype(at::kDouble).device(at::Device(input.device))) {
  if (static_cast<std::int64_t>(y.size()) != rows_)
    fail("probes: ", y.size(), " labels, expected ", rows_);
  at::Tensor used = at::empty({rows_}, at::kDouble);
  for (std::int64_t i = 0; i < rows_; ++i)
    used.data_ptr<double>()[i] = y[static_cast<std::size_t>(i)] >= 0 ? 1 : 0;
  used = used.to(options_.device());
  const at::Tensor n = used.sum().clamp_min(1);
  const auto block_of = [&](std::int64_t first, const at::Tensor& x) {
    return used.narrow(0, first, x.size(0)).unsqueeze(0);
  };
  shift_ = at::zeros({width_}, options_);
  scale_ = at::ones({width_}, options_);
  at::Tensor sum = at::zeros({1, width_}, options_);
  each([&](std::int64_t first, const at::Tensor& x) { sum.addmm_(block_of(first, x), x); });
  const at::Tensor mean = (sum / n).squeeze(0);
  shift_ = mean;
  at::Tensor squares = at::zeros({1, width_}, options_);
  each([&](std::int64_t first, const at::Tensor& x) {
    squares.addmm_(block_of(first, x), x.square());
  });
  const at::Tensor sd = (squares / n).squeeze(0).sqrt();
  scale_ = at::where(sd > 1e-12 * mean.abs(), sd, at::ones_like(sd));
  if (input_.source->in_memory() &&
      rows_ * width_ * static_cast<std::int64_t>(sizeof(double)) <= kCacheBytes) {
    std::vector<at::Tensor> cached;
    each([&](std::int64_t, const at::Tensor& x) { cached.push_back(x); });
    cached_ = std::move(cached);
  }
}

at::Tensor LayerBlocks::raw(std::int64_t first, std::int64_t count) const {
  at::Tensor x = at::empty({count, width_}, at::kFloat);
  input_.source->read(input_.layer, static_cast<std::size_t>(first),
                      static_cast<std::size_t>(count), x.data_ptr<float>());
  return x.to(options_);
}

void LayerBlocks::each(
    const std::function<void(std::int64_t first, const at::Tensor& x)>& visit) const {
  const auto block = static_cast<std::int64_t>(kBlockRows);
  std::size_t index = 0;
  for (std::int64_t first = 0; first < rows_; first += block, ++index) {
    if (!cached_.empty())
      visit(first, cached_[index]);
    else
      visit(first, raw(first, std::min(block, rows_ - first)).sub_(shift_).div_(scale_));
  }
}

std::int64_t columns_per_chunk(std::int64_t width, std::int64_t vectors, std::int64_t types) {
  constexpr std::int64_t kBudget = std::int64_t{256} << 20;
  const std::int64_t each =
      (width + 1) * (vectors + types) * static_cast<std::int64_t>(sizeof(double));
  return std::max<std::int64_t>(1, std::min<std::int64_t>(kBudget / each, 1024));
}

}  // namespace vrp
